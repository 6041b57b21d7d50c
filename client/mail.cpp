#include "client/mail.hpp"

#include "client/about.hpp"

#include "client/clock.hpp"
#include "client/newer_routes.hpp"
#include "client/records/readiness.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t bundle_fresh_s = 24 * 3600;
static_assert(message_life_s == limits::lifetime_s(wire::FOURTEEN_DAYS), "a message is over here when it is over on the relays");

// A session per lane and relay.
e2ee::Device device_for(wire::Lane lane, const Reach& reach) {
  return e2ee::device_of(static_cast<std::uint32_t>(lane), reach.number);
}

wire::Request fetch_request(const Address& address, bool one_time) {
  wire::Request request;
  request.mutable_fetch_prekeys()->set_address(std::string(text(address.view())));
  request.mutable_fetch_prekeys()->set_one_time(one_time);
  return request;
}

}  // namespace

content::Content new_content(std::uint64_t now_s) {
  content::Content content;
  content.set_id(std::string(text(random_id<ContentId>().view())));
  content.set_written_s(now_s);
  return content;
}

bool wants_keys(Account& account, ContactId id, wire::Lane lane, std::uint64_t now_s) {
  const auto contact = account.contacts.find(id);
  if (!contact) return false;
  for (const Reach& reach : account.contacts.reaches(id)) {
    if (reach.bundle.empty()) return true;
    if (!account.sessions.has_session(contact->identity, device_for(lane, reach))) return true;
    const auto bundle = e2ee::verify_bundle(reach.bundle, contact->identity, now_s, 0, e2ee::BundleAge::may_be_old);
    if (!bundle || bundle->issued_s() + bundle_fresh_s < now_s) return true;
  }
  return false;
}

asio::awaitable<void> fetch_bundles(Account& account, ContactId id) {
  const auto contact = account.contacts.find(id);
  if (!contact) co_return;
  for (const Reach& reach : account.contacts.reaches(id)) {
    if (!reach.bundle.empty()) continue;
    const Outcome<wire::Answer> answer = co_await ask_one(reach.routes, fetch_request(reach.address, false));
    if (!answer || answer->status() != wire::DONE || !answer->has_prekeys()) continue;
    const View bundle = view(answer->prekeys().bundle());
    const auto checked = e2ee::verify_bundle(bundle, contact->identity, wall_s(), 0, e2ee::BundleAge::must_be_fresh);
    if (checked) account.contacts.set_bundle(id, reach.routes.root(), bundle, checked->sequence());
  }
}

asio::awaitable<FreshKeys> fetch_keys(Account& account, ContactId id, wire::Lane lane, std::chrono::milliseconds patience) {
  FreshKeys keys;
  const auto contact = account.contacts.find(id);
  if (!contact) co_return keys;
  const std::vector<Reach> reaches = account.contacts.reaches(id);
  keys.one_time.resize(reaches.size());
  std::size_t refused = 0;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < reaches.size(); ++i) {
    const Reach& reach = reaches[i];
    const bool starts = !account.sessions.has_session(contact->identity, device_for(lane, reach));
    const Outcome<wire::Answer> answer = co_await ask_patiently(reach.routes, fetch_request(reach.address, starts), patience);
    if (!answer) continue;
    const bool newer_routes = co_await fetch_newer_routes_hourly(account, reach.routes, wall_s());
    (void)newer_routes;  // this letter still goes by those it was addressed with
    keys.reached = true;
    ++answered;
    if (answer->status() == wire::REFUSED) ++refused;
    if (answer->status() == wire::REFUSED || answer->status() == wire::DONE)
      Probes(account.container).answered(id, reach.routes.root(), answer->status() == wire::DONE, wall_s());
    if (answer->status() != wire::DONE || !answer->has_prekeys()) continue;
    const View bundle = view(answer->prekeys().bundle());
    const auto now_s = wall_s();
    const auto checked =
        e2ee::verify_bundle(bundle, contact->identity, now_s, reach.bundle_sequence, e2ee::BundleAge::must_be_fresh);
    if (!checked) {
      keys.bad = checked.error();
      continue;
    }
    account.contacts.set_bundle(id, reach.routes.root(), bundle, checked->sequence());
    if (starts && answer->prekeys().has_one_time()) {
      keys.one_time[i] = e2ee::check_one_time(answer->prekeys().one_time().id(), view(answer->prekeys().one_time().key()));
    }
  }
  keys.refused = answered != 0 && refused == answered;
  co_return keys;
}

std::expected<std::vector<ItemId>, e2ee::Fault> write_to(Account& account, const Contact& contact,
                                                         const content::Content& content, wire::Lane lane, const FreshKeys& keys,
                                                         bool keep, std::uint64_t now_s, const Stream* stream) {
  std::vector<ItemId> items;
  SentContent sent{
      .content_id = *ContentId::from(view(content.id())), .to = contact.id, .sent_s = now_s, .content = content, .copies = {}};
  const std::vector<Reach> reaches = account.contacts.reaches(contact.id);
  e2ee::Fault why = e2ee::Fault::expired;
  for (std::size_t i = 0; i < reaches.size(); ++i) {
    const Reach& reach = reaches[i];
    const auto bundle = e2ee::verify_bundle(reach.bundle, contact.identity, now_s, 0, e2ee::BundleAge::may_be_old);
    if (!bundle) {
      why = reach.bundle.empty() ? e2ee::Fault::expired : bundle.error();
      continue;
    }
    const AddressHash hash = address_hash(reach.address);
    const auto one_time = i < keys.one_time.size() ? keys.one_time[i] : std::nullopt;
    const auto envelope = account.sessions.seal({.to = *bundle, .address = hash}, device_for(lane, reach), content, one_time);
    if (!envelope) {
      why = envelope.error();
      continue;
    }
    const auto fanout = random_id<FanoutId>();
    wire::Request request;
    wire::Deliver& deliver = *request.mutable_deliver();
    deliver.set_id(std::string(text(fanout.view())));
    deliver.set_lane(lane);
    deliver.set_lifetime(lane == wire::URGENT ? wire::THIRTY_DAYS : wire::FOURTEEN_DAYS);
    deliver.set_envelope(std::string(text(*envelope)));
    deliver.set_addresses(std::string(text(reach.address.view())));
    if (stream != nullptr) {
      const Hash topic = vigil::hash(labels::ping_topic, {stream->topics.view(), stream->about, reach.address.view()});
      deliver.set_topic(std::string(text(topic.view().subspan(0, 16))));
      deliver.set_order(stream->order);
      deliver.set_lifetime(wire::ONE_DAY);
    }
    const Outcome<ItemId> item = account.outbox.put({.routes = reach.routes,
                                                     .requests = {request},
                                                     .urgent = lane == wire::URGENT,
                                                     .about = write_about(AboutKind::content, view(content.id()))},
                                                    now_s);
    if (!item) throw Failed(item.error());
    items.push_back(*item);
    sent.copies.push_back(copy_id(fanout, hash));
  }
  if (items.empty()) return std::unexpected(why);
  if (keep) {
    Container::Transaction step(account.container);
    account.sent.add(sent);
    if (is_message(content)) account.underway.add(sent.content_id, sent.to, now_s);
    step.commit();
  }
  return items;
}

}  // namespace vigil::client

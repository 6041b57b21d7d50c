#include "client/mailbox.hpp"

#include <set>

#include "client/clock.hpp"
#include "client/newer_routes.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t renew_before_s = 7 * 24 * 3600;
constexpr std::int64_t clock_off_s = 10 * 60;  // beyond it a person is told
constexpr std::uint64_t own_bundle_fresh_s = 24 * 3600;

std::unexpected<OwnerTrouble> trouble(const Outcome<wire::Answer>& answer) {
  if (!answer) return std::unexpected(OwnerTrouble{.fault = answer.error()});
  return std::unexpected(OwnerTrouble{.status = answer->status()});
}
bool done(const Outcome<wire::Answer>& answer) {
  return answer && answer->status() == wire::DONE;
}

std::string bytes(View v) {
  return std::string(text(v));
}

std::uint32_t prekeys_for(GrantFor whom) {
  switch (whom) {
    case GrantFor::contact:
      return limits::prekeys_per_address_default;
    case GrantFor::others:
      return limits::responders_max;  // one first message of each
    case GrantFor::introduction:
      return 1;
    case GrantFor::self:
      break;
  }
  return 0;
}

wire::Grant grant_for(GrantFor whom, const Address& address) {
  wire::Grant grant;
  grant.set_address_hash(bytes(address_hash(address).view()));
  grant.set_normal(whom != GrantFor::self);
  grant.set_urgent(whom != GrantFor::introduction);
  grant.set_vigils(whom == GrantFor::contact || whom == GrantFor::self);
  grant.set_life_max(whom == GrantFor::introduction ? wire::ONE_HOUR : wire::THIRTY_DAYS);
  grant.set_prekeys_max(prekeys_for(whom));
  grant.set_expires(whom == GrantFor::introduction ? wire::TEN_MINUTES : wire::LIFETIME_UNSET);
  return grant;
}

}  // namespace

asio::awaitable<Outcome<std::unique_ptr<OwnerLink>>> connect_owner(Account& account, const Relay& relay) {
  (void)account;
  const auto owner = SigningKey::from_seed(relay.owner_seed.view());
  if (!owner) throw Failed(Fault::damaged);
  Outcome<std::unique_ptr<OwnerLink>> link = co_await OwnerLink::connect(relay.routes, *owner, wall_s());
  co_return link;
}

asio::awaitable<OwnerOutcome<Address>> grant_address(Account& account, OwnerLink& link, const Relay& relay, GrantFor whom,
                                                     std::optional<ContactId> contact, const Secret* card_secret,
                                                     std::uint64_t now_s) {
  const auto address = random_id<Address>();
  Given given;
  given.root = relay.routes.root();
  given.address = address;
  given.contact = contact;
  switch (whom) {
    case GrantFor::contact:
      given.to = Given::To::contact;
      break;
    case GrantFor::self:
      given.to = Given::To::self;
      break;
    case GrantFor::others:
      given.to = Given::To::others;
      break;
    case GrantFor::introduction:
      given.to = Given::To::introduction;
      given.until_s = now_s + limits::lifetime_s(wire::TEN_MINUTES) + 60;
      if (card_secret != nullptr) given.card_secret = SecretBytes(card_secret->view());
      break;
  }
  account.addresses.add(given);
  const Outcome<wire::Answer> answer = co_await link.grant(grant_for(whom, address));
  if (!done(answer)) co_return trouble(answer);
  co_return address;
}

Bytes own_bundle(Account& account, std::uint64_t now_s) {
  if (const auto kept = account.container.setting("own bundle")) {
    const auto checked = e2ee::verify_bundle(*kept, account.identity.key(), now_s, 0, e2ee::BundleAge::may_be_old);
    if (checked && checked->issued_s() <= now_s && checked->issued_s() + own_bundle_fresh_s > now_s) return *kept;
  }
  Container::Transaction step(account.container);
  const auto made = account.own_keys.make_bundle(now_s);
  account.container.set("own bundle", made.bundle);
  step.commit();
  return made.bundle;
}

asio::awaitable<OwnerOutcome<std::uint32_t>> publish_keys(Account& account, OwnerLink& link, const Relay& relay,
                                                          std::uint64_t now_s) {
  wire::Request count;
  count.mutable_count_prekeys();
  const Outcome<wire::Answer> counted = co_await link.request(std::move(count));
  if (!done(counted)) co_return trouble(counted);
  const std::uint32_t there = counted->prekey_count().one_time();

  const bool rotated = account.own_keys.rotate(now_s);
  const bool bundle_due = rotated || relay.bundle_sequence == 0 || relay.bundle_not_after_s < now_s + renew_before_s ||
                          counted->prekey_count().bundle_sequence() < relay.bundle_sequence;
  const bool refill = there < e2ee::one_time_refill_below;
  if (!bundle_due && !refill) co_return there;

  wire::Request request;
  wire::PublishPrekeys& publish = *request.mutable_publish_prekeys();
  e2ee::OwnKeys::Published made;
  {
    Container::Transaction step(account.container);
    if (bundle_due) {
      made = account.own_keys.make_bundle(now_s);
      publish.set_bundle(bytes(made.bundle));
      publish.set_sequence(made.sequence);
      account.container.set("own bundle", made.bundle);
    }
    if (refill) {
      for (const e2ee::OneTimePrekey& key : account.own_keys.make_one_time(e2ee::one_time_target - there, now_s)) {
        wire::OneTime& one = *publish.add_one_time();
        one.set_id(key.id);
        one.set_key(bytes(key.key.view()));
      }
    }
    step.commit();
  }
  const Outcome<wire::Answer> published = co_await link.request(std::move(request));
  if (!done(published)) co_return trouble(published);
  if (bundle_due) account.relays.set_published(relay.routes.root(), made.sequence, made.not_after_s);
  co_return refill ? static_cast<std::uint32_t>(e2ee::one_time_target) : there;
}

std::int64_t clock_off(const Greeted& greeted, std::uint64_t now_s) {
  if (greeted.now_s == 0 || greeted.now_s > INT64_MAX / 2) return 0;  // no time at all
  const std::int64_t off = static_cast<std::int64_t>(now_s) - static_cast<std::int64_t>(greeted.now_s);
  return off < clock_off_s && off > -clock_off_s ? 0 : off;
}

asio::awaitable<bool> withdraw_waiting(Account& account, OwnerLink& link, const Relay& relay) {
  bool all = true;
  for (const Given& given : account.addresses.withdrawn()) {
    if (given.root != relay.routes.root()) continue;
    const AddressHash hash = address_hash(given.address);
    const Outcome<wire::Answer> answer = co_await link.withdraw(hash);
    // Refused: it is no address of this mailbox, so nobody can use it to write here.
    if (done(answer) || (answer && answer->status() == wire::REFUSED)) {
      account.addresses.remove(hash);
    } else {
      all = false;
    }
  }
  co_return all;
}

asio::awaitable<bool> withdraw_everywhere(Account& account) {
  std::set<PublicKey> waiting;
  for (const Given& given : account.addresses.withdrawn()) waiting.insert(given.root);
  bool all = true;
  for (const Relay& relay : account.relays.all()) {
    if (!waiting.contains(relay.routes.root())) continue;
    Outcome<std::unique_ptr<OwnerLink>> link = co_await connect_owner(account, relay);
    bool told = false;
    if (link) told = co_await withdraw_waiting(account, **link, relay);
    all = all && told;
  }
  co_return all;
}

asio::awaitable<OwnerOutcome<void>> settle_mailbox(Account& account, OwnerLink& link, const Relay& relay) {
  if (relay.invite) {
    const Outcome<wire::Answer> opened = co_await link.open_mailbox(*relay.invite);
    if (!done(opened)) co_return trouble(opened);
    account.relays.opened(relay.routes.root());
  }
  if (!relay.self_address) {
    const OwnerOutcome<Address> address =
        co_await grant_address(account, link, relay, GrantFor::self, std::nullopt, nullptr, wall_s());
    if (!address) co_return std::unexpected(address.error());
    account.relays.set_self_address(relay.routes.root(), *address);
  }
  const OwnerOutcome<std::uint32_t> published = co_await publish_keys(account, link, relay, wall_s());
  if (!published) co_return std::unexpected(published.error());
  const bool withdrawn = co_await withdraw_waiting(account, link, relay);
  (void)withdrawn;  // what it has not done waits for the next time
  if (link.greeted().route_serial > relay.routes.serial()) {
    const bool newer = co_await fetch_newer_routes(account, relay.routes);
    (void)newer;  // a relay that has none after all, or a wrong one, changes nothing
  }
  co_return OwnerOutcome<void>{};
}

}  // namespace vigil::client

#include "client/upkeep.hpp"

#include <set>

#include "client/clock.hpp"
#include "client/consent.hpp"
#include "client/mail.hpp"
#include "client/mailbox.hpp"
#include "client/plans.hpp"
#include "client/readying.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t stock_fresh_s = 7 * 24 * 3600;

// What the stock was made from: another plan, another fingerprint.
Hash plan_fingerprint(const Plan& plan) {
  Bytes all;
  const auto add = [&](View part) { all.insert(all.end(), part.begin(), part.end()); };
  for (const PlannedResponder& responder : plan.responders) {
    add(view(responder.name));
    add(be32(responder.tier));
    add(be32(responder.after_s));
    for (const PlannedReach& reach : responder.reaches) {
      add(reach.routes.hash().view());
      add(reach.address.view());
      add(be64(reach.bundle.sequence()));
      add(reach.bundle.identity().view());
    }
  }
  add(plan.plan_id);
  for (const OwnReach& own : plan.own) {
    add(own.routes.hash().view());
    add(own.address.view());
  }
  return hash(labels::plan, {all});
}

Plan plan_of(Account& account, std::uint64_t now_s, std::vector<std::string>& unusable) {
  Plan plan;
  for (const TierPlace& place : awake_places(account, now_s)) {
    const auto contact = account.contacts.find(place.contact);
    if (!contact) continue;
    PlannedResponder responder{.name = contact->name, .tier = place.tier, .after_s = place.after_s, .reaches = {}};
    for (const Reach& reach : account.contacts.reaches(place.contact)) {
      const auto bundle = e2ee::verify_bundle(reach.bundle, contact->identity, now_s, 0, e2ee::BundleAge::may_be_old);
      if (bundle) responder.reaches.push_back({.routes = reach.routes, .address = reach.address, .bundle = *bundle});
    }
    if (responder.reaches.empty()) {
      unusable.push_back(contact->name);
    } else {
      plan.responders.push_back(std::move(responder));
    }
  }
  if (plan.responders.empty()) return plan;
  if (const auto sealed = own_plan(account)) {
    plan.plan_id = sealed->id;
    plan.plan_key = sealed->key;
  }
  const Bytes bundle = own_bundle(account, now_s);
  const auto own = e2ee::verify_bundle(bundle, account.identity.key(), now_s, 0, e2ee::BundleAge::may_be_old);
  for (const Relay& relay : account.relays.all()) {
    if (own && relay.self_address) plan.own.push_back({.routes = relay.routes, .address = *relay.self_address, .bundle = *own});
  }
  return plan;
}

}  // namespace

Remade remake_prepared(Account& account, std::uint64_t now_s, bool always) {
  Remade remade;
  const Plan plan = plan_of(account, now_s, remade.unusable);
  remade.responders = plan.responders.size();
  const Outcome<SendSlot::Stock> stock = account.slot.stock();
  const Hash fingerprint = plan_fingerprint(plan);
  const auto before = account.container.setting("plan of the stock");
  const bool same = before && equal_secret(*before, fingerprint.view());
  const bool young = stock && stock->oldest_made_s <= now_s && stock->oldest_made_s + stock_fresh_s > now_s;
  const std::size_t wanted = plan.responders.empty() ? 0 : prepared_stock;
  if (!always && same && stock && stock->count >= wanted && (young || wanted == 0)) {
    remade.prepared = stock->count;
    return remade;
  }
  std::vector<kept::PreparedAlert> fresh;
  for (std::size_t i = 0; i < wanted; ++i) {
    auto made = prepare_alert(plan, account.identity, account.profile.box_keys(), now_s);
    if (!made) break;  // too many, or a bundle that cannot be used: what was in stock stays
    fresh.push_back(std::move(*made));
  }
  if (fresh.size() < wanted) {
    remade.prepared = stock ? stock->count : 0;
    return remade;
  }
  if (const Outcome<void> replaced = account.slot.replace_stock(fresh); !replaced) throw Failed(replaced.error());
  account.container.set("plan of the stock", fingerprint.view());
  remade.prepared = fresh.size();
  remade.fresh = true;
  return remade;
}

Plan plan_of_tiers(Account& account, std::uint64_t now_s) {
  std::vector<std::string> unusable;
  return plan_of(account, now_s, unusable);
}

asio::awaitable<Refreshed> refresh_bundles(Account& account) {
  Refreshed refreshed;
  std::set<ContactId> asked;
  for (const TierPlace& place : account.tiers.all()) {
    if (!asked.insert(place.contact).second) continue;
    const FreshKeys keys = co_await fetch_keys(account, place.contact, wire::URGENT, std::chrono::milliseconds(10'000));
    refreshed.reached = refreshed.reached || keys.reached;
    if (!refreshed.reached) break;  // no network: the next one would wait as long
    const auto contact = account.contacts.find(place.contact);
    if (keys.refused && contact) refreshed.unreachable.push_back(contact->name);
  }
  co_return refreshed;
}

std::optional<kept::PreparedAlert> prepare_for_lawyers(Account& account, std::uint64_t now_s) {
  std::set<std::string> lawyers;
  for (const Counted& one : counted_people(account)) {
    if (one.agreement.lawyer) lawyers.insert(one.contact.name);
  }
  std::vector<std::string> unusable;
  Plan plan = plan_of(account, now_s, unusable);
  std::erase_if(plan.responders, [&](const PlannedResponder& one) { return !lawyers.contains(one.name); });
  for (PlannedResponder& one : plan.responders) one.after_s = 0;
  auto prepared = prepare_alert(plan, account.identity, account.profile.box_keys(), now_s);
  if (!prepared) return std::nullopt;
  return std::move(*prepared);
}

void forget_all_old(Account& account, std::uint64_t now_s) {
  note_drills(account);
  Drills(account.container).forget_old(now_s);
  forget_old(account.container, now_s);
  account.alerts.forget_old(now_s);
  account.meetings.forget_old(now_s);
  account.plans.forget_old(now_s);
  forget_through(account);
  account.watches.forget_old(now_s);
  account.places.forget_old(account.alerts, now_s);
  for (const Given& given : account.addresses.expired(now_s)) account.addresses.remove(address_hash(given.address));
  account.container.grow_if_needed();
}

asio::awaitable<Remade> keep_up(Account& account, bool always) {
  std::int64_t off_s = 0;
  for (const Relay& relay : account.relays.all()) {
    Outcome<std::unique_ptr<OwnerLink>> link = co_await connect_owner(account, relay);
    if (!link) continue;
    if (off_s == 0) off_s = clock_off((*link)->greeted(), wall_s());
    const OwnerOutcome<void> settled = co_await settle_mailbox(account, **link, relay);
    (void)settled;  // what the relay does not give now, the next upkeep asks for again
  }
  want_probes(account, wall_s());
  Refreshed refreshed = co_await refresh_bundles(account);
  co_await send_plans(account);
  forget_all_old(account, wall_s());
  Remade remade = remake_prepared(account, wall_s(), always);
  remade.clock_off_s = off_s;
  remade.unreachable = std::move(refreshed.unreachable);
  co_return remade;
}

}  // namespace vigil::client

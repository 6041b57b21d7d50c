#include "client/plans.hpp"

#include <algorithm>
#include <set>

#include "client/card.hpp"
#include "client/clock.hpp"
#include "client/consent.hpp"
#include "client/printable.hpp"
#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t plan_id_bytes = 16;
constexpr std::size_t plan_key_bytes = 32;
constexpr int name_tries = 50;

std::string as_string(View bytes) {
  return std::string(text(bytes));
}

Bytes associated(View plan_id) {
  const View label = view(labels::sealed_plan);
  Bytes all(label.begin(), label.end());
  all.insert(all.end(), plan_id.begin(), plan_id.end());
  return all;
}

content::Plan wanted_plan(Account& account) {
  content::Plan plan = plan_texts(account);
  for (const Counted& one : counted_people(account)) {
    content::PlanPerson& person = *plan.add_people();
    person.set_name(one.contact.name);
    person.set_identity(as_string(one.contact.identity.view()));
    person.set_tier(one.place.tier);
    content::Consent reach;
    if (reach.ParseFromArray(one.agreement.reach.data(), static_cast<int>(one.agreement.reach.size())))
      *person.mutable_reach() = reach.for_others();
    if (one.agreement.lawyer && plan.lawyer_tier() == 0) plan.set_lawyer_tier(one.place.tier);
  }
  return plan;
}

// A name on this screen that nobody else has.
std::string free_name(Account& account, const std::string& proposed) {
  std::string base = clean_name(proposed, name_characters_max - 3);
  if (base.empty()) base = printable(proposed.substr(0, 4), 4);
  std::string name = base;
  for (int i = 2; i < name_tries && !account.contacts.named(name).empty(); ++i) name = base + " " + std::to_string(i);
  return name;
}

void make_reachable(Account& account, const content::PlanPerson& person, std::uint64_t met_s) {
  const auto identity = e2ee::IdentityKey::from(view(person.identity()));
  const auto reach = read_reach(person.reach());
  if (!identity || !e2ee::is_public_key(identity->view()) || *identity == account.identity.key() || !reach) return;
  std::optional<Contact> known = account.contacts.find(*identity);
  if (known && !known->through) return;  // her own address, given to this person alone, is better
  if (!known) {
    Contact made{.name = free_name(account, person.name()), .identity = *identity, .met_s = met_s, .through = true};
    const std::optional<ContactId> id = account.contacts.add(made);
    if (!id) return;
    made.id = *id;
    known = made;
  }
  std::vector<Reach> reaches;
  std::uint32_t number = 0;
  for (const CardReach& one : *reach)
    reaches.push_back({.routes = one.routes, .address = one.address, .number = number++, .bundle = {}});
  account.contacts.set_reaches(known->id, reaches);
}

std::vector<e2ee::IdentityKey> people_of(const record::AlertRecord& record) {
  std::vector<e2ee::IdentityKey> people;
  for (const content::PlanPerson& person : record.plan().people()) {
    if (const auto identity = e2ee::IdentityKey::from(view(person.identity()))) people.push_back(*identity);
  }
  return people;
}

}  // namespace

// ---- one's own

content::Plan plan_texts(Account& account) {
  content::Plan texts;
  const auto kept = account.container.setting("plan texts");
  if (kept && !texts.ParseFromArray(kept->data(), static_cast<int>(kept->size()))) throw Failed(Fault::damaged);
  return texts;
}

void set_plan_texts(Account& account, const content::Plan& texts) {
  account.container.set("plan texts", view(texts.SerializeAsString()));
}

std::optional<OwnPlan> own_plan(Account& account) {
  Container::Transaction step(account.container);
  OwnPlan own{.plan = wanted_plan(account), .id = {}, .key = {}};
  if (own.plan.people().empty()) return std::nullopt;
  const std::string wanted = own.plan.SerializeAsString();
  const auto made = account.container.setting("plan made");
  const auto id = account.container.setting("plan id");
  const auto key = account.container.setting("plan key");
  if (made && id && key && equal_secret(*made, view(wanted))) {
    own.id.assign(id->begin(), id->end());
    own.key.assign(key->begin(), key->end());
    return own;
  }
  own.id = random_bytes(plan_id_bytes);
  own.key = random_bytes(plan_key_bytes);
  account.container.set("plan made", view(wanted));
  account.container.set("plan id", own.id);
  account.container.set("plan key", own.key);
  step.commit();
  return own;
}

std::vector<Contact> without_plan(Account& account, std::uint64_t now_s) {
  std::vector<Contact> without;
  const std::optional<OwnPlan> own = own_plan(account);
  if (!own) return without;
  for (const Counted& one : counted_people(account)) {
    const auto sent = account.plans.sent_to(one.contact.id);
    const bool newest = sent && sent->plan_id == own->id;
    if (!newest || (sent->arrived_s == 0 && sent->sent_s + plan_again_s < now_s)) without.push_back(one.contact);
  }
  return without;
}

asio::awaitable<void> send_plans(Account& account) {
  for (const Contact& contact : without_plan(account, wall_s())) {
    FreshKeys keys;
    if (wants_keys(account, contact.id, wire::NORMAL, wall_s()))
      keys = co_await fetch_keys(account, contact.id, wire::NORMAL, std::chrono::milliseconds(6'000));
    const std::uint64_t now_s = wall_s();
    // In one step, because `listen` and a command may both be at it: the second finds it sent.
    Container::Transaction step(account.container);
    const std::optional<OwnPlan> own = own_plan(account);
    const std::vector<Contact> still = without_plan(account, now_s);
    const bool wanted = std::any_of(still.begin(), still.end(), [&](const Contact& one) { return one.id == contact.id; });
    if (!own || !wanted) continue;
    content::Content content = new_content(now_s);
    content::SealedPlan& sealed = *content.mutable_plan();
    sealed.set_plan_id(as_string(own->id));
    sealed.set_sealed(as_string(aead_seal(own->key, view(own->plan.SerializeAsString()), associated(own->id))));
    const auto items = write_to(account, contact, content, wire::NORMAL, keys, true, now_s);
    if (!items) continue;  // no keys of hers yet: `ready` says so, and the next upkeep tries again
    account.plans.sent(contact.id, own->id, *ContentId::from(view(content.id())), now_s);
    step.commit();
  }
}

// ---- others'

std::vector<Bytes> take_sealed_plan(Account& account, const Contact& from, const content::SealedPlan& plan, std::uint64_t now_s) {
  std::vector<Bytes> opened;
  if (from.through || plan.plan_id().size() != plan_id_bytes || plan.sealed().size() <= aead_overhead_bytes) return opened;
  account.plans.hold(from.id, plan, now_s);
  for (AlertState& alert : account.alerts.all()) {
    if (alert.record().person() != text(from.identity.view()) || !open_plan(account, alert)) continue;
    account.alerts.put(alert);
    opened.push_back(id_of(alert));
  }
  return opened;
}

bool open_plan(Account& account, AlertState& alert) {
  record::AlertRecord& record = alert.record();
  const content::Alert& said = record.alert();
  if (record.hers() || record.has_plan() || said.drill() || said.plan_key().size() != plan_key_bytes) return false;
  const auto person = e2ee::IdentityKey::from(view(record.person()));
  const auto contact = person ? account.contacts.find(*person) : std::nullopt;
  const auto held = contact ? account.plans.held(contact->id, view(said.plan_id())) : std::nullopt;
  if (!held) return false;
  auto opened = aead_open(view(said.plan_key()), view(held->sealed()), associated(view(said.plan_id())));
  content::Plan plan;
  if (!opened || !plan.ParseFromArray(opened->data(), static_cast<int>(opened->size()))) return false;
  if (plan.people_size() > static_cast<int>(limits::responders_max)) return false;
  for (const content::PlanPerson& one : plan.people()) make_reachable(account, one, record.first_here_s());
  *record.mutable_plan() = std::move(plan);
  record.mutable_alert()->clear_plan_key();
  return true;
}

std::vector<Contact> others_of(Account& account, const AlertState& alert) {
  std::vector<Contact> others;
  for (const e2ee::IdentityKey& identity : people_of(alert.record())) {
    if (identity == account.identity.key() || text(identity.view()) == alert.record().person()) continue;
    if (const auto contact = account.contacts.find(identity)) others.push_back(*contact);
  }
  return others;
}

std::vector<Contact> others_of_person(Account& account, const e2ee::IdentityKey& person) {
  std::vector<Contact> others;
  std::set<ContactId> seen;
  for (const AlertState& alert : account.alerts.all()) {
    if (alert.record().hers() || alert.record().person() != text(person.view())) continue;
    for (Contact& other : others_of(account, alert)) {
      if (seen.insert(other.id).second) others.push_back(std::move(other));
    }
  }
  return others;
}

asio::awaitable<Told> tell_others(Account& account, AlertState alert, content::Content content, Finish finish) {
  Told told;
  for (const Contact& other : others_of(account, alert)) {
    FreshKeys keys;
    if (wants_keys(account, other.id, wire::URGENT, wall_s()))
      keys = co_await fetch_keys(account, other.id, wire::URGENT, std::chrono::milliseconds(6'000));
    content::Content one = content;
    one.set_id(as_string(random_id<ContentId>().view()));
    if (finish) finish(other, one);
    const auto items = write_to(account, other, one, wire::URGENT, keys, true, wall_s());
    if (items) {
      told.items.insert(told.items.end(), items->begin(), items->end());
    } else {
      told.failed.push_back(printable(other.name));
    }
  }
  co_return told;
}

void forget_through(Account& account) {
  std::set<ContactId> named;
  for (const AlertState& alert : account.alerts.all()) {
    for (const Contact& other : others_of(account, alert)) named.insert(other.id);
  }
  for (const Contact& contact : account.contacts.all()) {
    if (!contact.through || named.contains(contact.id)) continue;
    account.sessions.forget(contact.identity);
    account.contacts.remove(contact.id);
  }
}

}  // namespace vigil::client

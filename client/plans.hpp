// Plans: what responders are told in an alert and not before. One's own is sealed under a key of its own and left with them
// beforehand; the key travels in the alert, never in a drill. Others' are opened into the alert's record, and their people become
// reachable: each responder of an alert can write to all others of it (others_of, tell_others). Works on an open account; one
// thread. Failures of the container throw Failed.
//
// Invariant: a changed plan has a new key, so that a key that was once in an alert opens nothing written later.
#pragma once

#include "client/account.hpp"
#include "client/mail.hpp"

namespace vigil::client {

inline constexpr std::size_t plan_actions = 3;
inline constexpr std::size_t plan_line_bytes_max = 300;
inline constexpr std::size_t plan_never_tell_max = 10;

// ---- one's own

// The texts as they were edited; people and their addresses are not in it.
content::Plan plan_texts(Account& account);
void set_plan_texts(Account& account, const content::Plan& texts);

struct OwnPlan {
  content::Plan plan;
  Bytes id;   // 16
  Bytes key;  // 32
};
// The plan as it should lie with responders now: texts, everybody who has accepted and is in a tier, their addresses for each
// other. Sealed anew, with a new id and key, when any of it has changed. Nothing: nobody is in a tier.
std::optional<OwnPlan> own_plan(Account& account);

// Those who do not have the newest one on its way yet, and those who have had it on its way for a week.
std::vector<Contact> without_plan(Account& account, std::uint64_t now_s);
// Seals it for each of them and puts it into the outbox.
asio::awaitable<void> send_plans(Account& account);

// ---- others'

// Keeps a sealed plan; opens it into the alerts that came before it. Their ids.
std::vector<Bytes> take_sealed_plan(Account& account, const Contact& from, const content::SealedPlan& plan, std::uint64_t now_s);
// Opens the plan that came with this alert's key, if it is here, into the alert's record (which the caller stores); true when
// that is new. The people in it who are not contacts become contacts 'through'.
bool open_plan(Account& account, AlertState& alert);

// Everybody else who is woken by this alert and whom this device can reach: never the person herself, never oneself. Empty before
// the plan is open, and in a drill.
std::vector<Contact> others_of(Account& account, const AlertState& alert);
// Everybody who may write here through an address made for the others of this person.
std::vector<Contact> others_of_person(Account& account, const e2ee::IdentityKey& person);
// Seals 'content' for each of others_of, urgent, into the outbox; keys are fetched where they are missing. Each gets a copy with
// an id of its own, kept until its receipt. 'finish' may complete each copy (a MAC between two people). How many could be sealed.
using Finish = std::function<void(const Contact& to, content::Content& content)>;
struct Told {
  std::vector<ItemId> items;
  std::vector<std::string> failed;  // names of those to whom nothing could be sealed
};
asio::awaitable<Told> tell_others(Account& account, AlertState alert, content::Content content, Finish finish = {});

// Contacts 'through' that no alert here names any more.
void forget_through(Account& account);

}  // namespace vigil::client

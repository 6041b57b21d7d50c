// The own mailbox on a relay: opening it, granting addresses, publishing keys. Over an owner's link that the caller has
// connected, or over a short one of its own. One thread.
#pragma once

#include "client/account.hpp"
#include "client/screen.hpp"

namespace vigil::client {

// An owner's request that was answered with something else than DONE, or not at all.
struct OwnerTrouble {
  std::optional<Fault> fault{};
  Status status = wire::STATUS_UNSET;
};
template <class T>
using OwnerOutcome = std::expected<T, OwnerTrouble>;

asio::awaitable<Outcome<std::unique_ptr<OwnerLink>>> connect_owner(Account& account, const Relay& relay);

// How far this device's clock is from the relay's, if that is far enough to tell a person (10 min); else 0. A hint: relays lie.
std::int64_t clock_off(const Greeted& greeted, std::uint64_t now_s);

// Opens the mailbox if its invite is still there, makes the self address, publishes keys, tells the relay which addresses are
// withdrawn, and fetches its newer routes. Doing it again changes nothing.
asio::awaitable<OwnerOutcome<void>> settle_mailbox(Account& account, OwnerLink& link, const Relay& relay);

// Tells this relay which addresses were withdrawn; those it has done are forgotten here. True when none is left for it.
asio::awaitable<bool> withdraw_waiting(Account& account, OwnerLink& link, const Relay& relay);
// The same at every relay that waits for some, over short links. True when no relay has any left.
asio::awaitable<bool> withdraw_everywhere(Account& account);

// A new bundle and one-time prekeys where they are missing: below ten, too old, or after a week. The number of one-time prekeys
// now there.
asio::awaitable<OwnerOutcome<std::uint32_t>> publish_keys(Account& account, OwnerLink& link, const Relay& relay,
                                                          std::uint64_t now_s);

// others: for the other responders of a contact's alerts
enum class GrantFor { contact, self, introduction, others };
// Grants a fresh address and writes down to whom it belongs before the relay knows it.
asio::awaitable<OwnerOutcome<Address>> grant_address(Account& account, OwnerLink& link, const Relay& relay, GrantFor whom,
                                                     std::optional<ContactId> contact, const Secret* card_secret,
                                                     std::uint64_t now_s);

// The newest own bundle, made when there is none or it is older than a day: for one's own copies of notices.
Bytes own_bundle(Account& account, std::uint64_t now_s);

}  // namespace vigil::client

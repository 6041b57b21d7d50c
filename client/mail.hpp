// Writing to contacts: sealed for every relay on which she is reached, into the outbox, on the disk. Sending is the outbox's. One
// thread.
#pragma once

#include <chrono>
#include <expected>

#include "client/account.hpp"

namespace vigil::client {

// A relay answers within this, or the person is told that there is no route.
inline constexpr std::chrono::milliseconds person_waits{20'000};

// Fetches the newest bundle of a contact from each relay where she is reached, checks it and keeps it; and a one-time prekey
// where a session is about to start. What cannot be fetched stays as it was. Returns the one-time prekeys by place of the reach,
// and whether any relay answered, and whether every relay that answered refused the address.
struct FreshKeys {
  std::vector<std::optional<e2ee::OneTimePrekey>> one_time;
  bool reached = false;
  bool refused = false;
  std::optional<e2ee::Fault> bad;  // a relay gave keys that are not right: nothing of them was kept
};
asio::awaitable<FreshKeys> fetch_keys(Account& account, ContactId contact, wire::Lane lane, std::chrono::milliseconds patience);
// Only the bundle of each reach that has none yet: nothing of hers is used up.
asio::awaitable<void> fetch_bundles(Account& account, ContactId contact);

// Whether a session for this lane is missing, or the bundle is older than a day: then fetch_keys first, if there is a network.
bool wants_keys(Account& account, ContactId contact, wire::Lane lane, std::uint64_t now_s);

// Pings of one share or alert: to each address a topic of its own, so that a newer one replaces its undelivered forerunner and no
// two addresses show that they belong together. Kept by relays for a day.
struct Stream {
  Secret topics;
  Bytes about;
  std::uint64_t order = 0;  // rising
};

// Seals and puts into the outbox, one item per relay; 'content' needs its id. Kept for writing again until the receipt, if
// 'keep'. no_session: no bundle of hers was ever seen.
std::expected<std::vector<ItemId>, e2ee::Fault> write_to(Account& account, const Contact& contact,
                                                         const content::Content& content, wire::Lane lane, const FreshKeys& keys,
                                                         bool keep, std::uint64_t now_s, const Stream* stream = nullptr);

// Written by a person to be read by one: worth a line when it is on its way or has come.
inline bool is_message(const content::Content& content) {
  return content.has_text();
}

// A content with a fresh random id.
content::Content new_content(std::uint64_t now_s);

}  // namespace vigil::client

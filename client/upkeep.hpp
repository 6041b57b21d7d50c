// What keeps a profile able to act: keys on the relays, contacts' bundles, alerts ready to be pressed, old things forgotten. Run
// at opening and once an hour by `listen`, and by `tiers`, `send` and `status`. Whatever the network does not give stays as it
// was. One thread.
#pragma once

#include "client/account.hpp"
#include "client/screen.hpp"

namespace vigil::client {

// The stock is made anew when the tiers or a bundle of theirs have changed, or it is older than a week.
struct Remade {
  std::size_t responders = 0;
  std::size_t prepared = 0;           // in stock now
  bool fresh = false;                 // made just now
  std::vector<std::string> unusable;  // names of responders whose keys cannot be used
};
Remade remake_prepared(Account& account, std::uint64_t now_s, bool always);

// Bundles of all responders from their relays; true when at least one relay answered.
asio::awaitable<bool> refresh_bundles(Account& account);

// Contents, ids, places, meetings, expired cards; and room ahead in the container.
void forget_all_old(Account& account, std::uint64_t now_s);

// Everything at once, over short connections of its own where 'links' is asked for.
asio::awaitable<Remade> keep_up(Account& account, bool always);

}  // namespace vigil::client

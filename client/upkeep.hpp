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
  std::size_t prepared = 0;              // in stock now
  bool fresh = false;                    // made just now
  std::vector<std::string> unusable;     // names of responders whose keys cannot be used
  std::int64_t clock_off_s = 0;          // keep_up only: against a relay's clock; 0 = right, or nobody to ask
  std::vector<std::string> unreachable;  // keep_up only: names of responders whose every relay refuses the address
};
Remade remake_prepared(Account& account, std::uint64_t now_s, bool always);

// Who would be woken now, as it is on this device: what a check-in is prepared from.
Plan plan_of_tiers(Account& account, std::uint64_t now_s);

// Bundles of all responders from their relays. Whether at least one relay answered, and the names of those that every relay
// refuses: withdrawn, or gone.
struct Refreshed {
  bool reached = false;
  std::vector<std::string> unreachable;
};
asio::awaitable<Refreshed> refresh_bundles(Account& account);

// Contents, ids, places, meetings, expired cards; and room ahead in the container.
void forget_all_old(Account& account, std::uint64_t now_s);

// Everything at once, over short connections of its own where 'links' is asked for.
asio::awaitable<Remade> keep_up(Account& account, bool always);

}  // namespace vigil::client

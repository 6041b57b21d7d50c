// The work behind `ready`: who has answered which drill, which addresses are to be asked about and when, an alert for lawyers
// alone. Works on an open account; one thread. Failures of the container throw Failed.
#pragma once

#include <set>

#include "client/account.hpp"
#include "client/records/readiness.hpp"
#include "client/screen.hpp"

namespace vigil::client {

// One alert that wakes the lawyers alone, at once and together; nothing when none of them can be reached. Implemented beside the
// stock's (upkeep.cpp).
std::optional<kept::PreparedAlert> prepare_for_lawyers(Account& account, std::uint64_t now_s);

// Out of the alerts into what `ready` counts.
void note_drills(Account& account);

// Every address of the people in the tiers is to be asked about at a random time of its own.
void want_probes(Account& account, std::uint64_t now_s);
// Asks about one address if one is due: on a connection of its own, silently. False: none was.
asio::awaitable<bool> probe_one(Account& account, Screen& screen);

// Says, once for each, that a booked drill is due; 'said' are those that were.
void remind_of_drills(Account& account, Screen& screen, std::set<std::uint64_t>& said, std::uint64_t now_s);

}  // namespace vigil::client

// Many readers who listen, all on the load's own thread. Used by the loads that hold many connections.
#pragma once

#include "service.hpp"

namespace vigil::bench {

using Crowd = std::vector<std::unique_ptr<Reader>>;

// The owners of mailboxes 0 to count.
Crowd listening(Service& service, std::size_t count);
// Until whatever connections are sent without being asked has come.
void settle(const Crowd& all);
// Until the last one's bytes have arrived; opening them here would measure this program.
void wait_for_all(const Crowd& all);

}  // namespace vigil::bench

// Fresh fixes for an alert that is on the relay already: its copies sealed anew and put in place of those that have not gone out.
// Pure, as prepared.hpp, and implemented in press.cpp. Needs no PIN; never moves when the alert is due.
#pragma once

#include "client/prepared.hpp"

namespace vigil::client {

// Seals the copies of all stages of one of its vigils once more and moves the one-shot chains in 'alert', so that no step of them
// ever seals two contents. Whoever wants to refresh keeps a copy of the prepared alert before seal_alert() uses it up, and throws
// away its first result: that step is the one which seal_alert() took.
std::expected<std::vector<wire::StageEnvelope>, e2ee::Fault> seal_fresh_copies(kept::PreparedAlert& alert, int which,
                                                                               const Press& press);

// What a second press shows the relay, sealed at the first one into 'running' (its vigils in the order of 'spare', whose chains
// move): copies that say so, with everything else as it was.
std::expected<void, e2ee::Fault> seal_pressed_again(kept::PreparedAlert& spare, const Press& press, kept::RunningAlert& running);

// Above all that the first press can reach by refreshing; what is refreshed after the second one goes on from here.
inline constexpr std::uint64_t pressed_again_seq = std::uint64_t{1} << 32;

}  // namespace vigil::client

// Telling systemd how the relay is, by a datagram to $NOTIFY_SOCKET. Used by serve. Does nothing when systemd did not ask.
#pragma once

#include <chrono>
#include <string_view>

namespace vigil::server {

// "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1"; several lines are allowed.
void notify(std::string_view state);
// How often the watchdog wants to hear; zero: there is none. Half of what it allows.
std::chrono::microseconds watchdog_pace();

}  // namespace vigil::server

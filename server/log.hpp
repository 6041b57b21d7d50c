// What the relay says while it runs: fixed sentences with numbers in them, to stderr, each line with its level as journald reads
// it. Any thread. **Invariant:** nothing but an enum and numbers can be passed, so no id, address, IP, path or name can ever be
// logged.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>

#include "server/config.hpp"

namespace vigil::server {

// log.cpp has the sentence and level of each; N stands for one number.
enum class Say : std::uint8_t {
  serving,   // N listening sockets, N threads
  draining,  // N open connections
  stopped,   // after N s
  reloaded,
  reload_refused,        // `vigild check` says why
  reload_needs_restart,  // N keys
  online_key_ends,       // N days left
  online_key_ended,      // N days ago
  route_list_ends,       // N days left
  pin_differs,
  store_not_writable,
  store_writable_again,
  disk_low,              // N percent free
  release_retried,       // N times
  accept_failed,         // errno N
  console_failed,        // errno N
  invites_made,          // N
  memory_not_locked,     // errno N
  too_many_connections,  // N
  canary_failed,         // N times in a row, at step N (canary_flight.hpp)
  canary_well_again,     // after N failures
  internal_error,        // N: place, see the source
};

void set_log_level(LogLevel level);
void say_numbers(Say what, std::initializer_list<std::uint64_t> numbers);
template <std::integral... Numbers>
void say(Say what, Numbers... numbers) {
  say_numbers(what, {static_cast<std::uint64_t>(numbers)...});
}

}  // namespace vigil::server

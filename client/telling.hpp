// What became of things that were NOT SENT YET, told to the person once, and then forgotten. Used by `listen`, by `status`, and
// by whoever has just sent something. One thread, the container's; failures throw Failed.
#pragma once

#include "client/account.hpp"
#include "client/screen.hpp"

namespace vigil::client {

// After drain() or send_item(): into the send-only slot and the book of alerts, and onto the screen. What was given up, here or
// by a process that could not say so, is told and leaves the outbox.
void tell_sent(Account& account, Screen& screen, const std::vector<Sent>& sent, std::uint64_t now_s);

// Own alerts that she has ended while no relay answered: over, once none of their endings lies in the outbox any more.
void settle_own_endings(Account& account, std::uint64_t now_s);

}  // namespace vigil::client

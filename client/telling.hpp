// What became of things that were NOT SENT YET, and of messages that nobody fetched: told to the person once, and then forgotten.
// Used by `listen`, by `status`, and by whoever has just sent something. One thread, the container's; failures throw Failed.
#pragma once

#include "client/account.hpp"
#include "client/screen.hpp"

namespace vigil::client {

// After drain() or send_item(): into the send-only slot and the book of alerts, and onto the screen. What was given up, here or
// by a process that could not say so, is told and leaves the outbox.
void tell_sent(Account& account, Screen& screen, const std::vector<Sent>& sent, std::uint64_t now_s);

// Messages that have left the outbox since the last look: their life on the relays is counted from now on. A little late rather
// than early: a process that cannot open the container may have sent them.
void note_handed_over(Account& account, std::uint64_t now_s);

// Messages without a receipt whose life on the relays is over by this device's clock. Each is forgotten after it was shown, so a
// crash in between shows it again. One whose receipt may wait, unread, in one's own mailbox is not told: only that it may.
void tell_undelivered(Account& account, Screen& screen, std::uint64_t now_s);

// Own alerts that she has ended while no relay answered: over, once none of their endings lies in the outbox any more.
void settle_own_endings(Account& account, std::uint64_t now_s);

}  // namespace vigil::client

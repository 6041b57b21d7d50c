// Own alerts that are going on, as the send-only slot knows them: no PIN needed. Used by alert, cancel and whoever empties the
// outbox.
#pragma once

#include "client/about.hpp"
#include "client/outbox.hpp"
#include "client/send_slot.hpp"

namespace vigil::client {

// After the outbox has sent something of an alert: its vigil is on the relay; or has ended, and is forgotten with its alert when
// the last one has. Nothing else of 'sent' matters here.
void note_sent(SendSlot& slot, const Sent& sent, std::uint64_t now_s);

// The newest alert pressed within 'within_s' that was not cancelled.
// With 'drill': only drills, or only what is none. A drill that goes on never swallows a press that is meant.
std::optional<kept::RunningAlert> newest_running(const SendSlot& slot, std::uint64_t now_s, std::uint64_t within_s,
                                                 std::optional<bool> drill = std::nullopt);

// The one with this id, while it runs.
std::optional<kept::RunningAlert> running_with(const SendSlot& slot, View alert_id);

// "What has the relay done so far?" about one own vigil.
wire::Request look_request(const kept::RunningVigil& vigil);

}  // namespace vigil::client

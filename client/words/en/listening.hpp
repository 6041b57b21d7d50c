// Listening, the link to a relay, the state of this device.
#pragma once

#include "client/words/listening.hpp"

namespace vigil::client::catalog::en {

inline constexpr ListeningWords listening{
    .locked_by_press =
        "An alert was pressed, so this profile has locked itself. What is NOT SENT YET still goes out. To "
        "read on, type your PIN.",
    .locked_enter_pin = "Locked. PIN: ",
    .press_closes_command =
        "An alert was pressed, so this profile has locked itself and this command has ended. Start it "
        "again with your PIN.",
    .listening = "Listening. Ctrl-C stops; alerts then wait on the relay until you listen again.",
    .connected = "Connected to {}.",
    .dark = "{} does not answer. Trying again and again.",
    .unknown_here =
        "{} does not know you any more: nothing that is sent to you there arrives. Ask who runs it for a new invite, join with "
        "it "
        "in a new profile, and meet your people again.",
    .displaced = "Another device reads this mailbox now. If it is not yours, your PIN and device are no longer safe.",
    .online_key_old = "The key of {} should have been renewed. It still works; tell its operator (`vigild` renews it).",
    .clock_behind = "This device's clock is {} behind the relay's. Set it right: times in alerts would be wrong.",
    .clock_ahead = "This device's clock is {} ahead of the relay's. Set it right: times in alerts would be wrong.",
    .on_alert_failed = "The command of --on-alert could not be started.",
    .status_line = "Relays: {}. Contacts: {}. Alerts ready: {}. NOT SENT YET: {}.",
    .status_locked = "Locked. Alerts ready: {}. NOT SENT YET: {}.",
    .one_relay_only = "All your alerts go to one relay. If it is dark, nobody is woken: join a second one elsewhere.",
};

}  // namespace vigil::client::catalog::en

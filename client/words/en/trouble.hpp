// Troubles, each with what to do.
#pragma once

#include "client/words/trouble.hpp"

namespace vigil::client::catalog::en {

inline constexpr TroubleWords trouble{
    .no_profile = "Nobody has joined in {}. Ask your operator for an invite and run: vigil join",
    .wrong_pin = "This PIN opens nothing here. Try again. Nobody can restore a forgotten PIN: then join anew.",
    .damaged_profile =
        "The profile on this device is damaged. Put back a backup of the whole folder, or join anew; `vigil "
        "alert` may still work.",
    .newer_profile = "This profile was written by a newer Vigil. Install that version here.",
    .profile_busy = "Another vigil command is using this profile. Wait for it to finish, then try again.",
    .already_listening = "`vigil listen` is running for this profile already; this command needs it stopped first.",
    .pins_differ = "The two PINs differ. Nothing was kept; try again.",
    .pin_too_short = "A PIN has at least 6 characters.",
    .bad_invite = "This is not a whole, unchanged invite. Ask your operator to send it again.",
    .old_invite = "This invite is too old. Ask your operator for a new one. (If it is new: is this device's clock right?)",
    .used_invite = "The relay does not take this invite: it was used, or is too old. Ask your operator for a new one.",
    .bad_card = "This is not a whole, unchanged card. Scan or copy it again.",
    .old_card =
        "This card is too old: a card works for ten minutes. Ask for a new one. (If it is new: is this device's "
        "clock right?)",
    .own_card = "This is your own card. Show it to the other person.",
    .used_card = "The relay does not know this card any more: it works once, for ten minutes. Ask for a new one.",
    .withdrawn = "{} cannot be reached: the relay does not know this address any more. Call, or meet again.",
    .no_route = "No relay answers over any route. Is there a network? Nothing was changed; try again.",
    .wrong_key =
        "Somebody between this device and the relay shows a wrong key. Nothing was sent. Use another network, or "
        "ask your operator for a new invite.",
    .relay_busy = "The relay cannot do it now. Nothing was changed; try again in a minute.",
    .old_version = "The relay does not understand this version of Vigil. Update it.",
    .bad_bundle = "The relay gave keys of {} that are not right. Nothing was sent. Try again; if it stays so, meet again.",
    .bundle_too_old =
        "The keys of {0} on the relay are too old, or this device's clock is wrong. Set the clock, or ask {0} "
        "to run `vigil listen`.",
    .disk_trouble = "This device's disk is full or failing. Nothing was changed. Make room and try again.",
    .cannot_read = "{} cannot be read.",
    .no_terminal =
        "There is no terminal to ask for the PIN. Run it in a terminal, or give the PIN on a file descriptor "
        "with --pin-fd.",
    .no_input = "The input ended before every question was answered. Nothing was changed.",
    .text_too_long = {.one = "Too long: at most {} bytes.",
                      .few = "Too long: at most {} bytes.",
                      .many = "Too long: at most {} bytes."},
    .unexpected = "Something went wrong inside Vigil. Nothing more is known; please report what you did.",
};

}  // namespace vigil::client::catalog::en

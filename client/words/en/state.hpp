// The states of an alert, word for word those of the design. Wrong here is dangerous: docs/critical-strings.md.
#pragma once

#include "client/words/state.hpp"

namespace vigil::client::catalog::en {

inline constexpr StateWords state{
    // ---- states of an alert
    .not_sent_yet = "NOT SENT YET",
    .waits_on_relay = "waits {} s on the relay",
    .on_relay_unseen = "on the relay, nobody has seen it",
    .on_phones = {.one = "on {} phone", .few = "on {} phones", .many = "on {} phones"},
    .seen_by = {.one = "seen by {}", .few = "seen by {}", .many = "seen by {}"},
    .answering = "{} is answering",
    .answering_until = "{} is answering until {}",
    .you_are_answering = "you are answering",
    .you_are_answering_until = "you are answering until {}",
    .nobody_is_answering = "NOBODY IS ANSWERING",
    .nobody_is_answering_round = "NOBODY IS ANSWERING, round {}",
    .nobody_has_answered_for = "NOBODY HAS ANSWERED FOR {}",
    .nobody_has_answered_round = "NOBODY HAS ANSWERED FOR {}, round {}",
    .all_clear = "all clear",
    .forced_to_cancel = "FORCED TO CANCEL. Do not call or write to her.",
    .cannot_be_reached = "{} cannot be reached",
    .cannot_be_opened = "from {}, cannot be opened: call her",
    .unanswered = "no answer is known yet",

    // ---- who, where no name is known
    .you = "you",
    .somebody = "somebody",
};

}  // namespace vigil::client::catalog::en

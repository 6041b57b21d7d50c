// The states of an alert, word for word those of the design. Wrong here is dangerous: docs/critical-strings.md.
#pragma once

#include "client/words/state.hpp"

namespace vigil::client::catalog::kk {

inline constexpr StateWords state{
    // ---- states of an alert
    .not_sent_yet = "ӘЛІ ЖІБЕРІЛМЕДІ",
    .waits_on_relay = "серверде {} сек күтеді",
    .on_relay_unseen = "серверде, әлі ешкім көрмеді",
    .on_phones = {.one = "{} телефонда", .few = "{} телефонда", .many = "{} телефонда"},
    .seen_by = {.one = "{} адам көрді", .few = "{} адам көрді", .many = "{} адам көрді"},
    .answering = "дабылға жауап беруде: {}",
    .answering_until = "дабылға жауап беруде: {}, {} болғанша",
    .you_are_answering = "дабылға жауап беруде: сіз",
    .you_are_answering_until = "дабылға жауап беруде: сіз, {} болғанша",
    .nobody_is_answering = "ЕШКІМ ЖАУАП БЕРМЕЙ ЖАТЫР",
    .nobody_is_answering_round = "ЕШКІМ ЖАУАП БЕРМЕЙ ЖАТЫР, {}-айналым",
    .nobody_has_answered_for = "ЕШКІМ ЖАУАП БЕРМЕДІ: {}",
    .nobody_has_answered_round = "ЕШКІМ ЖАУАП БЕРМЕДІ: {}, {}-айналым",
    .all_clear = "бәрі аман",
    .forced_to_cancel = "МӘЖБҮРЛЕП ТОҚТАТҚЫЗДЫ. Оған хабарласпаңыз, жазбаңыз.",
    .cannot_be_reached = "{}: хабар жетпейді",
    .cannot_be_opened = "{}: келген хабар ашылмайды, қоңырау шалыңыз",
    .unanswered = "жауап әзірге белгісіз",

    // ---- who, where no name is known
    .you = "сіз",
    .somebody = "біреу",
};

}  // namespace vigil::client::catalog::kk

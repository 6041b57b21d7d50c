// The states of an alert, word for word those of the design. Wrong here is dangerous: docs/critical-strings.md.
#pragma once

#include "client/words/state.hpp"

namespace vigil::client::catalog::ru {

inline constexpr StateWords state{
    // ---- states of an alert
    .not_sent_yet = "ЕЩЁ НЕ ОТПРАВЛЕНО",
    .waits_on_relay = "ждёт {} с на сервере",
    .on_relay_unseen = "на сервере, пока никто не видит",
    .on_phones =
        {
            .one = "на {} телефоне",
            .few = "на {} телефонах",
            .many = "на {} телефонах",
        },
    .seen_by =
        {
            .one = "увидели: {} человек",
            .few = "увидели: {} человека",
            .many = "увидели: {} человек",
        },
    .answering = "Отвечает: {}",
    .answering_until = "Отвечает: {}, до {}",
    .you_are_answering = "отвечаете вы",
    .you_are_answering_until = "отвечаете вы, до {}",
    .nobody_is_answering = "НИКТО НЕ ОТВЕЧАЕТ",
    .nobody_is_answering_round = "НИКТО НЕ ОТВЕЧАЕТ, круг {}",
    .nobody_has_answered_for = "НИКТО НЕ ОТВЕЧАЕТ УЖЕ {}",
    .nobody_has_answered_round = "НИКТО НЕ ОТВЕЧАЕТ УЖЕ {}, круг {}",
    .all_clear = "опасности нет",
    .forced_to_cancel = "ЗАСТАВИЛИ ОТМЕНИТЬ. Не звоните и не пишите этому человеку.",
    .cannot_be_reached = "нет связи: {}",
    .cannot_be_opened = "от: {}, не открывается: позвоните",
    .unanswered = "вестей об ответе пока нет",

    // ---- who, where no name is known
    .you = "вы",
    .somebody = "кто-то",
};

}  // namespace vigil::client::catalog::ru

// The responder's screen; docs/ru/responder.md teaches with the same words.
#pragma once

#include "client/words/screen.hpp"

namespace vigil::client::catalog::ru {

inline constexpr ScreenWords screen{
    // ---- the six questions
    .label_who = "КТО",
    .label_where = "ГДЕ",
    .label_age = "КОГДА",
    .label_answers = "ОТВЕЧАЕТ",
    .label_next = "ДАЛЬШЕ",
    .label_safe = "ОПАСНО?",
    .label_do = "ДЕЛАТЬ",
    .label_told = "ВЕСТИ",

    // ---- who
    .pressed_at = "{}: сигнал {}, {} назад.",
    .you_pressed_at = "Ваш сигнал {}, {} назад.",
    .silent_since_checkin = "{}: сигнала не было, замолчал контроль связи. Тревога {}, {} назад.",
    .pressed_again_once = "Сигнал повторён.",
    .pressed_again_often =
        {
            .one = "Сигнал повторён {} раз.",
            .few = "Сигнал повторён {} раза.",
            .many = "Сигнал повторён {} раз.",
        },
    .drill_not_danger = "УЧЕБНАЯ ТРЕВОГА (никто не в опасности).",
    .wrote = "Текст сигнала: {}",

    // ---- where, how old
    .place_unknown_here = "неизвестно: с тревогой место не пришло",
    .place_about = "{}, точность около {} м",
    .not_moving = "без движения",
    .moving_short_at = "движение {} км/ч",
    .moving_short_towards = "движение {} км/ч на {}",
    .battery_short = "заряд {} %",
    .age_of_place = "место на {1}, {0} назад",
    .place_from_the_future = "место на {} по часам того телефона, а здесь ещё раньше: одни из двух часов неверны",
    .phones_place = "Это место телефона, а не человека. Не ходите одни. Это может быть ловушка.",

    // ---- who answers
    .answers_until = "{}, до {} (ещё {})",
    .you_answer_until = "вы, до {} (ещё {})",
    .nobody_known = "никто, насколько известно",

    // ---- next
    .next_over = "ничего: тревога окончена",
    .next_relay_not_heard = "неизвестно: связи с сервером ещё нет",
    .next_relay_last_heard = "неизвестно: последняя связь с сервером {} назад",
    .next_not_told = "неизвестно",
    .next_lapse = "если {} не подтвердит до {}, будят следующих",
    .next_lapse_yours = "до {} нажмите a ещё раз, иначе будят следующих",
    .next_tier_number = "очередь {} будят через {}",
    .next_tier_names = "очередь {} ({}) будят через {}",
    .next_round = "круг {} начнётся с очереди 1 через {}",
    .next_hold = "уйдёт через {}",

    // ---- is she safe
    .safe_not_known = "НЕИЗВЕСТНО. Вестей пока нет.",
    .safe_drill = "нет, это учебная тревога",
    .one_says_all_clear = "НЕ ТОЧНО. 1 человек говорит «опасности нет»; нужно 2.",
    .several_say_all_clear =
        {
            .one = "{} человек говорит «опасности нет».",
            .few = "{} человека говорят «опасности нет».",
            .many = "{} человек говорят «опасности нет».",
        },

    // ---- the plan, marks, notes, mutes
    .station = "При звонке в отдел полиции назовите имя: {}",
    .medication_is = "Лекарства: {}",
    .never_tell = "Кому не говорить: {}",
    .phrase_free_only = "«{}» значит: говорит свободно.",
    .phrase_forced_only = "«{}» значит: кто-то слушает.",
    .phrases_both = "«{}» значит: говорит свободно. «{}» значит: кто-то слушает.",
    .mark_unknown_place = "место неизвестно",
    .mark_unknown_place_where = "место неизвестно: {}",
    .mark_seen_at = "видели",
    .mark_seen_at_where = "видели: {}",
    .mark_held_at = "удерживают",
    .mark_held_at_where = "удерживают: {}",
    .mark_lawyer_with_her = "адвокат рядом",
    .mark_lawyer_with_her_where = "адвокат рядом: {}",
    .mark_moved = "перевезли",
    .mark_moved_where = "перевезли: {}",
    .mark_free = "на свободе",
    .mark_free_where = "на свободе: {}",
    .mark_known_how = "{}: «{}» (откуда известно: {})",
    .mark_unknown_how = "{}: «{}» (откуда известно, не сказано)",
    .note_line = "{}: «{}»",
    .muted_until = "Без звука до {1}: {0}",
    .muted_here = "Тревоги этого человека у вас без звука до {}. Здесь ничего не звонит.",
    .earlier_marks =
        {
            .one = "раньше ещё {}: vigil timeline",
            .few = "раньше ещё {}: vigil timeline",
            .many = "раньше ещё {}: vigil timeline",
        },
    .marked = "Факт отмечен. Остальным сообщено.",
    .noted = "Заметка сделана. Остальным сообщено.",
    .mark_kept =
        "ЕЩЁ НЕ ОТПРАВЛЕНО, или не всем: ни один сервер не отвечает. Уйдёт, как только любая команда vigil достучится до "
        "сервера.",
    .others_told = "Остальным сообщено.",
    .told_not_all =
        "Сообщено не всем: сервер больше не знает один из адресов. Новая попытка каждые 10 минут в течение 2 часов. Позвоните.",
    .told_nobody = "Не сообщено никому: отсюда нет связи ни с кем из остальных. Это есть только на этом устройстве. Позвоните.",
    .nobody_to_tell = "Это есть только на этом устройстве: кто ещё отвечает по тревогам этого человека, здесь неизвестно.",
    .muted_now = "Тревоги здесь без звука до {1}: {0}.",
    .no_mute_without_alert = "Тревог здесь нет: {}. Выключать звук не для чего.",
    .mac_wrong = "От: {}. Что-то о тревоге изменено в пути или не для этого устройства: не показано. Позвоните.",
    .mark_kinds =
        "Виды: unknown-place (место неизвестно), seen-at (видели), held-at (удерживают), lawyer-with-her (адвокат рядом), moved "
        "(перевезли), free (на свободе).",

    // ---- the screen itself
    .no_alert_on = "Тревог нет.",
    .relay_heard = "связь с сервером {} назад",
    .relay_not_heard = "СЕРВЕР МОЛЧИТ УЖЕ {}",
    .relay_not_heard_yet = "СВЯЗИ С СЕРВЕРОМ ЕЩЁ НЕТ",
    .other_alert = "{} {}. {}",
    .more_alerts =
        {
            .one = "и ещё {} тревога",
            .few = "и ещё {} тревоги",
            .many = "и ещё {} тревог",
        },
    .keys_line =
        "a\u00a0ответ  g\u00a0передать  m\u00a0факт  n\u00a0заметка  c\u00a0опасности\u00a0нет  s\u00a0без\u00a0звука  "
        "q\u00a0выход",
    .keys_line_hers = "c\u00a0завершить своим PIN  q\u00a0выход",
    .keys_line_idle = "q\u00a0выход",
    .press_any_key = "НАЖМИТЕ ЛЮБУЮ КЛАВИШУ: «сигнал увиден».",
    .ask_quit = "Выйти? Здесь больше ничего не зазвонит. [да: д или y] ",
    .ask_mark_kind =
        "1\u00a0место\u00a0неизвестно  2\u00a0видели  3\u00a0удерживают  4\u00a0адвокат\u00a0рядом  5\u00a0перевезли  "
        "6\u00a0на\u00a0свободе ? ",
    .ask_mark_where = "Где (можно пусто): ",
    .ask_mark_how = "Откуда известно (можно пусто): ",
    .ask_note_to_others = "Заметка остальным: ",
    .ask_mute = "Выключить здесь звук на 12 ч: {}? Остальные узнают. [да: д или y] ",
    .ask_all_clear = "{} в безопасности, и вы знаете это лично от этого человека? [да: д или y] ",
    .ask_pin_again = "Ваш PIN, чтобы завершить тревогу: ",
};

}  // namespace vigil::client::catalog::ru

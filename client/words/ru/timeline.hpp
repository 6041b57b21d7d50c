// The timeline of an alert and its proofs.
#pragma once

#include "client/words/timeline.hpp"

namespace vigil::client::catalog::ru {

inline constexpr TimelineWords timeline{
    .time_both = "{} UTC (здесь {})",
    .proof_token = "доказано цепочкой ответов, вложенной в тревогу",
    .proof_two_tokens = "доказано двумя секретами завершения",
    .proof_mac = "не изменено с момента написания (парный MAC)",
    .proof_sealed = "пришло зашифрованным от этого человека",
    .proof_relay = "только слова сервера",
    .proof_own = "сделано на этом устройстве",
    .proof_wrong = "ПРОВЕРКА НЕ ПРОЙДЕНА: не полагайтесь на это",
    .proof_not_kept = "так сообщает этому устройству сервер; доказательства ещё нет",
    .entry_pressed = "{}: сигнал тревоги",
    .entry_pressed_again = "{}: повторный сигнал",
    .entry_rang = "здесь звонило (круг {}, шаг {})",
    .entry_answered = "{}: ответ, на {}",
    .entry_gave_back = "{}: ответ передан дальше",
    .entry_lapsed = "{}: вестей больше нет, время ответа вышло",
    .entry_closed = "опасности нет, подтверждают: {} и {}",
    .entry_says_all_clear = "{}: «опасности нет»",
    .entry_says_all_clear_with_note = "{}: «опасности нет». {}",
    .entry_ended = "{}: завершено с PIN",
    .entry_forced = "{}: ЗАСТАВИЛИ ОТМЕНИТЬ",
    .entry_seen = "увидено здесь",
    .entry_on_relay = "на сервере",
    .entry_receipt_seen = "{}: увидено",
    .entry_receipt_arrived = "{}: на телефоне",
    .timeline_of = "Тревога: {} ({})",
    .timeline_full = "Событий больше, чем здесь помещается.",
    .timeline_proves = "Это доказывает, что в пути ничего не изменено; постороннему не доказывает, кто автор.",
    .timeline_all_unchanged =
        {
            .one = "Проверена {} запись: без изменений.",
            .few = "Проверены {} записи: все без изменений.",
            .many = "Проверено {} записей: все без изменений.",
        },
    .timeline_some_failed = "Записей без изменений: {}, НЕ ПРОШЛИ ПРОВЕРКУ: {}.",
    .timeline_plain_warning =
        "Имена, места и заметки запишутся открытым текстом. Прочесть их сможет любой, у кого файл или диск, даже после удаления.",
    .timeline_printed = "Записано: {}. Распечатайте и уничтожьте файл.",
    .ask_plain_text = "Записать? [да/нет] ",
    .timeline_not_written = "Ничего не записано.",
    .times_are = "Время дано по часам авторов; где времени автора нет, стоит время этого устройства.",
};

}  // namespace vigil::client::catalog::ru

// The timeline of an alert and its proofs.
#pragma once

#include "client/words/timeline.hpp"

namespace vigil::client::catalog::kk {

inline constexpr TimelineWords timeline{
    .time_both = "{} UTC (мұнда {})",
    .proof_token = "дабыл ішіндегі жауап тізбегі дәлелдейді",
    .proof_two_tokens = "екі адамның жабу құпиясы дәлелдейді",
    .proof_mac = "жазылғаннан бері өзгермеген (жұптық MAC)",
    .proof_sealed = "осы адамнан шифрланып келді",
    .proof_relay = "тек сервердің сөзі",
    .proof_own = "осы құрылғыда жасалды",
    .proof_wrong = "ТЕКСЕРУДЕН ӨТПЕДІ: сенбеңіз",
    .proof_not_kept = "сервер осы құрылғыға айтты; дәлелі әлі келмеді",
    .entry_pressed = "{} дабыл берді",
    .entry_pressed_again = "{} қайта дабыл берді",
    .entry_rang = "мұнда шырылдады ({}-айналым, {}-қадам)",
    .entry_answered = "{}: жауап беруде, {}",
    .entry_gave_back = "{}: енді жауап бере алмайды",
    .entry_lapsed = "{}: содан бері хабар жоқ, жауап беру уақыты бітті",
    .entry_closed = "бәрі аман: {}, {}",
    .entry_says_all_clear = "{}: бәрі аман",
    .entry_says_all_clear_with_note = "{}: бәрі аман. {}",
    .entry_ended = "{}: PIN кодымен тоқтатты",
    .entry_forced = "{}: МӘЖБҮРЛЕП ТОҚТАТҚЫЗДЫ",
    .entry_seen = "мұнда көрілді",
    .entry_on_relay = "серверде",
    .entry_receipt_seen = "{}: көрді",
    .entry_receipt_arrived = "{}: телефонында",
    .timeline_of = "Дабыл: {} ({})",
    .timeline_full = "Болған оқиға мұнда сақталғаннан көп.",
    .timeline_proves = "Бұл жолда ештеңе өзгермегенін дәлелдейді; кім жазғанын үшінші адамға дәлелдемейді.",
    .timeline_all_unchanged = {.one = "{} жазба қайта тексерілді: бәрі жазылған күйінде.",
                               .few = "{} жазба қайта тексерілді: бәрі жазылған күйінде.",
                               .many = "{} жазба қайта тексерілді: бәрі жазылған күйінде."},
    .timeline_some_failed = "{} жазба жазылған күйінде, {} ТЕКСЕРУДЕН ӨТПЕДІ.",
    .timeline_plain_warning =
        "Бұл аттарды, орындарды, жазбаларды ашық мәтінмен жазады. Файл немесе диск кімнің қолында болса, сол оқи алады, файл "
        "өшірілген соң да.",
    .timeline_printed = "Жазылды: {}. Басып шығарыңыз, содан кейін файлды жойыңыз.",
    .ask_plain_text = "Жазылсын ба? [иә/жоқ] ",
    .timeline_not_written = "Ештеңе жазылмады.",
    .times_are = "Уақыт жазған адамның сағатымен; ондай уақыт болмаса, осы құрылғының сағатымен.",
};

}  // namespace vigil::client::catalog::kk

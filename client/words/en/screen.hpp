// The responder's screen; docs/responder.md teaches with the same words.
#pragma once

#include "client/words/screen.hpp"

namespace vigil::client::catalog::en {

inline constexpr ScreenWords screen{
    // ---- the six questions
    .label_who = "WHO",
    .label_where = "WHERE",
    .label_age = "HOW OLD",
    .label_answers = "ANSWERS",
    .label_next = "NEXT",
    .label_safe = "SAFE?",
    .label_do = "DO",
    .label_told = "TOLD",

    // ---- who
    .pressed_at = "{} pressed at {}, {} ago.",
    .you_pressed_at = "You pressed at {}, {} ago.",
    .silent_since_checkin = "{}'s check-in: nobody pressed, she fell silent. Counted at {}, {} ago.",
    .pressed_again_once = "Pressed again.",
    .pressed_again_often = {.one = "Pressed again, {} times.",
                            .few = "Pressed again, {} times.",
                            .many = "Pressed again, {} times."},
    .drill_not_danger = "DRILL (nobody is in danger).",
    .wrote = "She wrote: {}",

    // ---- where, how old
    .place_unknown_here = "not known: no place came with the alert",
    .place_about = "{}, within about {} m",
    .not_moving = "not moving",
    .moving_short_at = "moving {} km/h",
    .moving_short_towards = "moving {} km/h towards {}",
    .battery_short = "battery {} %",
    .age_of_place = "{} old, of {}",
    .place_from_the_future = "of {} by her phone, which is later than it is here: one of the two clocks is wrong",
    .phones_place = "This is the phone's place, not hers. Do not go alone. It can be a trap.",

    // ---- who answers
    .answers_until = "{}, until {} ({} left)",
    .you_answer_until = "you, until {} ({} left)",
    .nobody_known = "nobody, as far as is known here",

    // ---- next
    .next_over = "nothing: it is over",
    .next_relay_not_heard = "not known: the relay has not been heard",
    .next_relay_last_heard = "not known: the relay was last heard {} ago",
    .next_not_told = "not known",
    .next_lapse = "unless {} says it again by {}, the next people are woken",
    .next_lapse_yours = "press a again by {}, or the next people are woken",
    .next_tier_number = "tier {} is woken in {}",
    .next_tier_names = "tier {} ({}) is woken in {}",
    .next_round = "round {} begins with tier 1 in {}",
    .next_hold = "goes out in {}",

    // ---- is she safe
    .safe_not_known = "NOT KNOWN. Nobody has said so.",
    .safe_drill = "this is a drill",
    .one_says_all_clear = "NOT SURE. 1 person says all clear; it takes 2.",
    .several_say_all_clear = {.one = "{} people say all clear.",
                              .few = "{} people say all clear.",
                              .many = "{} people say all clear."},

    // ---- the plan, marks, notes, mutes
    .station = "When you call a station, ask for: {}",
    .medication_is = "Medication: {}",
    .never_tell = "Never tell: {}",
    .phrase_free_only = "She speaks freely if she says »{}«.",
    .phrase_forced_only = "Somebody listens if she says »{}«.",
    .phrases_both = "She speaks freely if she says »{}«; somebody listens if she says »{}«.",
    .mark_unknown_place = "unknown place",
    .mark_unknown_place_where = "unknown place {}",
    .mark_seen_at = "seen at",
    .mark_seen_at_where = "seen at {}",
    .mark_held_at = "held at",
    .mark_held_at_where = "held at {}",
    .mark_lawyer_with_her = "lawyer with her",
    .mark_lawyer_with_her_where = "lawyer with her {}",
    .mark_moved = "moved",
    .mark_moved_where = "moved {}",
    .mark_free = "free",
    .mark_free_where = "free {}",
    .mark_known_how = "{}: {} (how: {})",
    .mark_unknown_how = "{}: {} (no word on how it is known)",
    .note_line = "{}: »{}«",
    .muted_until = "{}: alerts of this person silenced until {}",
    .muted_here = "You have silenced this person until {}. Nothing rings here.",
    .earlier_marks = {.one = "{} earlier: vigil timeline",
                      .few = "{} earlier: vigil timeline",
                      .many = "{} earlier: vigil timeline"},
    .marked = "Marked. The other responders are told.",
    .noted = "Noted. The other responders are told.",
    .mark_kept = "NOT SENT YET to everybody: no relay answers. It goes out as soon as any vigil command reaches a relay.",
    .others_told = "The other responders are told.",
    .told_not_all =
        "Not everybody is told: a relay does not know an address any more. It is tried again every 10 minutes "
        "for 2 hours. Call.",
    .told_nobody =
        "Nobody is told: none of the other responders can be reached from here. It is kept on this device only. "
        "Call.",
    .nobody_to_tell = "Kept on this device only: no other responder of this person is known here.",
    .muted_now = "Alerts of {} do not ring here until {}.",
    .no_mute_without_alert = "No alert of {} is known here: there is nothing to silence.",
    .mac_wrong = "Something from {} about an alert was changed on its way, or is not for this device: not shown. Call her.",
    .mark_kinds = "The kinds are: unknown-place, seen-at, held-at, lawyer-with-her, moved, free.",

    // ---- the screen itself
    .no_alert_on = "No alert is on.",
    .relay_heard = "relay heard {} ago",
    .relay_not_heard = "RELAY NOT HEARD FOR {}",
    .relay_not_heard_yet = "RELAY NOT HEARD YET",
    .other_alert = "{} {}: {}",
    .more_alerts = {.one = "and {} more alerts", .few = "and {} more alerts", .many = "and {} more alerts"},
    .keys_line = "a answer  g give back  m mark  n note  c all-clear  s silence  q quit",
    .keys_line_hers = "c end it with your PIN  q quit",
    .keys_line_idle = "q quit",
    .press_any_key = "PRESS ANY KEY: it says that you have seen it.",
    .ask_quit = "Quit? Nothing rings here then. [y/n] ",
    .ask_mark_kind = "1 unknown place  2 seen at  3 held at  4 lawyer with her  5 moved  6 free ? ",
    .ask_mark_where = "Where (may be empty): ",
    .ask_mark_how = "How do you know (may be empty): ",
    .ask_note_to_others = "Note to the other responders: ",
    .ask_mute = "Silence {} here for 12 h? The other responders are told. [y/n] ",
    .ask_all_clear = "Is {} safe, and do you know it from herself? [y/n] ",
    .ask_pin_again = "Your PIN, to end your alert: ",
};

}  // namespace vigil::client::catalog::en

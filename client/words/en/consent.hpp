// Being asked whether an alert may wake one; duty, plans, booked drills.
#pragma once

#include "client/words/consent.hpp"

namespace vigil::client::catalog::en {

inline constexpr ConsentWords consent{
    .asks_you_as_lawyer = "{} asks whether her alert may wake you, as her lawyer.",
    .asks_you_as_responder = "{} asks whether her alert may wake you.",
    .how_to_accept = "Yes: vigil duty accept [--days mon-fri] [--hours 22-8]. No: vigil duty decline. It asks whom: {}.",
    .has_accepted = "Your alert may wake {}: {}.",
    .has_declined = "Your alert may not wake {}.",
    .off_duty_now = "{} is off duty.",
    .off_duty_until = "{} is off duty until {}.",
    .is_on_duty = "{} is on duty again.",
    .has_left = "{} is no longer among your people. Your alert does not wake her any more.",
    .tier_empty = "NOBODY IN TIER {} WOULD BE WOKEN NOW. Ask somebody else: vigil ask",
    .shown_not_rung =
        "It does not ring here: you have not accepted, are off duty, have silenced her, or these are not your "
        "hours.",
    .asked_her = "{} is asked. The answer comes to `vigil listen`.",
    .ask_her_first = "{} has not said that your alert may wake her. Ask her first: vigil ask (it asks whom).",
    .has_not_asked = "{} has not asked you. Who has: vigil duty show",
    .only_through = "You know {} only from somebody's plan. Meet first: `vigil card` and `vigil meet`.",
    .you_accepted = "The alert of {} may wake you: {}. Leave `vigil listen` running.",
    .you_declined = "The alert of {} does not wake you.",
    .you_left = "You are no longer among the people of {}. You need not explain it.",
    .you_are_off_duty_now = "You are off duty. Back: vigil duty on",
    .you_are_off_duty_until = "You are off duty until {}.",
    .you_are_on_duty = "You are on duty.",
    .no_duties = "Nobody has asked whether an alert may wake you.",
    .duty_line = "{}   {}",
    .duty_asked = "asks, and waits for your answer",
    .duty_accepted = "may wake you: {}",
    .duty_off_now = "you are off duty",
    .duty_off_until = "you are off duty until {}",
    .duty_left = "does not wake you",
    .bad_days = "Days are written like mon-fri or sat,sun.",
    .bad_hours = "Hours are written like 22-8 or 22:30-7:15.",
    .bad_duration = "A time is written like 30m, 8h or 2d.",
    .ask_plan_action = "What are your people to do, {} of 3? ",
    .ask_plan_station = "Which name are they to ask for when they call a police station? ",
    .ask_plan_medication = "What must be known about your medication or health? ",
    .ask_plan_never_tell = "Who is never to be told, separated by commas? ",
    .ask_plan_phrase_free = "A phrase that you say on the phone when you speak freely: ",
    .ask_plan_phrase_forced = "A phrase that you say when somebody listens: ",
    .plan_keeps_empty = "An empty line leaves it as it is; a single - removes it.",
    .plan_edited = {.one = "Your plan is kept. It goes sealed to {} people; they can read it only when a real alert of "
                           "yours brings the key.",
                    .few = "Your plan is kept. It goes sealed to {} people; they can read it only when a real alert of "
                           "yours brings the key.",
                    .many = "Your plan is kept. It goes sealed to {} people; they can read it only when a real alert of "
                            "yours brings the key."},
    .plan_action = "Do {}: {}",
    .plan_people = "Her people: {}",
    .plan_empty = "Your plan has no texts yet: vigil plan edit",
    .plan_not_there = "The phone of {0} has not said that it has your plan. Ask {0} to run `vigil listen`.",
    .plan_without_actions = "Your plan does not say what your people are to do first: vigil plan edit",
    .plan_without_phrases = "Your plan has no two phrases (free, forced): vigil plan edit",
    .plan_without_lawyer = "There is no lawyer in your tiers. If you have one: vigil ask --lawyer",
    .nobody_covers = "Nobody in tier 1 may be woken: {}. Ask somebody for these hours.",
    .drill_mark = "DRILL:",
    .drill_booked = "{} has booked a drill with you: {}. Nobody is in danger then.",
    .drill_unbooked = "{} has called off the drill at {}.",
};

}  // namespace vigil::client::catalog::en

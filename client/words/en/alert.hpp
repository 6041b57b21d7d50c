// An alert on a responder's screen; pressing, cancelling, answering.
#pragma once

#include "client/words/alert.hpp"

namespace vigil::client::catalog::en {

inline constexpr AlertWords alert{
    // ---- an alert on a responder's screen
    .alert_from = "ALERT from {}. Pressed at {}, {} ago.",
    .drill_from = "DRILL (nobody is in danger) from {}. Pressed at {}, {} ago.",
    .her_clock_is_ahead = "The clock of one of the two phones is wrong: the time of the press is not known.",
    .pressed_again = {.one = "She has pressed again ({} more).",
                      .few = "She has pressed again ({} more).",
                      .many = "She has pressed again ({} more)."},
    .pressed_again_now = "{} has pressed again: it is the same alert.",
    .you_pressed_again = "Pressed again: the same alert, and it waits no longer.",
    .place_at = "Her phone was at {}, {} ago.",
    .place_within = "Her phone was at {}, {} ago, within about {} m.",
    .moving_at = "It was moving at {} km/h.",
    .moving_towards = "It was moving at {} km/h towards {}.",
    .battery = "Its battery had {} %.",
    .place_unknown = "Her phone did not know where it was.",
    .ring_again = "The same alert from {} again: nobody has answered, round {}.",
    .how_to_answer = "To say that you are answering: vigil answer {}",
    .press_a_key = "Press any key to say that you have seen it.",
    .you_have_seen_it = "She will see that it was seen.",
    .gave_back = "{} has given the answer back. The next people are being woken.",
    .lapsed = "Nothing more was heard from {}. The next people are being woken.",
    .all_clear_said = "{} says: all clear.",
    .all_clear_said_with_note = "{} says: all clear. {}",
    .her_own_ending = "{} has ended the alert with her PIN.",
    .unverifiable =
        "The relay says something about the alert of {} that it cannot prove. Do not rely on it: call the "
        "others.",

    // ---- pressing, cancelling
    .pressing = "Alert. You need not do anything else.",
    .cancel_within = "To cancel within {} s: vigil cancel",
    .ctrl_c_does_not_cancel = "Ctrl-C does not cancel the alert, it only closes this screen. To cancel: vigil cancel",
    .kept_in_outbox =
        "No relay answers. The alert lies on this device and goes out as soon as any vigil command reaches a "
        "relay. Leave `vigil listen` running.",
    .refused_everywhere =
        "None of your people can be reached: the relay does not take this alert. It lies on this device "
        "and is tried again every 10 minutes for 2 hours. Call somebody.",
    .alert_sent_now = "Sent now: the alert",
    .message_sent_now = "Sent now: your message to {}",
    .given_up = "{} could not be reached for 2 hours. Vigil has stopped trying: find another way.",
    .alert_given_up =
        "No relay has taken your alert for 2 hours. Vigil has stopped trying: find another way, or press "
        "again.",
    .ending_given_up = "The relay has refused your ending for 2 hours. Your people may still be woken: tell them yourself.",
    .alert_not_understood = "The relay does not understand the alert. Update Vigil, then write or press again.",
    .message_not_understood = "The relay does not understand your message to {}. Update Vigil, then write or press again.",
    .cancel_done = "Cancelled.",
    .cancel_waits =
        "NOT SENT YET: no relay answers. It goes out as soon as any vigil command reaches a relay. Leave `vigil "
        "listen` running.",
    .nothing_to_cancel = "There is no alert of yours to cancel.",
    .no_prepared_alert =
        "No alert is ready on this device. Choose who is woken with `vigil tiers set` (needs your PIN), "
        "then try again.",
    .note_cut = {.one = "The note was too long; its first {} bytes were sent.",
                 .few = "The note was too long; its first {} bytes were sent.",
                 .many = "The note was too long; its first {} bytes were sent."},
    .no_valid_fix = "No valid place was found in what --fix gave; the alert goes out without one.",

    // ---- answering
    .yours = "You are answering. The others have been told. Say it again within {}, or the next people are woken.",
    .somebody_else_is = "Somebody else is answering already.",
    .is_answering_already = "{} is answering already.",
    .given_back = "Given back. The next people are being woken.",
    .close_counted = "Your all-clear counts. The alert ends when one more person says so.",
    .close_waits = "NOT SENT YET: no relay answers. Your all-clear goes out as soon as any vigil command reaches a relay.",
    .no_such_alert = "There is no such alert here. `vigil status` lists those that are going on.",
    .which_alert = "More than one alert is going on. Say which: `vigil status` lists them.",
    .alert_over = "This alert is over.",
};

}  // namespace vigil::client::catalog::en

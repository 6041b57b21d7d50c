// Check-ins, and places that are shown to others.
#pragma once

#include "client/words/watch.hpp"

namespace vigil::client::catalog::en {

inline constexpr WatchWords watch{
    .bad_period = "A check-in and its grace are 10 seconds to 24 hours together.",
    .check_in_runs_already = "A check-in is running already. End it first: vigil checkin stop",
    .no_check_in = "No check-in is running.",
    .relay_keeps_watch = "The relay keeps watch. Silence counts from {}.",
    .relays_keep_watch = {.one = "{} relays keep watch. Silence counts from {}.",
                          .few = "{} relays keep watch. Silence counts from {}.",
                          .many = "{} relays keep watch. Silence counts from {}."},
    .check_in_not_watched =
        "NOBODY IS KEEPING WATCH: no relay has your check-in yet. It is tried again and again while any "
        "vigil command runs.",
    .check_in_refused =
        "NOBODY IS KEEPING WATCH: the relay does not take this check-in, and nothing was kept. Who cannot "
        "be reached: vigil ready",
    .bad_check_in_end = "A check-in lasts from once --every to 7 days.",
    .check_in_ends_later = "You mean to end this check-in at {}. It does not end by itself: vigil checkin stop",
    .check_in_end_has_come = "You meant to end this check-in at {}. It goes on until you do: vigil checkin stop",
    .check_in_until = "She means to end it at {}; silence counts after that as before.",
    .check_in_ok = "Silence counts from {} now.",
    .check_in_ok_failed =
        "NOT SENT: no relay answers. Silence still counts from {}. Say it again as soon as there is a "
        "network.",
    .check_in_over = "This check-in is over. To begin another: vigil checkin start",
    .check_in_stopped = "The check-in has ended. Nobody waits for you.",
    .check_in_stop_waits =
        "NOT SENT YET: no relay answers, so silence still counts. It goes out as soon as any vigil "
        "command reaches a relay.",
    .check_in_last_answer = "The relay last said so {} ago.",
    .silence_counts_now = "Silence counts NOW. If you are safe: vigil checkin ok",
    .silence_counts_in = "Silence counts in {}. If you are safe: vigil checkin ok",
    .own_check_in_fired = "Your silence has been told: your people are being woken. If you are safe: vigil checkin stop",
    .keep_a_place_running =
        "To be reminded, and to keep your last places fresh: leave `vigil listen` or `vigil checkin "
        "watch` running.",
    .check_in_begun = "{}'s check-in: silence counts from {}.",
    .check_in_goes_on = "{} has checked in. Silence counts from {}.",
    .check_in_ended = "{} has ended her check-in with her PIN.",
    .check_in_forced = "{}: FORCED TO CHECK IN. Do not call or write to her.",
    .check_in_silent = "NO SIGN OF {}. Her check-in is silent; last heard from at {}, {} ago.",
    .many_silent = "Many phones fell silent at the same time: perhaps it is the network.",
    .nobody_keeps_watch = {.one = "NOBODY IS KEEPING WATCH over {} person",
                           .few = "NOBODY IS KEEPING WATCH over {} people",
                           .many = "NOBODY IS KEEPING WATCH over {} people"},
    .watch_is_kept_again = "The relay keeps watch again.",
    .share_goes_on_exact = "{} can see where this phone is until {}. To end it: vigil share stop",
    .share_goes_on_coarse = "{} can see where this phone is, to about 1 km, until {}. To end it: vigil share stop",
    .share_begun_exact = "{} can see where this phone is until {}. Ctrl-C or `vigil share stop` ends it.",
    .share_begun_coarse = "{} can see where this phone is, to about 1 km, until {}. Ctrl-C or `vigil share stop` ends it.",
    .share_extended = "It goes on until {}.",
    .share_ended = "The share has ended.",
    .share_asks = "The share is about to end. Go on for {} more? [yes/no] ",
    .share_runs_already = "A share is running already. End it first: vigil share stop",
    .no_share = "Nobody sees where this phone is.",
    .no_fix_source = "Say where the places come from: --fix FILE, --nmea -, --geojson - or --gpsd.",
    .share_exact_now = "Your alert is on: the people it wakes see exactly where this phone is, until it is over.",
    .share_with_whom = "Say with whom: a tier's number, or a name of `vigil contacts`.",
    .ask_share_with = "With whom? A tier's number, or names as in `vigil contacts`, separated by commas: ",
    .she_shares_exact = "{} shows you where her phone is, exactly, until {}.",
    .she_shares_coarse = "{} shows you where her phone is, to about 1 km, until {}.",
    .she_shares_exact_with = "{} shows you where her phone is, exactly, until {}. Others who see it: {}.",
    .she_shares_coarse_with = "{} shows you where her phone is, to about 1 km, until {}. Others who see it: {}.",
    .she_shares_no_more = "{} no longer shows where her phone is.",
    .her_place_exact = "{}'s phone was at {}, {} ago.",
    .her_place_coarse = "{}'s phone was within about 1 km of {}, {} ago.",
    .trail_point_exact = "{}  {}",
    .trail_point_coarse = "{}  {}  (about 1 km)",
    .trail_gap = "       nothing was heard for {}",
    .no_trail = "Nothing is known of where {}'s phone is.",
};

}  // namespace vigil::client::catalog::en

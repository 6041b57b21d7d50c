// `vigil ready` and drills.
#pragma once

#include "client/words/ready.hpp"

namespace vigil::client::catalog::en {

inline constexpr ReadyWords ready{
    .pressing_drill = "DRILL: an exercise. Nobody is in danger; your plan stays sealed.",
    .drill_due = "The drill with {} is booked for now: vigil drill --lawyer",
    .booked_with = "Booked with {}: {}. `vigil listen` reminds you then.",
    .called_off_with = "The drill with {} does not take place: {}.",
    .no_booking = "No drill is booked.",
    .bad_time = "A time in the future is written like 18:00 or \"2026-11-30 18:00\".",
    .ready_relay = "{} answers and knows your mailbox.",
    .ready_relay_silent = "{} does not answer. Try another network; if it stays so, ask its operator.",
    .ready_relay_refuses = "{} does not know your mailbox any more. Ask its operator for an invite and join anew.",
    .ready_no_relay = "You have joined no relay: vigil join",
    .ready_cannot_be_reached = "{} cannot be reached. Meet again: `vigil card` and `vigil meet`.",
    .ready_cannot_be_reached_at = "{} cannot be reached at {}. Call, then meet again: `vigil card` and `vigil meet`.",
    .ready_address_unknown = "It is not known whether {} can still be reached. Leave `vigil listen` running: it finds out.",
    .ready_person = "{}, tier {}: can be reached, keys are fresh, has your plan.",
    .ready_prepared = {.one = "{} alerts are ready on this device; pressing needs no PIN and no network.",
                       .few = "{} alerts are ready on this device; pressing needs no PIN and no network.",
                       .many = "{} alerts are ready on this device; pressing needs no PIN and no network."},
    .ready_prepared_old =
        "The alerts on this device are older than 14 days. Leave `vigil listen` running where there is a "
        "network.",
    .ready_drill = "Last drill that two people answered: {}.",
    .ready_drill_due = "No drill in the last 30 days: vigil drill",
    .ready_drill_unanswered = {.one = "The last drill was answered by {}. Find out why not by two, then: vigil drill",
                               .few = "The last drill was answered by {}. Find out why not by two, then: vigil drill",
                               .many = "The last drill was answered by {}. Find out why not by two, then: vigil drill"},
    .ready_too_few = "Only one person would be woken. Ask a second: vigil ask",
    .ready_lawyer_drill = "{} answered her own drill: {}.",
    .ready_lawyer_booked = "A drill with {} is booked: {}.",
    .ready_lawyer_due = "{} has answered no drill of her own in 30 days. Agree on a time: vigil drill --lawyer --at TIME",
    .ready_yes = "An alert would work now.",
    .ready_no = "NOT READY. Each line with !! says what to do.",
};

}  // namespace vigil::client::catalog::en

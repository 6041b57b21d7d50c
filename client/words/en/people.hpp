// Joining, meeting, contacts, tiers, texts.
#pragma once

#include "client/words/people.hpp"

namespace vigil::client::catalog::en {

inline constexpr PeopleWords people{
    .ask_invite = "Invite (vigil:join:...): ",
    .ask_pin = "PIN: ",
    .ask_new_pin = "New PIN (at least 6 characters; nobody can restore it): ",
    .ask_new_pin_again = "The same PIN again: ",
    .ask_own_name = "What should others see as your name? (may be empty) ",
    .ask_whom = "Whom? The name as in `vigil contacts`: ",
    .ask_their_name = "Name for this person on your screen: ",
    .ask_their_name_or = "Name for this person on your screen (empty = {}): ",
    .ask_card = "Card (vigil:card:...): ",
    .ask_text = "Text: ",
    .ask_note = "Note (may be empty): ",
    .ask_words_agree = "Does the other screen show the same three words? [yes/no] ",
    .ask_first_tier = "Tier 1: names, separated by commas: ",
    .ask_next_tier = "Tier {}: names, separated by commas (empty = no more tiers): ",
    .ask_tier_after = "Tier {} is woken how many seconds after the one before it? ",
    .joined = "You have joined. Next: meet somebody (`vigil card` on one device, `vigil meet` on the other).",
    .already_joined = "There is a profile here already. Use another place with --home, or delete the folder first.",
    .card_shown = "Show this to one person only. It works once, until {}. On the other device: vigil meet",
    .three_words = "Three words: {}",
    .met = "{} is now your contact, checked in person.",
    .words_differ =
        "Different words mean that somebody is in between. Nothing was kept. Meet again with a new card, and "
        "compare the words aloud.",
    .card_nobody_came = "Nobody used the card within its ten minutes. Make a new one with `vigil card`.",
    .waiting_for_them = "Waiting for the other person to say that the words agree.",
    .they_said_no = "The other person says that the words differ. Nothing was kept. Meet again with a new card.",
    .no_contacts = "No contacts yet. `vigil card` on one device, `vigil meet` on the other.",
    .contact_through = "{}   known from somebody's plan only",
    .contact_checked = "{}   checked in person",
    .contact_checked_withdrawn = "{}   checked in person, cannot write to you any more",
    .contact_unchecked = "{}   not checked",
    .contact_unchecked_withdrawn = "{}   not checked, cannot write to you any more",
    .no_such_contact =
        "There is no contact called {}. `vigil contacts` lists them; `vigil card` and `vigil meet` make new "
        "ones.",
    .name_taken = "You have a contact called {} already. Choose another name.",
    .bad_name = "A name has 1 to 20 characters, no control characters.",
    .ask_withdraw = "{} will not be able to write to you or wake you. To undo it you must meet again. Sure? [yes/no] ",
    .not_withdrawn = "Nothing was changed: {} can still write to you.",
    .withdrawn_from = "{} cannot write to you any more. Everybody else still can.",
    .withdrawn_here_only =
        "No relay answers. Nothing from {} is shown here any more; the relay is told as soon as one "
        "answers. Leave `vigil listen` running.",
    .out_of_tiers = "{} is no longer woken by your alerts.",
    .still_in_running_alert =
        "An alert of yours is going on, and {} still hears of it. If that is wrong: vigil cancel, "
        "then vigil alert.",
    .tiers_set = {.one = "{} people in {} tiers. Alerts are ready on this device; pressing needs no PIN.",
                  .few = "{} people in {} tiers. Alerts are ready on this device; pressing needs no PIN.",
                  .many = "{} people in {} tiers. Alerts are ready on this device; pressing needs no PIN."},
    .tiers_none = "Nobody would be woken. Choose who: vigil tiers set",
    .tier_first = "Tier 1, at once: {}",
    .tier_later = "Tier {}, {} later: {}",
    .tier_unchecked =
        "{} was not checked in person and cannot be woken. Meet again, or say --unchecked if you know what "
        "you do.",
    .tier_twice = "{} is in two tiers. One is enough: every round wakes all tiers.",
    .tier_too_many = "At most {} people in {} tiers.",
    .tier_bad_delay = "A delay is a number of seconds, 1 to 86400.",
    .text_from = "{1} {0}: {2}",
    .received_by = "{} has your message.",
    .undelivered =
        "Your message of {1} to {0} was not fetched in 14 days, as far as this device can tell, and is gone. Find another way, "
        "or "
        "write again.",
    .receipts_unread =
        "Whether {0} has your message of {1} is not known: what waits for you on the relay has not been read since. Read it: "
        "vigil "
        "listen",
    .ask_to_write_again = "{} could not open something of yours: write or press again.",
    .written_again = "{} could not open your message: it goes out again.",
    .their_phone_has_it = "{}: the alert is on that phone",
    .they_have_seen_it = "{} has seen it",
};

}  // namespace vigil::client::catalog::en

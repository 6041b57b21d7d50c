// The timeline of an alert and its proofs.
#pragma once

#include "client/words/timeline.hpp"

namespace vigil::client::catalog::en {

inline constexpr TimelineWords timeline{
    .time_both = "{} UTC ({} here)",
    .proof_token = "proved by the answer chain sealed in the alert",
    .proof_two_tokens = "proved by both close secrets",
    .proof_mac = "unchanged since it was written (pairwise MAC)",
    .proof_sealed = "came sealed from this person",
    .proof_relay = "the relay's word only",
    .proof_own = "done on this device",
    .proof_wrong = "CHECK FAILED: do not rely on it",
    .proof_not_kept = "the relay said so to this device; its proof has not come",
    .entry_pressed = "{} pressed",
    .entry_pressed_again = "{} pressed again",
    .entry_rang = "it rang here (round {}, stage {})",
    .entry_answered = "{}: answering, for {}",
    .entry_gave_back = "{}: given back",
    .entry_lapsed = "{}: nothing more was heard, the answer ran out",
    .entry_closed = "all clear by {} and {}",
    .entry_says_all_clear = "{}: all clear",
    .entry_says_all_clear_with_note = "{}: all clear. {}",
    .entry_ended = "{}: ended with the PIN",
    .entry_forced = "{}: FORCED TO CANCEL",
    .entry_seen = "seen here",
    .entry_on_relay = "on the relay",
    .entry_receipt_seen = "{}: seen",
    .entry_receipt_arrived = "{}: on the phone",
    .timeline_of = "Alert of {} ({})",
    .timeline_full = "More happened than is kept here.",
    .timeline_proves = "This proves that nothing was changed on the way; it does not prove to a third person who wrote it.",
    .timeline_all_unchanged = {.one = "{} entries checked again: all as they were written.",
                               .few = "{} entries checked again: all as they were written.",
                               .many = "{} entries checked again: all as they were written."},
    .timeline_some_failed = "{} entries as they were written, {} FAILED THE CHECK.",
    .timeline_plain_warning =
        "This writes names, places and notes as plain text. Whoever has the file or the disk can read "
        "it, also after it was deleted.",
    .timeline_printed = "Written: {}. Print it, then destroy it.",
    .ask_plain_text = "Write it? [yes/no] ",
    .timeline_not_written = "Nothing was written.",
    .times_are = "Times are those of the writers' clocks; an entry without its writer's time has this device's.",
};

}  // namespace vigil::client::catalog::en

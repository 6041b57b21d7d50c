#include "client/screen_words.hpp"

#include <fmt/format.h>

namespace vigil::client::words {

// ---- the six questions

std::string label_who() {
  return "WHO";
}
std::string label_where() {
  return "WHERE";
}
std::string label_age() {
  return "HOW OLD";
}
std::string label_answers() {
  return "ANSWERS";
}
std::string label_next() {
  return "NEXT";
}
std::string label_safe() {
  return "SAFE?";
}
std::string label_do() {
  return "DO";
}
std::string label_told() {
  return "TOLD";
}

// ---- who

std::string pressed_at(std::string_view name, std::string_view clock, std::string_view age) {
  return fmt::format("{} pressed at {}, {} ago.", name, clock, age);
}
std::string you_pressed_at(std::string_view clock, std::string_view age) {
  return fmt::format("You pressed at {}, {} ago.", clock, age);
}
std::string silent_since_checkin(std::string_view name, std::string_view clock, std::string_view age) {
  return fmt::format("{}'s check-in: nobody pressed, she fell silent. Counted at {}, {} ago.", name, clock, age);
}
std::string pressed_again_times(std::uint32_t times) {
  return times == 1 ? "Pressed again." : fmt::format("Pressed again, {} times.", times);
}
std::string drill_not_danger() {
  return "DRILL (nobody is in danger).";
}
std::string wrote(std::string_view note) {
  return fmt::format("She wrote: {}", note);
}

// ---- where, how old

std::string place_unknown_here() {
  return "not known: no place came with the alert";
}
std::string place(std::string_view coordinates, std::uint32_t accuracy_m) {
  return accuracy_m == 0 ? std::string(coordinates) : fmt::format("{}, within about {} m", coordinates, accuracy_m);
}
std::string moving_short(std::uint32_t kmh, std::string_view towards) {
  if (kmh == 0) return "not moving";
  return towards.empty() ? fmt::format("moving {} km/h", kmh) : fmt::format("moving {} km/h towards {}", kmh, towards);
}
std::string battery_short(std::uint32_t percent) {
  return fmt::format("battery {} %", percent);
}
std::string age_of_place(std::string_view age, std::string_view clock) {
  return fmt::format("{} old, of {}", age, clock);
}
std::string place_from_the_future(std::string_view clock) {
  return fmt::format("of {} by her phone, which is later than it is here: one of the two clocks is wrong", clock);
}
std::string phones_place() {
  return "This is the phone's place, not hers. Do not go alone. It can be a trap.";
}

// ---- who answers

std::string answers_until(std::string_view name, std::string_view clock, std::string_view left) {
  return fmt::format("{}, until {} ({} left)", name, clock, left);
}
std::string you_answer_until(std::string_view clock, std::string_view left) {
  return fmt::format("you, until {} ({} left)", clock, left);
}
std::string nobody_known() {
  return "nobody, as far as is known here";
}

// ---- next

std::string next_over() {
  return "nothing: it is over";
}
std::string next_not_known(std::string_view heard_ago) {
  return heard_ago.empty() ? std::string("not known: the relay has not been heard")
                           : fmt::format("not known: the relay was last heard {} ago", heard_ago);
}
std::string next_not_told() {
  return "not known";
}
std::string next_lapse(std::string_view name, std::string_view clock) {
  return fmt::format("unless {} says it again by {}, the next people are woken", name, clock);
}
std::string next_lapse_yours(std::string_view clock) {
  return fmt::format("press a again by {}, or the next people are woken", clock);
}
std::string next_tier(std::uint32_t tier, std::string_view names, std::string_view in) {
  return names.empty() ? fmt::format("tier {} is woken in {}", tier, in)
                       : fmt::format("tier {} ({}) is woken in {}", tier, names, in);
}
std::string next_round(std::uint32_t round, std::string_view in) {
  return fmt::format("round {} begins with tier 1 in {}", round, in);
}
std::string next_hold(std::string_view in) {
  return fmt::format("goes out in {}", in);
}

// ---- is she safe

std::string safe_not_known() {
  return "NOT KNOWN. Nobody has said so.";
}
std::string safe_drill() {
  return "this is a drill";
}
std::string safe_one_says(std::uint32_t people) {
  return people == 1 ? "NOT SURE. 1 person says all clear; it takes 2." : fmt::format("{} people say all clear.", people);
}

// ---- the plan, marks, notes, mutes

std::string station(std::string_view name) {
  return fmt::format("When you call a station, ask for: {}", name);
}
std::string medication_is(std::string_view what) {
  return fmt::format("Medication: {}", what);
}
std::string never_tell(std::string_view whom) {
  return fmt::format("Never tell: {}", whom);
}
std::string phrases(std::string_view free, std::string_view forced) {
  if (forced.empty()) return fmt::format("She speaks freely if she says »{}«.", free);
  if (free.empty()) return fmt::format("Somebody listens if she says »{}«.", forced);
  return fmt::format("She speaks freely if she says »{}«; somebody listens if she says »{}«.", free, forced);
}
std::string mark_kind(content::Mark::Kind kind) {
  switch (kind) {
    case content::Mark::UNKNOWN_PLACE:
      return "unknown place";
    case content::Mark::SEEN_AT:
      return "seen at";
    case content::Mark::HELD_AT:
      return "held at";
    case content::Mark::LAWYER_WITH_HER:
      return "lawyer with her";
    case content::Mark::MOVED:
      return "moved";
    case content::Mark::FREE:
      return "free";
    case content::Mark::UNSET:
    case content::Mark_Kind_Mark_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case content::Mark_Kind_Mark_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "?";
}
std::string mark_line(std::string_view who, content::Mark::Kind kind, std::string_view where, std::string_view how) {
  const std::string what = where.empty() ? mark_kind(kind) : fmt::format("{} {}", mark_kind(kind), where);
  return how.empty() ? fmt::format("{}: {} (no word on how it is known)", who, what)
                     : fmt::format("{}: {} (how: {})", who, what, how);
}
std::string note_line(std::string_view who, std::string_view text) {
  return fmt::format("{}: »{}«", who, text);
}
std::string muted_until(std::string_view who, std::string_view clock) {
  return fmt::format("{}: alerts of this person silenced until {}", who, clock);
}
std::string muted_here(std::string_view clock) {
  return fmt::format("You have silenced this person until {}. Nothing rings here.", clock);
}
std::string earlier_marks(std::size_t count) {
  return fmt::format("{} earlier: vigil timeline", count);
}
std::string marked() {
  return "Marked. The other responders are told.";
}
std::string noted() {
  return "Noted. The other responders are told.";
}
std::string mark_kept() {
  return "NOT SENT YET to everybody: no relay answers. It goes out as soon as any vigil command reaches a relay.";
}
std::string others_told() {
  return "The other responders are told.";
}
std::string told_not_all() {
  return "Not everybody is told: a relay does not know an address any more. It is tried again every 10 minutes for 2 hours. "
         "Call.";
}
std::string told_nobody() {
  return "Nobody is told: none of the other responders can be reached from here. It is kept on this device only. Call.";
}
std::string nobody_to_tell() {
  return "Kept on this device only: no other responder of this person is known here.";
}
std::string muted_now(std::string_view name, std::string_view clock) {
  return fmt::format("Alerts of {} do not ring here until {}.", name, clock);
}
std::string no_mute_without_alert(std::string_view name) {
  return fmt::format("No alert of {} is known here: there is nothing to silence.", name);
}
std::string mac_wrong(std::string_view name) {
  return fmt::format("Something from {} about an alert was changed on its way, or is not for this device: not shown. Call her.",
                     name);
}
std::string mark_kinds() {
  return "The kinds are: unknown-place, seen-at, held-at, lawyer-with-her, moved, free.";
}

// ---- the screen itself

std::string no_alert_on() {
  return "No alert is on.";
}
std::string relay_heard(std::string_view ago) {
  return fmt::format("relay heard {} ago", ago);
}
std::string relay_not_heard(std::string_view ago) {
  return fmt::format("RELAY NOT HEARD FOR {}", ago);
}
std::string relay_not_heard_yet() {
  return "RELAY NOT HEARD YET";
}
std::string other_alert(std::size_t number, std::string_view name, std::string_view state) {
  return fmt::format("{} {}: {}", number, name, state);
}
std::string more_alerts(std::size_t count) {
  return fmt::format("and {} more alerts", count);
}
std::string keys_line() {
  return "a answer  g give back  m mark  n note  c all-clear  s silence  q quit";
}
std::string keys_line_hers() {
  return "c end it with your PIN  q quit";
}
std::string keys_line_idle() {
  return "q quit";
}
std::string press_any_key() {
  return "PRESS ANY KEY: it says that you have seen it.";
}
std::string ask_quit() {
  return "Quit? Nothing rings here then. [y/n] ";
}
std::string ask_mark_kind() {
  return "1 unknown place  2 seen at  3 held at  4 lawyer with her  5 moved  6 free ? ";
}
std::string ask_mark_where() {
  return "Where (may be empty): ";
}
std::string ask_mark_how() {
  return "How do you know (may be empty): ";
}
std::string ask_note_to_others() {
  return "Note to the other responders: ";
}
std::string ask_mute(std::string_view name) {
  return fmt::format("Silence {} here for 12 h? The other responders are told. [y/n] ", name);
}
std::string ask_all_clear(std::string_view name) {
  return fmt::format("Is {} safe, and do you know it from herself? [y/n] ", name);
}
std::string ask_pin_again() {
  return "Your PIN, to end your alert: ";
}

// ---- the timeline

std::string time_both(std::string_view utc, std::string_view local) {
  return fmt::format("{} UTC ({} here)", utc, local);
}
std::string proof_token() {
  return "proved by the answer chain sealed in the alert";
}
std::string proof_two_tokens() {
  return "proved by both close secrets";
}
std::string proof_mac() {
  return "unchanged since it was written (pairwise MAC)";
}
std::string proof_sealed() {
  return "came sealed from this person";
}
std::string proof_relay() {
  return "the relay's word only";
}
std::string proof_own() {
  return "done on this device";
}
std::string proof_wrong() {
  return "CHECK FAILED: do not rely on it";
}
std::string proof_not_kept() {
  return "the relay said so to this device; its proof has not come";
}
std::string entry_pressed(std::string_view who) {
  return fmt::format("{} pressed", who);
}
std::string entry_pressed_again(std::string_view who) {
  return fmt::format("{} pressed again", who);
}
std::string entry_rang(std::uint32_t round, std::uint32_t stage) {
  return fmt::format("it rang here (round {}, stage {})", round, stage + 1);
}
std::string entry_answered(std::string_view who, std::string_view lease) {
  return fmt::format("{}: answering, for {}", who, lease);
}
std::string entry_gave_back(std::string_view who) {
  return fmt::format("{}: given back", who);
}
std::string entry_lapsed(std::string_view who) {
  return fmt::format("{}: nothing more was heard, the answer ran out", who);
}
std::string entry_closed(std::string_view one, std::string_view other) {
  return fmt::format("all clear by {} and {}", one, other);
}
std::string entry_all_clear(std::string_view who, std::string_view note) {
  return note.empty() ? fmt::format("{}: all clear", who) : fmt::format("{}: all clear. {}", who, note);
}
std::string entry_ended(std::string_view who) {
  return fmt::format("{}: ended with the PIN", who);
}
std::string entry_forced(std::string_view who) {
  return fmt::format("{}: FORCED TO CANCEL", who);
}
std::string entry_seen() {
  return "seen here";
}
std::string entry_on_relay() {
  return "on the relay";
}
std::string entry_receipt(std::string_view who, bool seen) {
  return seen ? fmt::format("{}: seen", who) : fmt::format("{}: on the phone", who);
}
std::string timeline_of(std::string_view name, std::string_view id) {
  return fmt::format("Alert of {} ({})", name, id);
}
std::string timeline_full() {
  return "More happened than is kept here.";
}
std::string timeline_proves() {
  return "This proves that nothing was changed on the way; it does not prove to a third person who wrote it.";
}
std::string timeline_checked(std::size_t good, std::size_t bad) {
  return bad == 0 ? fmt::format("{} entries checked again: all as they were written.", good)
                  : fmt::format("{} entries as they were written, {} FAILED THE CHECK.", good, bad);
}
std::string timeline_plain_warning() {
  return "This writes names, places and notes as plain text. Whoever has the file or the disk can read it, also after it was "
         "deleted.";
}
std::string timeline_printed(std::string_view path) {
  return fmt::format("Written: {}. Print it, then destroy it.", path);
}
std::string ask_plain_text() {
  return "Write it? [yes/no] ";
}
std::string timeline_not_written() {
  return "Nothing was written.";
}
std::string times_are() {
  return "Times are those of the writers' clocks; an entry without its writer's time has this device's.";
}

}  // namespace vigil::client::words

// The sentences of the responder's screen and of the timeline; beside words.hpp, under the same rules. docs/responder.md teaches
// with the same words. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/content.pb.h"

namespace vigil::client::words {

// ---- the six questions: what stands in front of their lines
std::string label_who();
std::string label_where();
std::string label_age();
std::string label_answers();
std::string label_next();
std::string label_safe();
std::string label_do();
std::string label_told();

// ---- who
std::string pressed_at(std::string_view name, std::string_view clock, std::string_view age);
std::string you_pressed_at(std::string_view clock, std::string_view age);
std::string silent_since_checkin(std::string_view name, std::string_view clock, std::string_view age);
std::string pressed_again_times(std::uint32_t times);
std::string drill_not_danger();
std::string wrote(std::string_view note);

// ---- where, how old
std::string place_unknown_here();
std::string place(std::string_view coordinates, std::uint32_t accuracy_m);
std::string moving_short(std::uint32_t kmh, std::string_view towards);
std::string battery_short(std::uint32_t percent);
std::string age_of_place(std::string_view age, std::string_view clock);
std::string place_from_the_future(std::string_view clock);
std::string phones_place();

// ---- who answers
std::string answers_until(std::string_view name, std::string_view clock, std::string_view left);
std::string you_answer_until(std::string_view clock, std::string_view left);
std::string nobody_known();

// ---- next
std::string next_over();
std::string next_not_known(std::string_view heard_ago);
std::string next_not_told();
std::string next_lapse(std::string_view name, std::string_view clock);
std::string next_lapse_yours(std::string_view clock);
std::string next_tier(std::uint32_t tier, std::string_view names, std::string_view in);
std::string next_round(std::uint32_t round, std::string_view in);
std::string next_hold(std::string_view in);

// ---- is she safe
std::string safe_not_known();
std::string safe_drill();
std::string safe_one_says(std::uint32_t people);

// ---- the plan, marks, notes, mutes
std::string station(std::string_view name);
std::string medication_is(std::string_view what);
std::string never_tell(std::string_view whom);
std::string phrases(std::string_view free, std::string_view forced);
std::string mark_kind(content::Mark::Kind kind);
std::string mark_line(std::string_view who, content::Mark::Kind kind, std::string_view where, std::string_view how);
std::string note_line(std::string_view who, std::string_view text);
std::string muted_until(std::string_view who, std::string_view clock);
std::string muted_here(std::string_view clock);
std::string earlier_marks(std::size_t count);
std::string marked();
std::string noted();
std::string mark_kept();
std::string others_told();
std::string told_not_all();
std::string told_nobody();
std::string nobody_to_tell();
std::string muted_now(std::string_view name, std::string_view clock);
std::string no_mute_without_alert(std::string_view name);
std::string mac_wrong(std::string_view name);
std::string mark_kinds();

// ---- the screen itself
std::string no_alert_on();
std::string relay_heard(std::string_view ago);
std::string relay_not_heard(std::string_view ago);
std::string relay_not_heard_yet();
std::string other_alert(std::size_t number, std::string_view name, std::string_view state);
std::string more_alerts(std::size_t count);
std::string keys_line();
std::string keys_line_hers();
std::string keys_line_idle();
std::string press_any_key();
std::string ask_quit();
std::string ask_mark_kind();
std::string ask_mark_where();
std::string ask_mark_how();
std::string ask_note_to_others();
std::string ask_mute(std::string_view name);
std::string ask_all_clear(std::string_view name);
std::string ask_pin_again();

// ---- the timeline
std::string time_both(std::string_view utc, std::string_view local);
std::string proof_token();
std::string proof_two_tokens();
std::string proof_mac();
std::string proof_sealed();
std::string proof_relay();
std::string proof_own();
std::string proof_wrong();
std::string proof_not_kept();
std::string entry_pressed(std::string_view who);
std::string entry_pressed_again(std::string_view who);
std::string entry_rang(std::uint32_t round, std::uint32_t stage);
std::string entry_answered(std::string_view who, std::string_view lease);
std::string entry_gave_back(std::string_view who);
std::string entry_lapsed(std::string_view who);
std::string entry_closed(std::string_view one, std::string_view other);
std::string entry_all_clear(std::string_view who, std::string_view note);
std::string entry_ended(std::string_view who);
std::string entry_forced(std::string_view who);
std::string entry_seen();
std::string entry_on_relay();
std::string entry_receipt(std::string_view who, bool seen);
std::string timeline_of(std::string_view name, std::string_view id);
std::string timeline_full();
std::string timeline_proves();
std::string timeline_checked(std::size_t good, std::size_t bad);
std::string timeline_plain_warning();
std::string timeline_printed(std::string_view path);
std::string ask_plain_text();
std::string timeline_not_written();
std::string times_are();

}  // namespace vigil::client::words

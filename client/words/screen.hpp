// The responder's screen; docs/responder.md teaches with the same words. A topic of words.hpp, under its rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"
#include "proto/content.pb.h"

namespace vigil::client::catalog {

struct ScreenWords {
  // ---- the six questions
  Sentence<> label_who;
  Sentence<> label_where;
  Sentence<> label_age;
  Sentence<> label_answers;
  Sentence<> label_next;
  Sentence<> label_safe;
  Sentence<> label_do;
  Sentence<> label_told;

  // ---- who
  Sentence<Name, Clock, Length> pressed_at;
  Sentence<Clock, Length> you_pressed_at;
  Sentence<Name, Clock, Length> silent_since_checkin;
  Sentence<> pressed_again_once;
  Counted<Number> pressed_again_often;
  Sentence<> drill_not_danger;
  Sentence<Text> wrote;

  // ---- where, how old
  Sentence<> place_unknown_here;
  Sentence<Place, Number> place_about;
  Sentence<> not_moving;
  Sentence<Number> moving_short_at;
  Sentence<Number, Text> moving_short_towards;
  Sentence<Number> battery_short;
  Sentence<Length, Clock> age_of_place;
  Sentence<Clock> place_from_the_future;
  Sentence<> phones_place;

  // ---- who answers
  Sentence<Name, Clock, Length> answers_until;
  Sentence<Clock, Length> you_answer_until;
  Sentence<> nobody_known;

  // ---- next
  Sentence<> next_over;
  Sentence<> next_relay_not_heard;
  Sentence<Length> next_relay_last_heard;
  Sentence<> next_not_told;
  Sentence<Name, Clock> next_lapse;
  Sentence<Clock> next_lapse_yours;
  Sentence<Number, Length> next_tier_number;
  Sentence<Number, Names, Length> next_tier_names;
  Sentence<Number, Length> next_round;
  Sentence<Length> next_hold;

  // ---- is she safe
  Sentence<> safe_not_known;
  Sentence<> safe_drill;
  Sentence<> one_says_all_clear;
  Counted<Number> several_say_all_clear;

  // ---- the plan, marks, notes, mutes
  Sentence<Name> station;
  Sentence<Text> medication_is;
  Sentence<Text> never_tell;
  Sentence<Text> phrase_free_only;
  Sentence<Text> phrase_forced_only;
  Sentence<Text, Text> phrases_both;
  Sentence<> mark_unknown_place;
  Sentence<Text> mark_unknown_place_where;
  Sentence<> mark_seen_at;
  Sentence<Text> mark_seen_at_where;
  Sentence<> mark_held_at;
  Sentence<Text> mark_held_at_where;
  Sentence<> mark_lawyer_with_her;
  Sentence<Text> mark_lawyer_with_her_where;
  Sentence<> mark_moved;
  Sentence<Text> mark_moved_where;
  Sentence<> mark_free;
  Sentence<Text> mark_free_where;
  Sentence<Name, Text, Text> mark_known_how;
  Sentence<Name, Text> mark_unknown_how;
  Sentence<Name, Text> note_line;
  Sentence<Name, Clock> muted_until;
  Sentence<Clock> muted_here;
  Counted<Number> earlier_marks;
  Sentence<> marked;
  Sentence<> noted;
  Sentence<> mark_kept;
  Sentence<> others_told;
  Sentence<> told_not_all;
  Sentence<> told_nobody;
  Sentence<> nobody_to_tell;
  Sentence<Name, Clock> muted_now;
  Sentence<Name> no_mute_without_alert;
  Sentence<Name> mac_wrong;
  Sentence<> mark_kinds;

  // ---- the screen itself
  Sentence<> no_alert_on;
  Sentence<Length> relay_heard;
  Sentence<Length> relay_not_heard;
  Sentence<> relay_not_heard_yet;
  Sentence<Number, Name, Text> other_alert;
  Counted<Number> more_alerts;
  Sentence<> keys_line;
  Sentence<> keys_line_hers;
  Sentence<> keys_line_idle;
  Sentence<> press_any_key;
  Sentence<> ask_quit;
  Sentence<> ask_mark_kind;
  Sentence<> ask_mark_where;
  Sentence<> ask_mark_how;
  Sentence<> ask_note_to_others;
  Sentence<Name> ask_mute;
  Sentence<Name> ask_all_clear;
  Sentence<> ask_pin_again;

  std::string pressed_again_times(std::uint32_t times) const;
  std::string place(std::string_view coordinates, std::uint32_t accuracy_m) const;
  std::string moving_short(std::uint32_t kmh, std::string_view towards) const;
  std::string next_not_known(std::string_view heard_ago) const;
  std::string next_tier(std::uint32_t tier, std::string_view names, std::string_view in) const;
  std::string safe_one_says(std::uint32_t people) const;
  std::string phrases(std::string_view free, std::string_view forced) const;
  std::string mark_kind(content::Mark::Kind kind, std::string_view where = {}) const;
  std::string mark_line(std::string_view who, content::Mark::Kind kind, std::string_view where, std::string_view how) const;
};

}  // namespace vigil::client::catalog

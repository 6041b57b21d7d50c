// Being asked whether an alert may wake one; duty, plans, booked drills. A topic of words.hpp, under its rules.
#pragma once

#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct ConsentWords {
  Sentence<Name> asks_you_as_lawyer;
  Sentence<Name> asks_you_as_responder;
  Sentence<Name> how_to_accept;
  Sentence<Name, Text> has_accepted;
  Sentence<Name> has_declined;
  Sentence<Name> off_duty_now;
  Sentence<Name, Clock> off_duty_until;
  Sentence<Name> is_on_duty;
  Sentence<Name> has_left;
  Sentence<Number> tier_empty;
  Sentence<> shown_not_rung;
  Sentence<Name> asked_her;
  Sentence<Name> ask_her_first;
  Sentence<Name> has_not_asked;
  Sentence<Name> only_through;
  Sentence<Name, Text> you_accepted;
  Sentence<Name> you_declined;
  Sentence<Name> you_left;
  Sentence<> you_are_off_duty_now;
  Sentence<Clock> you_are_off_duty_until;
  Sentence<> you_are_on_duty;
  Sentence<> no_duties;
  Sentence<Name, Text> duty_line;
  Sentence<> duty_asked;
  Sentence<Text> duty_accepted;
  Sentence<> duty_off_now;
  Sentence<Clock> duty_off_until;
  Sentence<> duty_left;
  Sentence<> bad_days;
  Sentence<> bad_hours;
  Sentence<> bad_duration;
  Sentence<int> ask_plan_action;
  Sentence<> ask_plan_station;
  Sentence<> ask_plan_medication;
  Sentence<> ask_plan_never_tell;
  Sentence<> ask_plan_phrase_free;
  Sentence<> ask_plan_phrase_forced;
  Sentence<> plan_keeps_empty;
  Counted<Number> plan_edited;
  Sentence<int, Text> plan_action;
  Sentence<Names> plan_people;
  Sentence<> plan_empty;
  Sentence<Name> plan_not_there;
  Sentence<> plan_without_actions;
  Sentence<> plan_without_phrases;
  Sentence<> plan_without_lawyer;
  Sentence<Text> nobody_covers;
  Sentence<> drill_mark;
  Sentence<Name, Clock> drill_booked;
  Sentence<Name, Clock> drill_unbooked;

  std::string asks_you(std::string_view name, bool lawyer) const;
  std::string is_off_duty(std::string_view name, std::string_view until) const;
  std::string you_are_off_duty(std::string_view until) const;
  std::string duty_off(std::string_view until) const;
};

}  // namespace vigil::client::catalog

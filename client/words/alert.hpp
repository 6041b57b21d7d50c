// An alert on a responder's screen; pressing, cancelling, answering. A topic of words.hpp, under its rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct AlertWords {
  // ---- an alert on a responder's screen
  Sentence<Name, Clock, Length> alert_from;
  Sentence<Name, Clock, Length> drill_from;
  Sentence<> her_clock_is_ahead;
  Counted<Number> pressed_again;
  Sentence<Name> pressed_again_now;
  Sentence<> you_pressed_again;
  Sentence<Place, Length> place_at;
  Sentence<Place, Length, Number> place_within;
  Sentence<Number> moving_at;
  Sentence<Number, Text> moving_towards;
  Sentence<Number> battery;
  Sentence<> place_unknown;
  Sentence<Name, Number> ring_again;
  Sentence<Text> how_to_answer;
  Sentence<> press_a_key;
  Sentence<> you_have_seen_it;
  Sentence<Name> gave_back;
  Sentence<Name> lapsed;
  Sentence<Name> all_clear_said;
  Sentence<Name, Text> all_clear_said_with_note;
  Sentence<Name> her_own_ending;
  Sentence<Name> unverifiable;

  // ---- pressing, cancelling
  Sentence<> pressing;
  Sentence<Number> cancel_within;
  Sentence<> ctrl_c_does_not_cancel;
  Sentence<> kept_in_outbox;
  Sentence<> refused_everywhere;
  Sentence<> alert_sent_now;
  Sentence<Name> message_sent_now;
  Sentence<Name> given_up;
  Sentence<> alert_given_up;
  Sentence<> ending_given_up;
  Sentence<> alert_not_understood;
  Sentence<Name> message_not_understood;
  Sentence<> cancel_done;
  Sentence<> cancel_waits;
  Sentence<> nothing_to_cancel;
  Sentence<> no_prepared_alert;
  Counted<Number> note_cut;
  Sentence<> no_valid_fix;

  // ---- answering
  Sentence<Length> yours;
  Sentence<> somebody_else_is;
  Sentence<Name> is_answering_already;
  Sentence<> given_back;
  Sentence<> close_counted;
  Sentence<> close_waits;
  Sentence<> no_such_alert;
  Sentence<> which_alert;
  Sentence<> alert_over;

  std::string place_is(std::string_view coordinates, std::string_view age, std::uint32_t accuracy_m) const;
  std::string moving(std::uint32_t kmh, std::string_view towards) const;
  std::string says_all_clear(std::string_view name, std::string_view note) const;
  std::string somebody_elses(std::string_view name) const;
};

}  // namespace vigil::client::catalog

// `vigil ready` and drills. A topic of words.hpp, under its rules.
#pragma once

#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct ReadyWords {
  Sentence<> pressing_drill;
  Sentence<Name> drill_due;
  Sentence<Name, Clock> booked_with;
  Sentence<Name, Clock> called_off_with;
  Sentence<> no_booking;
  Sentence<> bad_time;
  Sentence<Text> ready_relay;
  Sentence<Text> ready_relay_silent;
  Sentence<Text> ready_relay_refuses;
  Sentence<> ready_no_relay;
  Sentence<Name> ready_cannot_be_reached;
  Sentence<Name, Text> ready_cannot_be_reached_at;
  Sentence<Name> ready_address_unknown;
  Sentence<Name, Number> ready_person;
  Counted<Number> ready_prepared;
  Sentence<> ready_prepared_old;
  Sentence<Clock> ready_drill;
  Sentence<> ready_drill_due;
  Counted<Number> ready_drill_unanswered;
  Sentence<> ready_too_few;
  Sentence<Name, Clock> ready_lawyer_drill;
  Sentence<Name, Clock> ready_lawyer_booked;
  Sentence<Name> ready_lawyer_due;
  Sentence<> ready_yes;
  Sentence<> ready_no;

  std::string ready_address_refused(std::string_view name, std::string_view relay) const;
};

}  // namespace vigil::client::catalog

// The states of an alert, word for word those of the design. Wrong here is dangerous: docs/critical-strings.md. A topic of
// words.hpp, under its rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct StateWords {
  // ---- states of an alert
  Sentence<> not_sent_yet;
  Sentence<Number> waits_on_relay;
  Sentence<> on_relay_unseen;
  Counted<Number> on_phones;
  Counted<Number> seen_by;
  Sentence<Name> answering;
  Sentence<Name, Clock> answering_until;
  Sentence<> you_are_answering;
  Sentence<Clock> you_are_answering_until;
  Sentence<> nobody_is_answering;
  Sentence<Number> nobody_is_answering_round;
  Sentence<Length> nobody_has_answered_for;
  Sentence<Length, Number> nobody_has_answered_round;
  Sentence<> all_clear;
  Sentence<> forced_to_cancel;
  Sentence<Name> cannot_be_reached;
  Sentence<Name> cannot_be_opened;
  Sentence<> unanswered;

  // ---- who, where no name is known
  Sentence<> you;
  Sentence<> somebody;

  std::string nobody_answered(std::uint64_t silent_s, std::uint32_t round) const;
};

}  // namespace vigil::client::catalog

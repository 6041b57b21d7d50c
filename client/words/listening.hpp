// Listening, the link to a relay, the state of this device. A topic of words.hpp, under its rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct ListeningWords {
  Sentence<> locked_by_press;
  Sentence<> locked_enter_pin;
  Sentence<> press_closes_command;
  Sentence<> listening;
  Sentence<Text> connected;
  Sentence<Text> dark;
  Sentence<Text> unknown_here;
  Sentence<> displaced;
  Sentence<Text> online_key_old;
  Sentence<Length> clock_behind;
  Sentence<Length> clock_ahead;
  Sentence<> on_alert_failed;
  Sentence<Number, Number, Number, Number> status_line;
  Sentence<Number, Number> status_locked;
  Sentence<> one_relay_only;

  std::string clock_off(std::int64_t seconds) const;
};

}  // namespace vigil::client::catalog

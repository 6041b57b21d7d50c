// The timeline of an alert and its proofs. A topic of words.hpp, under its rules.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct TimelineWords {
  Sentence<Text, Text> time_both;
  Sentence<> proof_token;
  Sentence<> proof_two_tokens;
  Sentence<> proof_mac;
  Sentence<> proof_sealed;
  Sentence<> proof_relay;
  Sentence<> proof_own;
  Sentence<> proof_wrong;
  Sentence<> proof_not_kept;
  Sentence<Name> entry_pressed;
  Sentence<Name> entry_pressed_again;
  Sentence<Number, Number> entry_rang;
  Sentence<Name, Length> entry_answered;
  Sentence<Name> entry_gave_back;
  Sentence<Name> entry_lapsed;
  Sentence<Name, Name> entry_closed;
  Sentence<Name> entry_says_all_clear;
  Sentence<Name, Text> entry_says_all_clear_with_note;
  Sentence<Name> entry_ended;
  Sentence<Name> entry_forced;
  Sentence<> entry_seen;
  Sentence<> entry_on_relay;
  Sentence<Name> entry_receipt_seen;
  Sentence<Name> entry_receipt_arrived;
  Sentence<Name, Text> timeline_of;
  Sentence<> timeline_full;
  Sentence<> timeline_proves;
  Counted<Number> timeline_all_unchanged;
  Sentence<Number, Number> timeline_some_failed;
  Sentence<> timeline_plain_warning;
  Sentence<Text> timeline_printed;
  Sentence<> ask_plain_text;
  Sentence<> timeline_not_written;
  Sentence<> times_are;

  std::string entry_all_clear(std::string_view who, std::string_view note) const;
  std::string entry_receipt(std::string_view who, bool seen) const;
  std::string timeline_checked(std::size_t good, std::size_t bad) const;
};

}  // namespace vigil::client::catalog

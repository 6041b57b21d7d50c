// Troubles, each with what to do. A topic of words.hpp, under its rules.
#pragma once

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct TroubleWords {
  Sentence<Text> no_profile;
  Sentence<> wrong_pin;
  Sentence<> damaged_profile;
  Sentence<> newer_profile;
  Sentence<> profile_busy;
  Sentence<> already_listening;
  Sentence<> pins_differ;
  Sentence<> pin_too_short;
  Sentence<> bad_invite;
  Sentence<> old_invite;
  Sentence<> used_invite;
  Sentence<> bad_card;
  Sentence<> old_card;
  Sentence<> own_card;
  Sentence<> used_card;
  Sentence<Name> withdrawn;
  Sentence<> no_route;
  Sentence<> wrong_key;
  Sentence<> relay_busy;
  Sentence<> old_version;
  Sentence<Name> bad_bundle;
  Sentence<Name> bundle_too_old;
  Sentence<> disk_trouble;
  Sentence<Text> cannot_read;
  Sentence<> no_terminal;
  Sentence<> no_input;
  Counted<Number> text_too_long;
  Sentence<> unexpected;
};

}  // namespace vigil::client::catalog

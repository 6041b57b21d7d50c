// Joining, meeting, contacts, tiers, texts. A topic of words.hpp, under its rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct PeopleWords {
  Sentence<> ask_invite;
  Sentence<> ask_pin;
  Sentence<> ask_new_pin;
  Sentence<> ask_new_pin_again;
  Sentence<> ask_own_name;
  Sentence<> ask_whom;
  Sentence<> ask_their_name;
  Sentence<Text> ask_their_name_or;
  Sentence<> ask_card;
  Sentence<> ask_text;
  Sentence<> ask_note;
  Sentence<> ask_words_agree;
  Sentence<> ask_first_tier;
  Sentence<Number> ask_next_tier;
  Sentence<Number> ask_tier_after;
  Sentence<> joined;
  Sentence<> already_joined;
  Sentence<Clock> card_shown;
  Sentence<Text> three_words;
  Sentence<Name> met;
  Sentence<> words_differ;
  Sentence<> card_nobody_came;
  Sentence<> waiting_for_them;
  Sentence<> they_said_no;
  Sentence<> no_contacts;
  Sentence<Name> contact_through;
  Sentence<Name> contact_checked;
  Sentence<Name> contact_checked_withdrawn;
  Sentence<Name> contact_unchecked;
  Sentence<Name> contact_unchecked_withdrawn;
  Sentence<Name> no_such_contact;
  Sentence<Name> name_taken;
  Sentence<> bad_name;
  Sentence<Name> ask_withdraw;
  Sentence<Name> not_withdrawn;
  Sentence<Name> withdrawn_from;
  Sentence<Name> withdrawn_here_only;
  Sentence<Name> out_of_tiers;
  Sentence<Name> still_in_running_alert;
  Counted<Number, Number> tiers_set;
  Sentence<> tiers_none;
  Sentence<Names> tier_first;
  Sentence<Number, Length, Names> tier_later;
  Sentence<Name> tier_unchecked;
  Sentence<Name> tier_twice;
  Sentence<Number, Number> tier_too_many;
  Sentence<> tier_bad_delay;
  Sentence<Name, Clock, Text> text_from;
  Sentence<Name> received_by;
  Sentence<Name, Clock> undelivered;
  Sentence<Name, Clock> receipts_unread;
  Sentence<Name> ask_to_write_again;
  Sentence<Name> written_again;
  Sentence<Name> their_phone_has_it;
  Sentence<Name> they_have_seen_it;

  std::string ask_tier(std::uint32_t tier) const;
  std::string contact_line(std::string_view name, bool checked, bool withdrawn, bool through) const;
  std::string tier_line(std::uint32_t tier, std::string_view later, std::string_view names) const;
};

}  // namespace vigil::client::catalog

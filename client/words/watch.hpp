// Check-ins, and places that are shown to others. A topic of words.hpp, under its rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct WatchWords {
  Sentence<> bad_period;
  Sentence<> check_in_runs_already;
  Sentence<> no_check_in;
  Sentence<Clock> relay_keeps_watch;
  Counted<Number, Clock> relays_keep_watch;
  Sentence<> check_in_not_watched;
  Sentence<> check_in_refused;
  Sentence<> bad_check_in_end;
  Sentence<Clock> check_in_ends_later;
  Sentence<Clock> check_in_end_has_come;
  Sentence<Clock> check_in_until;
  Sentence<Clock> check_in_ok;
  Sentence<Clock> check_in_ok_failed;
  Sentence<> check_in_over;
  Sentence<> check_in_stopped;
  Sentence<> check_in_stop_waits;
  Sentence<Length> check_in_last_answer;
  Sentence<> silence_counts_now;
  Sentence<Length> silence_counts_in;
  Sentence<> own_check_in_fired;
  Sentence<> keep_a_place_running;
  Sentence<Name, Clock> check_in_begun;
  Sentence<Name, Clock> check_in_goes_on;
  Sentence<Name> check_in_ended;
  Sentence<Name> check_in_forced;
  Sentence<Name, Clock, Length> check_in_silent;
  Sentence<> many_silent;
  Counted<Number> nobody_keeps_watch;
  Sentence<> watch_is_kept_again;
  Sentence<Names, Clock> share_goes_on_exact;
  Sentence<Names, Clock> share_goes_on_coarse;
  Sentence<Names, Clock> share_begun_exact;
  Sentence<Names, Clock> share_begun_coarse;
  Sentence<Clock> share_extended;
  Sentence<> share_ended;
  Sentence<Length> share_asks;
  Sentence<> share_runs_already;
  Sentence<> no_share;
  Sentence<> no_fix_source;
  Sentence<> share_exact_now;
  Sentence<> share_with_whom;
  Sentence<> ask_share_with;
  Sentence<Name, Clock> she_shares_exact;
  Sentence<Name, Clock> she_shares_coarse;
  Sentence<Name, Clock, Names> she_shares_exact_with;
  Sentence<Name, Clock, Names> she_shares_coarse_with;
  Sentence<Name> she_shares_no_more;
  Sentence<Name, Place, Length> her_place_exact;
  Sentence<Name, Place, Length> her_place_coarse;
  Sentence<Clock, Place> trail_point_exact;
  Sentence<Clock, Place> trail_point_coarse;
  Sentence<Length> trail_gap;
  Sentence<Name> no_trail;

  std::string check_in_kept_watch(std::string_view clock, std::size_t relays) const;
  std::string check_in_meant_to_end(std::string_view clock, bool come) const;
  std::string check_in_reminder(std::uint64_t left_s) const;
  std::string share_goes_on(std::string_view names, std::string_view until, bool exact) const;
  std::string share_begun(std::string_view names, std::string_view until, bool exact) const;
  std::string she_shares(std::string_view name, std::string_view until, bool exact, std::string_view seen_by) const;
  std::string her_place(std::string_view name, std::string_view coordinates, std::string_view age, bool exact) const;
  std::string trail_point(std::string_view clock, std::string_view coordinates, bool exact) const;
};

}  // namespace vigil::client::catalog

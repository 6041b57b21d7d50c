// Lengths of time, directions, days and dates: the parts that other sentences take in. A topic of words.hpp, under its rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/words/sentence.hpp"

namespace vigil::client::catalog {

struct UnitWords {
  // ---- lengths of time: never declined, so abbreviations
  Sentence<Number> seconds;
  Sentence<Number> minutes;
  Sentence<Number> hours;
  Sentence<Number, Number> minutes_and_seconds;
  Sentence<Number> loud_seconds;
  Sentence<Number> loud_minutes;
  Sentence<Number> loud_hours;

  // ---- where a phone is moving: stand behind »towards«
  Sentence<> north;
  Sentence<> north_east;
  Sentence<> east;
  Sentence<> south_east;
  Sentence<> south;
  Sentence<> south_west;
  Sentence<> west;
  Sentence<> north_west;

  // ---- what a person types for yes
  Sentence<> yes;
  Sentence<> yes_short;

  // ---- days of the week, and of the year
  Sentence<> monday;
  Sentence<> tuesday;
  Sentence<> wednesday;
  Sentence<> thursday;
  Sentence<> friday;
  Sentence<> saturday;
  Sentence<> sunday;
  Sentence<> every_day;
  Sentence<> the_whole_week;
  Sentence<> january;
  Sentence<> february;
  Sentence<> march;
  Sentence<> april;
  Sentence<> may;
  Sentence<> june;
  Sentence<> july;
  Sentence<> august;
  Sentence<> september;
  Sentence<> october;
  Sentence<> november;
  Sentence<> december;
  Sentence<Number, Text, Text> date_and_clock;

  std::string age(std::uint64_t seconds_long) const;
  // Among words in capitals.
  std::string loud_age(std::uint64_t seconds_long) const;
  // To the second below 10 minutes, so that a countdown is seen to move.
  std::string left(std::uint64_t seconds_left) const;
  // Nothing for a heading that is none.
  std::string compass(std::uint32_t heading_deg) const;
  std::string day(std::uint32_t since_monday) const;
  std::string date(std::uint32_t day_of_month, std::uint32_t since_january, std::string_view clock) const;
};

}  // namespace vigil::client::catalog

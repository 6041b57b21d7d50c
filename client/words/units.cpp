#include "client/words/units.hpp"

#include <array>

namespace vigil::client::catalog {

std::string UnitWords::age(std::uint64_t seconds_long) const {
  if (seconds_long < 120) return seconds(seconds_long);
  if (seconds_long < 2 * 3600) return minutes(seconds_long / 60);
  return hours(seconds_long / 3600);
}

std::string UnitWords::loud_age(std::uint64_t seconds_long) const {
  if (seconds_long < 120) return loud_seconds(seconds_long);
  if (seconds_long < 2 * 3600) return loud_minutes(seconds_long / 60);
  return loud_hours(seconds_long / 3600);
}

std::string UnitWords::left(std::uint64_t seconds_left) const {
  if (seconds_left >= 600) return age(seconds_left);
  if (seconds_left < 60) return seconds(seconds_left);
  return minutes_and_seconds(seconds_left / 60, seconds_left % 60);
}

std::string UnitWords::compass(std::uint32_t heading_deg) const {
  if (heading_deg >= 360) return {};
  const std::array names{&north, &north_east, &east, &south_east, &south, &south_west, &west, &north_west};
  return (*names[((heading_deg + 22) % 360) / 45])();
}

std::string UnitWords::day(std::uint32_t since_monday) const {
  const std::array names{&monday, &tuesday, &wednesday, &thursday, &friday, &saturday, &sunday};
  return (*names[since_monday % 7])();
}

std::string UnitWords::date(std::uint32_t day_of_month, std::uint32_t since_january, std::string_view clock) const {
  const std::array names{&january, &february, &march,     &april,   &may,      &june,
                         &july,    &august,   &september, &october, &november, &december};
  return date_and_clock(day_of_month, (*names[since_january % 12])(), clock);
}

}  // namespace vigil::client::catalog

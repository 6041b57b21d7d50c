#include "client/hours.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace vigil::client {
namespace {

constexpr std::array<std::string_view, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::uint32_t slot_min = 15;  // offsets of time zones are multiples of it
constexpr std::uint32_t epoch_day = 3;  // 1 January 1970 was a Thursday
constexpr std::int32_t offset_most_min = 14 * 60;

std::optional<std::uint32_t> read_day(std::string_view word) {
  const auto found = std::find(day_names.begin(), day_names.end(), word);
  if (found == day_names.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - day_names.begin());
}

std::optional<std::uint32_t> read_number(std::string_view digits, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || value > most) return std::nullopt;
  return value;
}

// "8" or "8:15", at most 24:00, which is midnight again.
std::optional<std::uint32_t> read_clock(std::string_view word) {
  const std::size_t colon = word.find(':');
  const auto hour = read_number(word.substr(0, colon), 24);
  const auto minute = colon == std::string_view::npos ? std::optional<std::uint32_t>(0) : read_number(word.substr(colon + 1), 59);
  if (!hour || !minute || (*hour == 24 && *minute != 0)) return std::nullopt;
  return (*hour * 60 + *minute) % day_minutes;
}

bool covers(const WakeHours& hours, std::uint32_t week_minute) {
  const std::uint32_t day = week_minute / day_minutes;
  const std::uint32_t minute = week_minute % day_minutes;
  const bool today = (hours.days >> day & 1) != 0;
  const bool since_yesterday = (hours.days >> ((day + 6) % 7) & 1) != 0;
  if (hours.from_min == hours.to_min) return today;
  if (hours.from_min < hours.to_min) return today && minute >= hours.from_min && minute < hours.to_min;
  return (today && minute >= hours.from_min) || (since_yesterday && minute < hours.to_min);
}

}  // namespace

WakeHours clean_hours(WakeHours said) {
  said.days &= every_day;
  if (said.days == 0) said.days = every_day;
  said.from_min %= day_minutes;
  said.to_min %= day_minutes;
  said.utc_offset_min = std::clamp(said.utc_offset_min, -offset_most_min, offset_most_min);
  return said;
}

std::optional<std::uint32_t> read_days(std::string_view line) {
  std::uint32_t days = 0;
  while (!line.empty()) {
    const std::size_t comma = std::min(line.find(','), line.size());
    const std::string_view part = line.substr(0, comma);
    line.remove_prefix(std::min(comma + 1, line.size()));
    const std::size_t dash = part.find('-');
    const auto first = read_day(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : read_day(part.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (std::uint32_t day = *first;; day = (day + 1) % 7) {
      days |= 1u << day;
      if (day == *last) break;
    }
  }
  if (days == 0) return std::nullopt;
  return days;
}

std::optional<FromTo> read_hours(std::string_view line) {
  const std::size_t dash = line.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = read_clock(line.substr(0, dash));
  const auto to = read_clock(line.substr(dash + 1));
  if (!from || !to) return std::nullopt;
  return FromTo{.from_min = *from, .to_min = *to};
}

std::optional<std::uint64_t> read_duration(std::string_view line, std::uint64_t most_s) {
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  const std::string_view unit = line.substr(digits);
  std::uint64_t unit_s = 0;
  if (unit.empty() || unit == "s") unit_s = 1;
  if (unit == "m" || unit == "min") unit_s = 60;
  if (unit == "h") unit_s = 3600;
  if (unit == "d") unit_s = 86'400;
  const auto count = read_number(line.substr(0, digits), 100'000'000);
  if (unit_s == 0 || !count || *count == 0 || *count * unit_s > most_s) return std::nullopt;
  return *count * unit_s;
}

std::uint32_t minute_of_week(std::uint64_t at_s, std::int32_t utc_offset_min) {
  const std::int64_t minutes = static_cast<std::int64_t>(at_s / 60) + utc_offset_min + epoch_day * day_minutes;
  const std::int64_t week = week_minutes;
  return static_cast<std::uint32_t>(((minutes % week) + week) % week);
}

bool may_be_woken(const WakeHours& hours, std::uint64_t at_s) {
  return covers(hours, minute_of_week(at_s, hours.utc_offset_min));
}

std::vector<WeekRange> uncovered(const std::vector<WakeHours>& all, std::int32_t viewer_utc_offset_min) {
  std::vector<WeekRange> ranges;
  for (std::uint32_t at = 0; at < week_minutes; at += slot_min) {
    const bool covered = std::any_of(all.begin(), all.end(), [&](const WakeHours& hours) {
      const std::int64_t hers = static_cast<std::int64_t>(at) - viewer_utc_offset_min + hours.utc_offset_min + week_minutes;
      return covers(hours, static_cast<std::uint32_t>(hers % week_minutes));
    });
    if (covered) continue;
    if (!ranges.empty() && ranges.back().to_min == at) {
      ranges.back().to_min = at + slot_min;
    } else {
      ranges.push_back({.from_min = at, .to_min = at + slot_min});
    }
  }
  return ranges;
}

}  // namespace vigil::client

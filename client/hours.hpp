// When a person said that she may be woken: days and hours of her own week, read from a line, shown, and asked. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::client {

inline constexpr std::uint32_t day_minutes = 24 * 60;
inline constexpr std::uint32_t week_minutes = 7 * day_minutes;
inline constexpr std::uint32_t every_day = 0x7F;
inline constexpr std::uint64_t typed_most_s = 30 * 24 * 3600ull;  // for callers with bounds of their own

struct WakeHours {
  std::uint32_t days = every_day;   // bit 0 = Monday: the day on which the hours begin
  std::uint32_t from_min = 0;       // after midnight, her own time; from = to: the whole day
  std::uint32_t to_min = 0;         // before from: the next morning
  std::int32_t utc_offset_min = 0;  // of her time
  bool operator==(const WakeHours&) const = default;
};

// Out of another device's message: days beyond the week and minutes beyond the day are cut, 0 days are all.
WakeHours clean_hours(WakeHours said);

// "mon-fri", "sat,sun", "fri-mon".
std::optional<std::uint32_t> read_days(std::string_view line);
struct FromTo {
  std::uint32_t from_min = 0, to_min = 0;
};
// "22-8", "22:30-8:15", "0-24".
std::optional<FromTo> read_hours(std::string_view line);
// "90s" or "90", "30m" or "30min", "8h", "2d": seconds, at least 1 and at most 'most_s'.
std::optional<std::uint64_t> read_duration(std::string_view line, std::uint64_t most_s);

// Her week at this moment, from Monday midnight, by the offset that she gave.
std::uint32_t minute_of_week(std::uint64_t at_s, std::int32_t utc_offset_min);
bool may_be_woken(const WakeHours& hours, std::uint64_t at_s);

// The minutes of the week, in the viewer's time, in which none of them may be woken; [from, to), in order, by quarters of an
// hour.
struct WeekRange {
  std::uint32_t from_min = 0, to_min = 0;
  bool operator==(const WeekRange&) const = default;
};
std::vector<WeekRange> uncovered(const std::vector<WakeHours>& all, std::int32_t viewer_utc_offset_min);

}  // namespace vigil::client

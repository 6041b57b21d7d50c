#include "client/fixes.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace vigil::client {
namespace {

constexpr std::size_t nmea_line_max = 120;  // the standard says 82; receivers with more digits write more
constexpr double user_range_error_m = 4.0;  // dilution times this is the usual guess at accuracy

using Fields = std::vector<std::string_view>;

std::optional<std::uint32_t> hex_byte(std::string_view two) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(two.data(), two.data() + two.size(), value, 16);
  if (error != std::errc{} || end != two.data() + two.size() || two.size() != 2) return std::nullopt;
  return value;
}

// The comma-separated fields between '$' and '*', if the checksum is right. A line without a checksum is not believed.
std::optional<Fields> checked_fields(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  if (line.size() < 9 || line.size() > nmea_line_max || line.front() != '$') return std::nullopt;
  const auto star = line.rfind('*');
  if (star == std::string_view::npos || star + 3 != line.size()) return std::nullopt;
  const auto said = hex_byte(line.substr(star + 1));
  std::uint32_t sum = 0;
  for (const char c : line.substr(1, star - 1)) sum ^= static_cast<unsigned char>(c);
  if (!said || *said != sum) return std::nullopt;
  Fields fields;
  std::string_view rest = line.substr(1, star - 1);
  for (;;) {
    const auto comma = rest.find(',');
    fields.push_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> digits(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "hhmmss" or "hhmmss.sss" as second of the day.
std::optional<std::uint32_t> second_of_day(std::string_view text) {
  if (text.size() < 6) return std::nullopt;
  const auto all = digits(text.substr(0, 6));
  if (!all) return std::nullopt;
  const std::uint32_t hours = *all / 10'000;
  const std::uint32_t minutes = *all / 100 % 100;
  const std::uint32_t seconds = *all % 100;
  if (hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return hours * 3600 + minutes * 60 + std::min(seconds, 59u);
}

// "ddmmyy" as seconds since 1970 at midnight.
std::optional<std::uint64_t> midnight(std::string_view text) {
  const auto all = text.size() == 6 ? digits(text) : std::nullopt;
  if (!all) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(2000 + *all % 100)},
                                         std::chrono::month{*all / 100 % 100}, std::chrono::day{*all / 10'000}};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return static_cast<std::uint64_t>(days) * 86'400;
}

// "4314.33694" and "N" as degrees * 1e7.
std::optional<std::int32_t> angle(std::string_view text, std::string_view side, double degrees_max, char negative,
                                  char positive) {
  const auto value = number(text);
  if (!value || *value < 0 || side.size() != 1 || (side[0] != negative && side[0] != positive)) return std::nullopt;
  const double whole = std::floor(*value / 100);
  const double minutes = *value - whole * 100;
  if (minutes >= 60) return std::nullopt;
  const double in_degrees = whole + minutes / 60;
  if (in_degrees > degrees_max) return std::nullopt;
  const auto e7 = static_cast<std::int32_t>(std::llround(in_degrees * 1e7));
  return side[0] == negative ? -e7 : e7;
}

bool is(std::string_view talker_and_type, std::string_view type) {
  return talker_and_type.size() == 5 && talker_and_type.substr(2) == type;
}

}  // namespace

bool NmeaReader::read(std::string_view line) {
  const auto fields = checked_fields(line);
  if (!fields) return false;
  const Fields& f = *fields;
  if (is(f[0], "GGA") && f.size() >= 9) {
    const auto second = second_of_day(f[1]);
    const auto dilution = number(f[8]);
    if (second && dilution && *dilution > 0 && *dilution < 100) {
      gga_second_of_day_ = *second;
      gga_accuracy_m_ = static_cast<std::uint32_t>(std::ceil(*dilution * user_range_error_m));
    }
    return false;
  }
  if (!is(f[0], "RMC") || f.size() < 10 || f[2] != "A") return false;
  const auto second = second_of_day(f[1]);
  const auto day = midnight(f[9]);
  const auto latitude = angle(f[3], f[4], 90, 'S', 'N');
  const auto longitude = angle(f[5], f[6], 180, 'W', 'E');
  if (!second || !day || !latitude || !longitude) return false;
  Fix fix{.latitude = *latitude, .longitude = *longitude, .at_s = *day + *second};
  if (*second == gga_second_of_day_) fix.accuracy_m = gga_accuracy_m_;
  if (const auto knots = number(f[7]); knots && *knots >= 0 && *knots < 2000) {
    fix.speed_cm_s = static_cast<std::uint32_t>(std::lround(*knots * 51.4444));
  }
  if (const auto heading = number(f[8]); heading && *heading >= 0 && *heading < 360) {
    fix.heading_deg = static_cast<std::uint32_t>(std::lround(*heading)) % 360;
  }
  if (!fixes_.empty() && fix.at_s < fixes_.front().at_s) return false;  // a receiver that goes back in time is not believed
  fixes_.insert(fixes_.begin(), fix);
  if (fixes_.size() > fixes_in_alert_max) fixes_.pop_back();
  return true;
}

content::Track track_of(const std::vector<Fix>& newest_first) {
  content::Track track;
  if (newest_first.empty()) return track;
  const Fix& newest = newest_first.front();
  content::Fix& whole = *track.mutable_newest();
  whole.set_latitude(newest.latitude);
  whole.set_longitude(newest.longitude);
  whole.set_accuracy_m(newest.accuracy_m);
  whole.set_at_s(newest.at_s);
  whole.set_speed_cm_s(newest.speed_cm_s);
  whole.set_heading_deg(newest.heading_deg);
  whole.set_battery_percent(newest.battery_percent);
  const std::size_t count = std::min(newest_first.size(), fixes_in_alert_max);
  for (std::size_t i = 1; i < count; ++i) {
    const Fix& later = newest_first[i - 1];
    const Fix& earlier = newest_first[i];
    // Across the date line the difference of two int32 does not fit one: the track ends there.
    const std::int64_t east = static_cast<std::int64_t>(later.longitude) - earlier.longitude;
    if (east > INT32_MAX || east < INT32_MIN || earlier.at_s > later.at_s) break;
    track.add_latitude_back(later.latitude - earlier.latitude);
    track.add_longitude_back(static_cast<std::int32_t>(east));
    track.add_seconds_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(later.at_s - earlier.at_s, UINT32_MAX)));
  }
  return track;
}

std::vector<Fix> fixes_of(const content::Track& track) {
  constexpr std::int64_t latitude_max = 900'000'000;
  constexpr std::int64_t longitude_max = 1'800'000'000;
  const auto on_earth = [](std::int64_t latitude, std::int64_t longitude) {
    return std::abs(latitude) <= latitude_max && std::abs(longitude) <= longitude_max;
  };
  if (!track.has_newest() || !on_earth(track.newest().latitude(), track.newest().longitude())) return {};
  const content::Fix& whole = track.newest();
  std::vector<Fix> fixes{{.latitude = whole.latitude(),
                          .longitude = whole.longitude(),
                          .accuracy_m = whole.accuracy_m(),
                          .at_s = whole.at_s(),
                          .speed_cm_s = whole.speed_cm_s(),
                          .heading_deg = std::min(whole.heading_deg(), heading_unknown),
                          .battery_percent = std::min(whole.battery_percent(), battery_unknown)}};
  const int older = std::min({track.latitude_back_size(), track.longitude_back_size(), track.seconds_back_size(),
                              static_cast<int>(fixes_in_alert_max) - 1});
  for (int i = 0; i < older; ++i) {
    const std::int64_t latitude = static_cast<std::int64_t>(fixes.back().latitude) - track.latitude_back(i);
    const std::int64_t longitude = static_cast<std::int64_t>(fixes.back().longitude) - track.longitude_back(i);
    if (!on_earth(latitude, longitude) || track.seconds_back(i) > fixes.back().at_s) break;
    fixes.push_back({.latitude = static_cast<std::int32_t>(latitude),
                     .longitude = static_cast<std::int32_t>(longitude),
                     .at_s = fixes.back().at_s - track.seconds_back(i)});
  }
  return fixes;
}

}  // namespace vigil::client

// Places out of NMEA 0183 lines, as a GPS receiver or a recorded drive writes them, into content.Track. Client only; pure, any
// thread. Invariant: a line with a wrong checksum, a wrong length or no valid fix adds nothing; no place is ever guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "proto/content.pb.h"

namespace vigil::client {

inline constexpr std::size_t fixes_in_alert_max = 12;
inline constexpr std::uint32_t heading_unknown = 360;
inline constexpr std::uint32_t battery_unknown = 101;

struct Fix {
  std::int32_t latitude = 0;  // degrees * 1e7
  std::int32_t longitude = 0;
  std::uint32_t accuracy_m = 0;  // 0 = not known
  std::uint64_t at_s = 0;
  std::uint32_t speed_cm_s = 0;
  std::uint32_t heading_deg = heading_unknown;
  std::uint32_t battery_percent = battery_unknown;
  bool operator==(const Fix&) const = default;
};

// Rounded.
constexpr std::uint32_t kmh(std::uint32_t cm_s) {
  return static_cast<std::uint32_t>((cm_s * 36ull + 500) / 1000);
}

// Reads sentences one after another and keeps the last 'fixes_in_alert_max' fixes. RMC makes a fix (it alone carries the date);
// the horizontal dilution of a GGA of the same second gives its accuracy. GLL, VTG and others are passed over.
class NmeaReader {
 public:
  // 'line' without or with its line end. True when it added a fix.
  bool read(std::string_view line);
  const std::vector<Fix>& newest_first() const { return fixes_; }

 private:
  std::vector<Fix> fixes_;
  std::uint32_t gga_second_of_day_ = 86'400;
  std::uint32_t gga_accuracy_m_ = 0;
};

// The newest whole, older ones as differences to the one after it; nothing is rounded.
content::Track track_of(const std::vector<Fix>& newest_first);
// Back again; stops at the first difference that leaves the earth or runs into the future of the one before. At most 12.
std::vector<Fix> fixes_of(const content::Track& track);

}  // namespace vigil::client

// The wall clock, for those who run commands. Everything below takes time as an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vigil::client {

inline std::uint64_t wall_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

// Seconds from then to now; none when it is still to come.
inline std::uint64_t since(std::uint64_t at_s, std::uint64_t now_s) {
  return now_s > at_s ? now_s - at_s : 0;
}

// "17:05" today, "24 Nov 17:05" on another day; in this device's time zone.
std::string clock_text(std::uint64_t at_s, std::uint64_t now_s);
std::string clock_seconds(std::uint64_t at_s);  // "17:05:09"
// Of this device's time zone at that moment.
std::int32_t utc_offset_min(std::uint64_t at_s);

}  // namespace vigil::client

// Places: NMEA lines from a receiver or a file, and tracks that another member has sealed.
#include <algorithm>

#include "client/fixes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  vigil::client::NmeaReader reader;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    (void)reader.read(text.substr(at, end - at));
    at = end + 1;
  }
  if (reader.newest_first().size() > vigil::client::fixes_in_alert_max) __builtin_trap();
  // Places and times survive the way into an alert and back; a track may end early (the date line, time running backwards).
  const auto back = vigil::client::fixes_of(vigil::client::track_of(reader.newest_first()));
  const auto same = [](const vigil::client::Fix& a, const vigil::client::Fix& b) {
    return a.latitude == b.latitude && a.longitude == b.longitude && a.at_s == b.at_s;
  };
  if (back.size() > reader.newest_first().size() || back.empty() != reader.newest_first().empty()) __builtin_trap();
  if (!std::equal(back.begin(), back.end(), reader.newest_first().begin(), same)) __builtin_trap();
  vigil::content::Track track;
  if (track.ParseFromArray(data, static_cast<int>(size))) (void)vigil::client::fixes_of(track);
  return 0;
}

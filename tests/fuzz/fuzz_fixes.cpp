// Places: NMEA lines from a receiver or a file, and tracks that another member has sealed.
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
  // What was read survives the way into an alert and back.
  if (vigil::client::fixes_of(vigil::client::track_of(reader.newest_first())) != reader.newest_first()) __builtin_trap();
  vigil::content::Track track;
  if (track.ParseFromArray(data, static_cast<int>(size))) (void)vigil::client::fixes_of(track);
  return 0;
}

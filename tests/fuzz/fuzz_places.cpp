// Places that others write: GeoJSON lines, gpsd's reports, the address of a gpsd; and what goes out of them again.
#include <algorithm>

#include "client/fix_feed.hpp"
#include "client/geo.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil::client;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<TrailPoint> points;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    for (const auto& fix : {read_geojson(line, 1'800'000'000), read_gpsd(line)}) {
      if (!fix) continue;
      if (std::abs(fix->latitude) > 900'000'000 || std::abs(fix->longitude) > 1'800'000'000) __builtin_trap();
      const Fix seen = coarse(*fix);
      // A cell is about 1 km wide: its middle is near, and tells no more when it is told again.
      if (metres_between(seen, *fix) > 2000 || !(coarse(seen) == seen)) __builtin_trap();
      points.push_back({.fix = *fix, .exact = true});
    }
    (void)read_gpsd_place(line);
    (void)read_utc(line);
    at = end + 1;
  }
  const TrailView trail = trail_of(points);
  std::uint64_t before_s = 0;
  for (const auto& piece : trail.pieces) {
    if (piece.empty()) __builtin_trap();
    for (const TrailPoint& point : piece) {
      if (point.fix.at_s < before_s) __builtin_trap();
      before_s = point.fix.at_s;
    }
  }
  if (geojson_of(trail).empty() || gpx_of(trail).empty()) __builtin_trap();
  return 0;
}

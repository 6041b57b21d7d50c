// Places in other forms than NMEA: one GeoJSON object a line, gpsd's reports, and what goes out again: GeoJSON, GPX, geo:. Client
// only; pure, any thread. Every byte read may be hostile: a line that is not exactly understood adds nothing; no place is ever
// guessed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/fixes.hpp"

namespace vigil::client {

inline constexpr std::size_t geo_line_bytes_max = 8 * 1024;

// A GeoJSON Point or a Feature of one (RFC 7946: longitude first). Of its properties: "time" (ISO 8601 in UTC, or seconds since
// 1970), "accuracy" (metres), "speed" (m/s), "heading" (degrees), "battery" (per cent). Without a time it is of 'now_s'.
std::optional<Fix> read_geojson(std::string_view line, std::uint64_t now_s);

// A report of gpsd's JSON protocol: only a TPV with a fix (mode 2 or 3), a place and a time.
std::optional<Fix> read_gpsd(std::string_view line);

// "2026-11-25T17:05:09Z" or with a fraction; nothing else.
std::optional<std::uint64_t> read_utc(std::string_view text);
std::string write_utc(std::uint64_t at_s);

// ---- what others may know

// The middle of a cell of about 1 km; its accuracy says so, and speed and heading are left out. The same cell whatever the place
// in it: many fixes of one cell tell no more than one.
Fix coarse(const Fix& fix);

// Metres between two places, good to 1 % over a few hundred kilometres.
double metres_between(const Fix& a, const Fix& b);

// Out of a receiver's many fixes the few that are worth telling: one after 'every_s', or after 'metres' of
// way, but never two within 'least_s'.
class FixPicker {
 public:
  FixPicker(std::uint32_t every_s, double metres, std::uint32_t least_s = 1)
      : every_s_(every_s), least_s_(least_s), metres_(metres) {}
  // True when 'fix' is one of them. Older than the last one, or of the same second: never.
  bool take(const Fix& fix);
  const std::vector<Fix>& newest_first() const { return picked_; }

 private:
  std::uint32_t every_s_, least_s_;
  double metres_;
  std::vector<Fix> picked_;
};

// ---- trails

inline constexpr std::uint64_t gap_s = 15 * 60;  // longer without a fix is shown as a gap

struct TrailPoint {
  Fix fix;
  bool exact = false;  // else the middle of about 1 km
};
// Where somebody's phone was, in order; a new piece after every gap. What a panel or a file shows.
struct TrailView {
  std::vector<std::vector<TrailPoint>> pieces;  // the oldest first; none is empty
  std::uint64_t last_s = 0;                     // of the newest; 0 = there is none
  const TrailPoint* last() const { return pieces.empty() ? nullptr : &pieces.back().back(); }
};
TrailView trail_of(std::vector<TrailPoint> points);

std::string geojson_of(const TrailView& trail);
std::string gpx_of(const TrailView& trail);
std::string geo_uri_of(const Fix& fix);  // RFC 5870: "geo:43.2100000,76.8500000;u=12"

}  // namespace vigil::client

// Places out of NMEA lines. Goal: a right line gives exactly its place, a wrong one gives nothing. Method: lines with known
// results, the recorded drive of the journeys, and tracks back and forth.
#include "client/fixes.hpp"

#include <catch2/catch.hpp>
#include <fstream>

using namespace vigil;
using namespace vigil::client;

namespace {

constexpr std::string_view almaty = "$GPRMC,172108.00,A,4313.10297,N,07655.66780,E,16.7,258.2,241126,,,A*6A";

}  // namespace

TEST_CASE("a valid RMC line is a fix with place, time, speed and heading", "[client][fixes]") {
  NmeaReader reader;
  REQUIRE(reader.read(almaty));
  const Fix& fix = reader.newest_first().front();
  CHECK(fix.latitude == 432'183'828);
  CHECK(fix.longitude == 769'277'967);
  CHECK(fix.at_s == 1'795'540'868);
  CHECK(fix.speed_cm_s == 859);
  CHECK(fix.heading_deg == 258);
  CHECK(fix.battery_percent == battery_unknown);
}

TEST_CASE("a line that is not whole adds no place", "[client][fixes]") {
  NmeaReader reader;
  std::string line(almaty);
  SECTION("a wrong digit under the old checksum") {
    line[20] = '4';
  }
  SECTION("no checksum") {
    line.resize(line.size() - 3);
  }
  SECTION("half a line") {
    line.resize(30);
  }
  SECTION("not a fix yet") {
    line = "$GPRMC,172108.00,V,4313.10297,N,07655.66780,E,16.7,258.2,241126,,,A*7D";
  }
  SECTION("latitude 97 degrees") {
    line = "$GPRMC,172108.00,A,9713.10297,N,07655.66780,E,16.7,258.2,241126,,,A*63";
  }
  SECTION("nothing") {
    line.clear();
  }
  SECTION("a very long line") {
    line = "$" + std::string(5000, 'A') + "*00";
  }
  CHECK_FALSE(reader.read(line));
  CHECK(reader.newest_first().empty());
}

TEST_CASE("the recorded drive reads as a drive: every RMC line a fix, the last twelve kept, no jump", "[client][fixes]") {
  std::ifstream drive(VIGIL_DRIVE);
  REQUIRE(drive.is_open());
  NmeaReader reader;
  std::size_t fixes = 0;
  for (std::string line; std::getline(drive, line);) fixes += reader.read(line) ? 1 : 0;
  CHECK(fixes == 300);
  REQUIRE(reader.newest_first().size() == fixes_in_alert_max);
  for (std::size_t i = 1; i < reader.newest_first().size(); ++i) {
    const Fix& later = reader.newest_first()[i - 1];
    const Fix& earlier = reader.newest_first()[i];
    CHECK(later.at_s == earlier.at_s + 1);
    CHECK(std::abs(later.latitude - earlier.latitude) < 3'000);  // 30 m in a second
    CHECK(later.accuracy_m > 0);
  }
}

TEST_CASE("a track holds twelve fixes and gives them back exactly", "[client][fixes]") {
  std::vector<Fix> fixes;
  for (std::uint64_t i = 0; i < 20; ++i) {
    fixes.push_back({.latitude = 432'000'000 - static_cast<std::int32_t>(i) * 817,
                     .longitude = 769'000'000 + static_cast<std::int32_t>(i) * 1'231,
                     .at_s = 1'800'000'000 - i * 7});
  }
  fixes.front().accuracy_m = 6;
  const std::vector<Fix> back = fixes_of(track_of(fixes));
  REQUIRE(back.size() == fixes_in_alert_max);
  CHECK(back.front() == fixes.front());
  for (std::size_t i = 1; i < back.size(); ++i) {
    CHECK(back[i].latitude == fixes[i].latitude);
    CHECK(back[i].longitude == fixes[i].longitude);
    CHECK(back[i].at_s == fixes[i].at_s);
  }
}

TEST_CASE("a hostile track is cut where it leaves the earth or time", "[client][fixes]") {
  content::Track track =
      track_of({{.latitude = 10, .longitude = 10, .at_s = 1000}, {.latitude = 20, .longitude = 20, .at_s = 990}});
  SECTION("beyond the pole") {
    track.add_latitude_back(-2'000'000'000);
  }
  SECTION("before 1970") {
    track.add_latitude_back(1);
  }
  track.add_longitude_back(1);
  track.add_seconds_back(track.latitude_back(1) == 1 ? 5'000 : 1);
  CHECK(fixes_of(track).size() == 2);
  track.mutable_newest()->set_latitude(1'000'000'000);
  CHECK(fixes_of(track).empty());
}

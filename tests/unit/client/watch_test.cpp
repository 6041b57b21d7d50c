// Check-ins and places, the pure parts. Goal: no place is guessed or sharpened, gaps stay gaps, reminders come once each, and
// nobody is told that watch is kept when it is not. Method: values by hand, times as arguments.
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "client/checkin.hpp"
#include "client/fix_feed.hpp"
#include "client/geo.hpp"
#include "client/hours.hpp"
#include "client/news.hpp"
#include "client/sharing.hpp"
#include "client/words/words.hpp"
#include "crypto/base/random.hpp"
#include "tests/unit/client/temporary_home.hpp"

using namespace vigil;
using namespace vigil::client;
using vigil::client::testing::TemporaryHome;

namespace {

constexpr std::uint64_t now_s = 1'800'000'000;

Fix at(double latitude, double longitude, std::uint64_t at_s) {
  return {.latitude = static_cast<std::int32_t>(latitude * 1e7),
          .longitude = static_cast<std::int32_t>(longitude * 1e7),
          .at_s = at_s};
}

CheckInView due_in(std::uint64_t left_s, std::uint32_t period_s) {
  return {.on_relay = true, .due_s = now_s + left_s, .period_s = period_s};
}

}  // namespace

// ---- what is read

TEST_CASE("a GeoJSON point with properties is a fix", "[client][geo]") {
  const auto fix = read_geojson(
      R"({"type":"Feature","geometry":{"type":"Point","coordinates":[76.9277967,43.2183828,820.5]},)"
      R"("properties":{"time":"2026-11-24T17:21:08.25Z","accuracy":11.2,"speed":8.59,"heading":258.2,"battery":41}})",
      now_s);
  REQUIRE(fix);
  CHECK(fix->latitude == 432'183'828);
  CHECK(fix->longitude == 769'277'967);
  CHECK(fix->at_s == 1'795'540'868);
  CHECK(fix->accuracy_m == 12);
  CHECK(fix->speed_cm_s == 859);
  CHECK(fix->heading_deg == 258);
  CHECK(fix->battery_percent == 41);
  const auto bare = read_geojson(R"({"type":"Point","coordinates":[-0.5,51]})", now_s);
  REQUIRE(bare);
  CHECK(bare->at_s == now_s);
  CHECK(bare->longitude == -5'000'000);
}

TEST_CASE("a hostile GeoJSON line adds no place", "[client][geo]") {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  for (const std::string& line :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), deep, "{\"type\":" + deep + "}",
        std::string(R"({"type":"Point","coordinates":[76.9]})"), std::string(R"({"type":"Point","coordinates":[76.9,43.2,1,1]})"),
        std::string(R"({"type":"Point","coordinates":[76.9,"43.2"]})"),
        std::string(R"({"type":"Point","coordinates":[181,43.2]})"),
        std::string(R"({"type":"Point","coordinates":[76.9,90.001]})"),
        std::string(R"({"type":"Point","coordinates":[1e999,43.2]})"),
        std::string(R"({"type":"LineString","coordinates":[[76.9,43.2],[76.9,43.3]]})"),
        std::string(R"({"type":"Feature","geometry":null})"), std::string(R"({"type":"Feature","geometry":{"type":"Feature"}})"),
        std::string(R"({"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"time":"yesterday"}})"),
        std::string(R"({"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"time":-5}})"),
        std::string(R"({"type":"Point","coordinates":[1,2]} x)"), std::string(geo_line_bytes_max + 1, ' ')}) {
    CAPTURE(line.substr(0, 120));
    CHECK_FALSE(read_geojson(line, now_s));
  }
}

TEST_CASE("only a report of gpsd with a fix, a place and a time is one", "[client][geo]") {
  const auto fix = read_gpsd(R"({"class":"TPV","device":"/dev/pts/3","mode":3,"time":"2026-11-24T17:21:08.000Z",)"
                             R"("lat":43.2183828,"lon":76.9277967,"epx":9.5,"epy":12.1,"track":258.2,"speed":8.59})");
  REQUIRE(fix);
  CHECK(fix->latitude == 432'183'828);
  CHECK(fix->accuracy_m == 13);
  CHECK(fix->heading_deg == 258);
  for (const std::string_view line :
       {R"({"class":"TPV","mode":1,"time":"2026-11-24T17:21:08.000Z","lat":43.2,"lon":76.9})",
        R"({"class":"TPV","mode":3,"lat":43.2,"lon":76.9})",
        R"({"class":"TPV","mode":3,"time":"2026-11-24T17:21:08.000Z","lon":76.9})",
        R"({"class":"SKY","mode":3,"time":"2026-11-24T17:21:08.000Z","lat":43.2,"lon":76.9})",
        R"({"class":"TPV","mode":"3","time":"2026-11-24T17:21:08.000Z","lat":43.2,"lon":76.9})", R"({"class":["TPV"]})", "TPV"})
    CHECK_FALSE(read_gpsd(line));
}

TEST_CASE("times are read exactly or not at all", "[client][geo]") {
  CHECK(read_utc("1970-01-01T00:00:00Z") == 0);
  CHECK(read_utc("2026-02-28T23:59:60.5Z") == read_utc("2026-02-28T23:59:59Z"));
  CHECK(write_utc(1'795'540'868) == "2026-11-24T17:21:08Z");
  for (const std::string_view text :
       {"2026-02-30T00:00:00Z", "2026-11-24 17:21:08Z", "2026-11-24T17:21:08", "2026-11-24T24:00:00Z", "2026-11-24T17:21:08.Z",
        "2026-11-24T17:21:08.5x5Z", "+026-11-24T17:21:08Z", ""})
    CHECK_FALSE(read_utc(text));
}

// ---- what others may know

TEST_CASE("coarse is the same middle of about 1 km for every place of a cell, and says so", "[client][geo]") {
  for (const double latitude : {43.2153, -43.2153, 0.003, -0.003, 69.0071, 89.9999, -89.9999}) {
    for (const double longitude : {76.9221, -76.9221, 0.001, 179.9999, -179.9999}) {
      Fix fix = at(latitude, longitude, now_s);
      fix.speed_cm_s = 1500;
      fix.heading_deg = 90;
      fix.accuracy_m = 4;
      const Fix seen = coarse(fix);
      CAPTURE(latitude, longitude, seen.latitude, seen.longitude);
      CHECK(coarse(seen).latitude == seen.latitude);  // of its own cell: telling it again tells nothing new
      CHECK(coarse(seen).longitude == seen.longitude);
      CHECK(seen.accuracy_m == 1000);
      CHECK(seen.speed_cm_s == 0);
      CHECK(seen.heading_deg == heading_unknown);
      CHECK(metres_between(fix, seen) < 1000);
    }
  }
  // A hundred metres inside one cell: nothing to see.
  CHECK(coarse(at(43.2141, 76.9225, now_s)) == coarse(at(43.2149, 76.9229, now_s)));
  // Some kilometres on: something.
  CHECK_FALSE(coarse(at(43.2141, 76.9225, now_s)) == coarse(at(43.2541, 76.9225, now_s)));
}

TEST_CASE("out of a fix a second only one per interval, or per way, is told", "[client][geo]") {
  FixPicker by_time(300, 1e9);
  FixPicker by_way(300, 200);
  FixPicker not_too_often(300, 1, 25);
  std::size_t timed = 0, way = 0, seldom = 0;
  for (std::uint64_t second = 0; second <= 900; ++second) {
    const Fix fix = at(43.2 + 0.00001 * static_cast<double>(second), 76.9, now_s + second);  // 1.1 m/s
    timed += by_time.take(fix) ? 1 : 0;
    way += by_way.take(fix) ? 1 : 0;
    seldom += not_too_often.take(fix) ? 1 : 0;
  }
  CHECK(timed == 4);
  CHECK(way == 6);  // the first, then 180 s for 200 m
  CHECK(seldom == 37);
  CHECK_FALSE(by_time.take(at(1, 1, now_s)));
}

TEST_CASE("pings are as often as asked for, and once a minute in the first hour of an alert", "[client][geo]") {
  CHECK(ping_every_s(300, 0, now_s) == 300);
  CHECK(ping_every_s(300, now_s, now_s + 3599) == 60);
  CHECK(ping_every_s(300, now_s, now_s + 3600) == 300);
  CHECK(ping_every_s(30, now_s, now_s + 5) == 30);
}

// ---- trails

TEST_CASE("a gap in a trail is a gap, in words and in files", "[client][trail]") {
  std::vector<TrailPoint> points;
  for (const std::uint64_t after_s : {0U, 300U, 600U, 600U + 901, 600U + 1200})
    points.push_back({.fix = at(43.2 + 1e-6 * static_cast<double>(after_s), 76.9, now_s + after_s), .exact = true});
  points.push_back({.fix = at(43.205, 76.905, now_s + 300), .exact = false});  // the coarse one of the same second
  std::reverse(points.begin(), points.end());
  const TrailView trail = trail_of(points);
  REQUIRE(trail.pieces.size() == 2);
  CHECK(trail.pieces[0].size() == 3);
  CHECK(trail.pieces[0][1].exact);
  CHECK(trail.last_s == now_s + 1800);
  const std::string gpx = gpx_of(trail);
  CHECK(gpx.find("</trkseg>\n<trkseg>") != std::string::npos);
  const std::string geojson = geojson_of(trail);
  std::size_t lines = 0;
  for (std::size_t found = geojson.find("LineString"); found != std::string::npos; found = geojson.find("LineString", found + 1))
    ++lines;
  CHECK(lines == 2);
  CHECK(trail_of({}).last() == nullptr);
  CHECK(geo_uri_of(at(43.2, -76.9, 1)) == "geo:43.2000000,-76.9000000");
}

// ---- check-ins

TEST_CASE("reminders come at half of the time, five minutes and one minute before silence counts", "[client][check-in]") {
  constexpr std::uint32_t period = 45 * 60;
  CHECK(reminder_of(due_in(period, period), now_s) == Reminder::none);
  CHECK(reminder_of(due_in(period / 2 + 1, period), now_s) == Reminder::none);
  CHECK(reminder_of(due_in(period / 2, period), now_s) == Reminder::half);
  CHECK(reminder_of(due_in(301, period), now_s) == Reminder::half);
  CHECK(reminder_of(due_in(300, period), now_s) == Reminder::five_minutes);
  CHECK(reminder_of(due_in(60, period), now_s) == Reminder::one_minute);
  CHECK(reminder_of(due_in(0, period), now_s) == Reminder::passed);
  // Of a short one only what makes sense.
  CHECK(reminder_of(due_in(59, 100), now_s) == Reminder::none);
  CHECK(reminder_of(due_in(50, 100), now_s) == Reminder::half);
  // No relay has answered: there is no hour to count to.
  CHECK(reminder_of(CheckInView{.period_s = period}, now_s) == Reminder::none);
}

TEST_CASE("the end that she named is told ten minutes before, and when it has come, and stops nothing", "[client][check-in]") {
  CheckInView view{.begun_s = now_s, .until_s = now_s + 8 * 3600, .period_s = 45 * 60};
  const std::uint64_t until_s = view.until_s;
  CHECK(end_reminder_of(view, until_s - 601) == EndReminder::none);
  CHECK(end_reminder_of(view, until_s - 600) == EndReminder::soon);
  CHECK(end_reminder_of(view, until_s - 1) == EndReminder::soon);
  CHECK(end_reminder_of(view, until_s) == EndReminder::come);
  // Of a short one only that it has come; of one without an end, and of one that she is ending, nothing.
  view.until_s = now_s + 3600;
  CHECK(end_reminder_of(view, view.until_s - 1) == EndReminder::none);
  CHECK(end_reminder_of(view, view.until_s) == EndReminder::come);
  view.stopping = true;
  CHECK(end_reminder_of(view, view.until_s) == EndReminder::none);
  CHECK(end_reminder_of(CheckInView{.begun_s = now_s}, now_s + 90'000) == EndReminder::none);
  // Silence counts after it as before.
  view = {.on_relay = true, .due_s = now_s + 100, .begun_s = now_s - 9000, .until_s = now_s - 60, .period_s = 45 * 60};
  CHECK(reminder_of(view, now_s + 100) == Reminder::passed);
}

TEST_CASE("what is shown counts from the relay's answer, and of two relays from the one that fires first", "[client][check-in]") {
  kept::RunningCheckIn check_in;
  check_in.set_every_s(1800);
  check_in.set_grace_s(900);
  check_in.mutable_alert()->set_pressed_s(now_s);
  kept::RunningVigil& here = *check_in.mutable_alert()->add_vigils();
  kept::RunningVigil& there = *check_in.mutable_alert()->add_vigils();
  CHECK(view_of(check_in).due_s == 0);
  CHECK_FALSE(view_of(check_in).on_relay);
  here.set_on_relay_s(now_s);
  here.set_due_s(now_s + 2000);
  there.set_due_s(now_s + 1500);
  CHECK(view_of(check_in).due_s == now_s + 1500);
  there.set_ended(true);
  CHECK(view_of(check_in).due_s == now_s + 2000);
  CHECK(view_of(check_in).relays == 1);
}

TEST_CASE("nobody keeps watch when all relays that do were dark for 20 minutes, and never before", "[client][check-in]") {
  const auto ours = random_id<PublicKey>(), second = random_id<PublicKey>(), theirs = random_id<PublicKey>();
  const auto watched = [](std::uint8_t person, std::vector<PublicKey> roots) {
    return Watched{.checkin_id = Bytes(16, 1), .person = Bytes(33, person), .roots = std::move(roots)};
  };
  const std::uint64_t since_s = now_s - 10'000;
  const auto people = [&](const std::vector<Watched>& all, std::uint64_t ours_s, std::uint64_t second_s) {
    return people_unwatched(all, {{ours, ours_s}, {second, second_s}}, since_s, now_s, watch_dark_s);
  };
  std::vector<Watched> all{watched(1, {ours}), watched(2, {ours, theirs}), watched(1, {ours})};
  CHECK(people(all, now_s - 1199, 0) == 0);
  CHECK(people(all, now_s - 1200, 0) == 2);
  CHECK(words().nobody_keeps_watch(2) == "NOBODY IS KEEPING WATCH over 2 people");
  // One of two relays is enough, and a relay that is not ours cannot be judged.
  CHECK(people({watched(1, {ours, second})}, now_s - 5000, now_s - 5) == 0);
  CHECK(people({watched(1, {ours, second})}, now_s - 5000, now_s - 5000) == 1);
  CHECK(people({watched(1, {theirs})}, 0, 0) == 0);
  // Just started: it has not been dark for so long.
  CHECK(people_unwatched(all, {{ours, 0}}, now_s - 60, now_s, watch_dark_s) == 0);
  // Over, or told already: nobody needs to keep watch.
  all = {watched(1, {ours}), watched(2, {ours})};
  all[0].over_s = now_s - 5;
  all[1].fired = true;
  CHECK(people(all, now_s - 5000, 0) == 0);
}

TEST_CASE("a file of places without times is as old as the file, and is read when it has changed", "[client][geo]") {
  const TemporaryHome home;
  std::filesystem::create_directories(home->folder());
  const Path path = home->folder() / "places";
  const auto write = [&](std::string_view line, std::time_t at_s) {
    std::ofstream(path) << line << "\n";
    const std::array<struct timespec, 2> times{{{at_s, 0}, {at_s, 0}}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  };
  asio::io_context io;
  FixFeed feed(io.get_executor(), {.file = path.string(), .nmea = {}, .geojson = {}, .gpsd = {}});
  write(R"({"type":"Point","coordinates":[76.9,43.2]})", 1'700'000'000);
  feed.read_now();
  feed.read_now();
  REQUIRE(feed.newest_first().size() == 1);
  CHECK(feed.newest_first()[0].at_s == 1'700'000'000);
  write(R"({"type":"Point","coordinates":[76.9,43.3]})", 1'700'000'060);
  feed.read_now();
  REQUIRE(feed.newest_first().size() == 2);
  CHECK(feed.newest_first()[0].at_s == 1'700'000'060);
}

TEST_CASE("a time is a number and a unit, and never nothing", "[client][check-in]") {
  const auto read = [](std::string_view text) { return read_duration(text, typed_most_s); };
  CHECK(read("90s") == 90u);
  CHECK(read("30m") == 1800u);
  CHECK(read("4h") == 14'400u);
  CHECK(read("2d") == 172'800u);
  CHECK(read("45") == 45u);
  for (const std::string_view text : {"", "0", "0m", "-5m", "5x", "m", "5 m", "99999999999h", "4294967296", "100000m"})
    CHECK_FALSE(read(text));
}

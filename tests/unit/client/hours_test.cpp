// When a person may be woken: what is read from a line, what covers a moment, and which hours of the week nobody covers.
#include "client/hours.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace vigil::client;

namespace {

constexpr std::uint64_t monday_utc_s = 4 * 86'400;  // 5 January 1970
constexpr std::uint32_t mon_fri = 0x1F;

std::uint64_t at(std::uint32_t day, std::uint32_t hour, std::uint32_t minute = 0) {
  return monday_utc_s + day * 86'400 + hour * 3600 + minute * 60;
}

}  // namespace

TEST_CASE("days and hours are read as people write them, and nothing else is", "[hours]") {
  CHECK(read_days("mon-fri") == mon_fri);
  CHECK(read_days("sat,sun") == 0x60u);
  CHECK(read_days("fri-mon") == 0x71u);
  CHECK(read_days("wed") == 0x04u);
  for (const char* bad : {"", "mon-", "-fri", "monday", "mon fri", "1-5"}) CHECK_FALSE(read_days(bad));
  REQUIRE(read_hours("22-8"));
  CHECK(read_hours("22-8")->from_min == 22 * 60);
  CHECK(read_hours("22:30-7:15")->to_min == 7 * 60 + 15);
  CHECK(read_hours("0-24")->from_min == read_hours("0-24")->to_min);
  for (const char* bad : {"", "22", "25-8", "22-8:60", "24:01-8", "-1-8", "8-"}) CHECK_FALSE(read_hours(bad));
  CHECK(read_duration("8h", 86'400) == 8 * 3600u);
  CHECK(read_duration("30m", 86'400) == 1800u);
  for (const char* bad : {"", "h", "0h", "-1h", "2d", "8x"}) CHECK_FALSE(read_duration(bad, 86'400));
}

TEST_CASE("a night that begins on an accepted day lasts into the next morning, in her own time", "[hours]") {
  const WakeHours nights{.days = mon_fri, .from_min = 22 * 60, .to_min = 8 * 60, .utc_offset_min = 0};
  CHECK(may_be_woken(nights, at(0, 22)));
  CHECK(may_be_woken(nights, at(1, 7, 59)));
  CHECK_FALSE(may_be_woken(nights, at(1, 8)));
  CHECK_FALSE(may_be_woken(nights, at(0, 21, 59)));
  CHECK(may_be_woken(nights, at(5, 3)));         // Friday's night
  CHECK_FALSE(may_be_woken(nights, at(5, 22)));  // Saturday's is not hers
  CHECK_FALSE(may_be_woken(nights, at(0, 3)));   // nor Sunday's
  WakeHours almaty = nights;
  almaty.utc_offset_min = 5 * 60;
  CHECK(may_be_woken(almaty, at(0, 17)));
  CHECK_FALSE(may_be_woken(almaty, at(0, 16, 59)));
}

TEST_CASE("what another device says about hours is cut to what a week has", "[hours]") {
  const WakeHours odd = clean_hours({.days = 0xFFFFFF00, .from_min = 5000, .to_min = 1 << 30, .utc_offset_min = -100'000});
  CHECK(odd.days == every_day);
  CHECK(odd.from_min < day_minutes);
  CHECK(odd.to_min < day_minutes);
  CHECK(odd.utc_offset_min >= -14 * 60);
}

TEST_CASE("the hours that nobody covers are exactly those in which nobody may be woken", "[hours]") {
  CHECK(uncovered({{}}, 0).empty());
  CHECK(uncovered({}, 0) == std::vector<WeekRange>{{0, week_minutes}});
  CHECK(uncovered({{.days = every_day, .from_min = 0, .to_min = 22 * 60, .utc_offset_min = 0}}, 0).size() == 7);
  CHECK(rc::check("for any hours and any viewer", [] {
    const auto some = [] {
      return WakeHours{.days = *rc::gen::inRange<std::uint32_t>(1, 128),
                       .from_min = *rc::gen::inRange<std::uint32_t>(0, 96) * 15,
                       .to_min = *rc::gen::inRange<std::uint32_t>(0, 96) * 15,
                       .utc_offset_min = *rc::gen::inRange(-56, 57) * 15};
    };
    const std::vector<WakeHours> all{some(), some()};
    const std::int32_t viewer_min = *rc::gen::inRange(-56, 57) * 15;
    const std::vector<WeekRange> ranges = uncovered(all, viewer_min);
    const std::uint64_t moment_s = 86'400ull * 365 + *rc::gen::inRange<std::uint64_t>(0, 604'800);
    const std::uint32_t hers = minute_of_week(moment_s, viewer_min);
    bool in_a_range = false;
    for (const WeekRange& range : ranges) in_a_range = in_a_range || (hers >= range.from_min && hers < range.to_min);
    RC_ASSERT(in_a_range == !(may_be_woken(all[0], moment_s) || may_be_woken(all[1], moment_s)));
  }));
}

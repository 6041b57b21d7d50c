// Ids that were seen stay known for their time, in memory and on disk, and not longer.
#include <catch2/catch.hpp>

#include "crypto/base/random.hpp"
#include "storage/embedded/remembered.hpp"

using namespace vigil;
using namespace vigil::storage;

namespace {

Tag tag_number(std::uint64_t number) {
  Tag tag{1};
  std::memcpy(tag.data() + 4, &number, sizeof number);
  // spread: tags are hashes
  std::uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15u;
  std::memcpy(tag.data(), &mixed, sizeof mixed);
  mixed = (mixed ^ mixed >> 31) * 0xBF58476D1CE4E5B9u;
  std::memcpy(tag.data() + 8, &mixed, sizeof mixed);
  return tag;
}

}  // namespace

TEST_CASE("the last ids are known exactly, and forgotten a whole table at a time", "[storage][remembered]") {
  RecentIds recent;
  for (std::uint64_t i = 0; i < 65'536 * 2; ++i) recent.add(tag_number(i));
  for (std::uint64_t i = 0; i < 65'536 * 2; i += 97) REQUIRE(recent.contains(tag_number(i)));
  CHECK_FALSE(recent.contains(tag_number(1u << 20)));
  const std::uint64_t before = recent.generation();
  for (std::uint64_t i = 0; i < 65'536; ++i) recent.add(tag_number(1'000'000 + i));
  CHECK(recent.generation() == before + 1);
  CHECK_FALSE(recent.contains(tag_number(5)));
  CHECK(recent.contains(tag_number(65'536 + 5)));
}

TEST_CASE("a new id needs no disk, an old one does, and before everything is filled in all do", "[storage][remembered]") {
  Remembered remembered;
  CHECK(remembered.seen({tag_number(1)}) == Remembered::Seen::ask_disk);
  for (std::uint64_t i = 0; i < 200'000; ++i) remembered.fill(tag_number(i), {86'400, 0});
  remembered.filled();
  for (std::uint64_t i = 0; i < 200'000; i += 101) REQUIRE(remembered.seen({tag_number(i)}) == Remembered::Seen::ask_disk);
  std::size_t asked = 0;
  for (std::uint64_t i = 1'000'000; i < 1'010'000; ++i) asked += remembered.seen({tag_number(i)}) == Remembered::Seen::ask_disk;
  CHECK(asked < 300);
  remembered.drop(86'400);
  CHECK(remembered.seen({tag_number(101)}) == Remembered::Seen::no);
}

TEST_CASE("what the disk said is believed only while the exact part covers what came after", "[storage][remembered]") {
  Remembered remembered;
  IdCheck check{tag_number(3), IdCheck::Known::fresh, remembered.generation()};
  CHECK(remembered.seen(check) == Remembered::Seen::no);
  for (std::uint64_t i = 0; i < 65'536 * 3; ++i) remembered.add(tag_number(100 + i), {86'400, 0});
  CHECK(remembered.seen(check) == Remembered::Seen::ask_disk);
}

TEST_CASE("the disk is asked in the volume that has the id, and in hardly any other", "[storage][remembered]") {
  constexpr std::uint64_t volumes = 50, each = 4'000;  // more volumes than a sieve has parts
  Remembered remembered;
  for (std::uint64_t i = 0; i < volumes * each; ++i) remembered.add(tag_number(i), {86'400, 100 + i / each});
  CHECK(remembered.may_be(tag_number(7), {86'400, 7}));  // not all filled in: anything may be
  remembered.filled();
  std::size_t asked_in_vain = 0;
  for (std::uint64_t i = 0; i < volumes * each; i += 101) {
    REQUIRE(remembered.may_be(tag_number(i), {86'400, 100 + i / each}));
    CHECK_FALSE(remembered.may_be(tag_number(i), {2 * 86'400, 100 + i / each}));
    if (i / each < 30) asked_in_vain += remembered.may_be(tag_number(i), {86'400, 100 + (i / each + 1) % 30});
  }
  CHECK(asked_in_vain < 12);  // of 1,188
}

TEST_CASE("what is filled in beside what comes does not blur where the disk is asked", "[storage][remembered]") {
  Remembered remembered;
  for (std::uint64_t i = 0; i < 60'000; ++i) {
    remembered.fill(tag_number(i), {86'400, 5 + i / 6'000});
    remembered.add(tag_number(1'000'000 + i), {86'400, 900});
  }
  remembered.filled();
  std::size_t asked_in_vain = 0;
  for (std::uint64_t i = 0; i < 60'000; i += 7) {
    REQUIRE(remembered.may_be(tag_number(i), {86'400, 5 + i / 6'000}));
    asked_in_vain += remembered.may_be(tag_number(i), {86'400, 500});
  }
  CHECK(asked_in_vain == 0);  // nobody has put anything there
}

TEST_CASE("who asks before all is filled in hears when it is, or that it cannot be", "[storage][remembered]") {
  Remembered remembered;
  std::vector<bool> told;
  const auto then = [&](bool ok) { told.push_back(ok); };
  REQUIRE(remembered.when_filled(then));
  remembered.not_filled();
  CHECK(told == std::vector<bool>{false});
  REQUIRE(remembered.when_filled(then));
  remembered.filled();
  CHECK(told == std::vector<bool>{false, true});
  CHECK_FALSE(remembered.when_filled(then));
  remembered.clear();
  REQUIRE(remembered.when_filled(then));
  remembered.clear();
  CHECK(told == std::vector<bool>{false, true, false});
}

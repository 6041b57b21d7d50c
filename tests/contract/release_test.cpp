// Contract: stages and rounds. Each stage exactly once a round, in its time.
#include <algorithm>
#include <set>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

struct Fired {
  std::uint64_t at_s = 0;
  std::uint32_t round = 0, stage = 0;
  bool operator==(const Fired&) const = default;
};

// What reaches 'who' and when, in seconds from now, looked at every second.
std::vector<Fired> watch(World& world, const std::vector<Person>& who, std::uint64_t seconds, std::uint64_t step_s = 1) {
  std::vector<Fired> fired;
  std::set<CopyId> ids;
  for (std::uint64_t at = 0;; at += step_s) {
    for (const Person& person : who)
      for (const StoredCopy& copy : world.driver().fetch(person.mailbox)) {
        CHECK(ids.insert(copy.id).second);
        fired.push_back({at, copy.round, copy.stage});
      }
    if (at >= seconds) return fired;
    world.pass_s(step_s, step_s);
  }
}

}  // namespace

TEST_CASE("stages follow one another by their delays, then rounds by theirs, each stage once a round under new ids",
          "[contract][release]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}, {120, {bea}}}, 10).keep) == wire::DONE);
  const auto fired = watch(world, {ann, bea}, 3 * 3600, 5);
  REQUIRE(fired.size() >= 8);
  std::uint64_t round_at = 10;
  for (std::uint32_t round = 1; round <= 4; ++round) {
    const Fired& first = fired[2 * (round - 1)];
    const Fired& second = fired[2 * (round - 1) + 1];
    CAPTURE(round, first.at_s, second.at_s);
    CHECK(first.round == round);
    CHECK(first.stage == 0);
    CHECK(second.round == round);
    CHECK(second.stage == 1);
    CHECK(second.at_s - first.at_s == 120);
    if (round > 1) {
      const std::uint64_t pause = first.at_s - round_at;
      CHECK(pause >= limits::first_rounds_s[round - 2]);
      CHECK(pause <= limits::first_rounds_s[round - 2] + 5);
    }
    round_at = second.at_s;
  }
}

TEST_CASE("after the first rounds an alert rings every hour for a day and then every six hours", "[contract][release]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}}).keep) == wire::DONE);
  const auto fired = watch(world, {ann}, 3 * 86'400, 60);
  std::vector<std::uint64_t> pauses;
  for (std::size_t i = 1; i < fired.size(); ++i) {
    CHECK(fired[i].round == fired[i - 1].round + 1);
    pauses.push_back(fired[i].at_s - fired[i - 1].at_s);
  }
  REQUIRE(pauses.size() >= 3 + limits::hourly_rounds + 3);
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const std::uint64_t expected = i < 3                           ? limits::first_rounds_s[i]
                                   : i < 3 + limits::hourly_rounds ? 3600
                                                                   : limits::late_round_s;
    CAPTURE(i, pauses[i]);
    CHECK(pauses[i] >= expected - 60);
    CHECK(pauses[i] <= expected + 60);
  }
}

TEST_CASE("a vigil that does not repeat has one round", "[contract][release]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}, {60, {ann}}}, 0, false).keep) == wire::DONE);
  CHECK(watch(world, {ann}, 2 * 86'400, 60).size() == 2);
}

TEST_CASE("a new round replaces the copy that nobody has fetched", "[contract][release]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}}).keep) == wire::DONE);
  world.pass_s(limits::first_rounds_s[0] + 2, 60);
  const auto copies = world.driver().list(ann.mailbox);
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].round == 2);
  world.reopen();
  CHECK(world.driver().list(ann.mailbox).size() == 1);
}

TEST_CASE("released stages are released before anything else is asked, also when the timekeeper comes late",
          "[contract][release]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}}, 100).keep) == wire::DONE);
  world.clock().advance_s(5000);
  world.driver().release_due();
  const auto copies = world.driver().list(ann.mailbox);
  REQUIRE(copies.size() == 1);
  CHECK(copies[0].round == 1);
  CHECK(copies[0].stage == 0);
}

TEST_CASE("a stage that follows at once is released together with the one before it, and each copy arrives",
          "[contract][release]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver()), cleo = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}, {0, {bea}}, {60, {cleo}}}, 10).keep) == wire::DONE);
  world.pass_s(10, 10);
  for (const auto& [who, stage] : {std::pair(ann, 0u), std::pair(bea, 1u)}) {
    const std::vector<StoredCopy> copies = world.driver().fetch(who.mailbox);
    CAPTURE(stage);
    REQUIRE(copies.size() == 1);
    CHECK(text_of(copies[0]) == "stage " + std::to_string(stage) + " to 0");
    CHECK(copies[0].stage == stage);
    CHECK(copies[0].round == 1);
  }
  CHECK(world.driver().fetch(cleo.mailbox).empty());
  world.pass_s(60, 60);
  CHECK(world.driver().fetch(cleo.mailbox).size() == 1);
}

TEST_CASE("stages fire once, through any number of openings", "[contract][release]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}, {20, {bea}}}, 10).keep) == wire::DONE);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> fired;
  for (int at = 0; at < 700; at += 5) {
    world.reopen(4);
    world.pass_s(1);
    for (const Person& who : {ann, bea})
      for (const StoredCopy& copy : world.driver().fetch(who.mailbox)) fired.emplace_back(copy.round, copy.stage);
  }
  REQUIRE(fired.size() >= 3);
  CHECK(fired[0] == std::pair{1u, 0u});
  CHECK(fired[1] == std::pair{1u, 1u});
  CHECK(fired[2] == std::pair{2u, 0u});
  CHECK(std::set(fired.begin(), fired.end()).size() == fired.size());
}

TEST_CASE("a thousand vigils due in one second are all released", "[contract][release]") {
  World world;
  std::vector<Person> people;
  for (int i = 0; i < 250; ++i) people.push_back(person(world.driver()));
  for (const Person& who : people) {
    std::vector<Write> keeps;
    for (std::size_t i = 0; i < limits::vigils_per_address_max; ++i) keeps.emplace_back(alert({{0, {who}}}, 10, false).keep);
    for (const Outcome& outcome : world.driver().apply_together(std::move(keeps))) REQUIRE(outcome.status == wire::DONE);
  }
  world.pass_s(11);
  std::size_t released = 0;
  for (const Person& who : people) released += world.driver().list(who.mailbox).size();
  CHECK(released == 1000);
}

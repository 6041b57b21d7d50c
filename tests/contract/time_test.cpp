// Contract: time. Clock jumps release nothing early; outages are made up for; nothing runs backwards.
#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("a wall clock set forward releases nothing early, and set back nothing late", "[contract][time]") {
  for (const std::int64_t jump_s : {86'400, 400 * 86'400, -3'600, -86'400}) {
    World world;
    const Person ann = person(world.driver());
    REQUIRE(status_of(world, alert({{0, {ann}}}, 600).keep) == wire::DONE);
    world.pass_s(100, 10);
    world.clock().jump_wall_s(jump_s);
    world.pass_s(495, 5);
    CAPTURE(jump_s);
    CHECK(waiting(world, ann).empty());
    world.pass_s(6);
    CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
  }
}

TEST_CASE("a wall clock set forward ends no lease and expires no copy early", "[contract][time]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {60, {bea}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  REQUIRE(status_of(world, plan.answer(0, 1)) == wire::DONE);
  REQUIRE(status_of(world, message(bea.address, "an hour", wire::NORMAL, wire::ONE_HOUR)) == wire::DONE);
  world.driver().fetch(ann.mailbox);
  world.clock().jump_wall_s(7 * 86'400);
  world.pass_s(60, 10);
  const auto state = world.store().look(plan.keep.id, plan.refresh);
  REQUIRE(state);
  CHECK(state->second.lease_s >= limits::lease_s - 62);
  CHECK(waiting(world, bea, wire::NORMAL) == Texts{"an hour"});
}

TEST_CASE("an alert that came due in an outage is released at once", "[contract][time]") {
  for (const std::uint64_t outage_s : {20u, 600u, 40'000u}) {
    World world;
    const Person ann = person(world.driver());
    REQUIRE(status_of(world, alert({{0, {ann}}}, 10).keep) == wire::DONE);
    world.reopen(outage_s);
    world.pass_s(1);
    CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
  }
}

TEST_CASE("after an outage a check-in is due at the later of its due and the restart plus the outage, at most fifteen minutes",
          "[contract][time]") {
  struct Case {
    std::uint32_t due_in_s;
    std::uint64_t outage_s, expected_s;  // after the restart
  };
  for (const Case& c :
       {Case{100, 200, 200}, Case{100, 10'000, limits::outage_grace_s}, Case{1000, 200, 800}, Case{300, 200, 200}}) {
    World world;
    const Person ann = person(world.driver());
    REQUIRE(status_of(world, check_in({{0, {ann}}}, c.due_in_s, 20'000).keep) == wire::DONE);
    world.reopen(c.outage_s);
    CAPTURE(c.due_in_s, c.outage_s);
    world.driver().release_due();
    world.pass_s(c.expected_s - 3, 5);
    CHECK(waiting(world, ann).empty());
    world.pass_s(6);
    CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
  }
}

TEST_CASE("a relay that restarts again and again cannot put a check-in off for ever", "[contract][time]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, check_in({{0, {ann}}}, 100, 20'000).keep) == wire::DONE);
  std::uint64_t passed = 0;
  while (passed < 6 * 3600 && waiting(world, ann).empty()) {
    world.reopen(300);
    world.pass_s(60, 10);
    passed += 360;
  }
  CAPTURE(passed);
  CHECK(passed <= 3600);
}

TEST_CASE("a machine that starts anew with its wall clock set back runs no time backwards", "[contract][time]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}}, 600).keep) == wire::DONE);
  REQUIRE(status_of(world, message(ann.address, "ten minutes", wire::NORMAL, wire::TEN_MINUTES)) == wire::DONE);
  world.pass_s(300, 10);
  world.clock().jump_wall_s(-30 * 86'400);
  world.clock().reboot();
  world.reopen();
  world.pass_s(290, 10);
  CHECK(waiting(world, ann, wire::URGENT).empty());
  CHECK(waiting(world, ann, wire::NORMAL) == Texts{"ten minutes"});
  world.pass_s(75, 5);
  CHECK(waiting(world, ann, wire::URGENT) == Texts{"stage 0 to 0"});
  CHECK(waiting(world, ann, wire::NORMAL).empty());
}

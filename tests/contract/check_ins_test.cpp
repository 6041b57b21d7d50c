// Contract: check-ins. Silence is told on time, a sign of life moves it, places alone do not; when very many fall silent together
// every copy says so, and a lone one never does.
#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

// 'count' check-ins, each with a responder's address of its own, all due after 'due_in_s'.
struct Crowd {
  std::vector<Person> people;
  std::vector<Plan> plans;
};
Crowd crowd(World& world, std::size_t count, std::uint32_t due_in_s) {
  Crowd out;
  for (std::size_t i = 0; i < count; ++i) {
    out.people.push_back(person(world.driver()));
    out.plans.push_back(check_in({{0, {out.people.back()}}}, due_in_s, 20'000));
    REQUIRE(status_of(world, out.plans.back().keep) == wire::DONE);
  }
  return out;
}

std::size_t hinted(World& world, const Crowd& crowd) {
  std::size_t count = 0;
  for (const Person& one : crowd.people) {
    for (const StoredCopy& copy : world.driver().list(one.mailbox)) count += copy.many_silent ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("when 200 check-ins fall silent together, every release carries the hint", "[contract][check-in]") {
  World world;
  const Crowd all = crowd(world, 200, 600);
  world.pass_s(601, 30);
  for (const Person& one : all.people) REQUIRE(waiting(world, one) == Texts{"stage 0 to 0"});
  CHECK(hinted(world, all) == 200);
}

TEST_CASE("check-ins that fall silent within seconds of each other are told in as many beats, and every one carries the hint",
          "[contract][check-in]") {
  World world;
  constexpr std::size_t many = 200;
  constexpr std::uint64_t apart_ms = 10;  // two seconds from the first to the last
  const Crowd before = crowd(world, 1, 300);
  world.pass_s(1);
  Crowd all;
  for (std::size_t i = 0; i < many; ++i) {
    Crowd one = crowd(world, 1, 600);
    all.people.push_back(one.people[0]);
    world.clock().advance_ms(apart_ms);
  }
  world.pass_s(595, 5);
  // Minutes earlier one fell silent by herself, and said nothing of a network.
  REQUIRE(waiting(world, before.people[0]) == Texts{"stage 0 to 0"});
  CHECK(hinted(world, before) == 0);
  std::size_t told = 0, releasing_beats = 0;
  for (std::size_t beat = 0; told < many && beat < 2'000; ++beat) {
    world.clock().advance_ms(apart_ms);
    world.driver().release_due();
    const std::size_t before_beat = told;
    while (told < many && waiting(world, all.people[told]) == Texts{"stage 0 to 0"}) ++told;
    if (told != before_beat) ++releasing_beats;
  }
  REQUIRE(told == many);
  CHECK(releasing_beats > many / 2);  // not one that has them all before it
  CHECK(hinted(world, all) == many);
}

TEST_CASE("a lone check-in that falls silent never carries the hint, whatever else runs", "[contract][check-in]") {
  for (const std::size_t others : {std::size_t{0}, std::size_t{1}, std::size_t{199}}) {
    World world;
    const Crowd lone = crowd(world, 1, 600);
    const Crowd running = crowd(world, others, 10'000);
    world.pass_s(601, 30);
    CAPTURE(others);
    REQUIRE(waiting(world, lone.people[0]) == Texts{"stage 0 to 0"});
    CHECK(hinted(world, lone) == 0);
  }
}

TEST_CASE("after an hour's outage 200 check-ins are not told silent before their people could say so", "[contract][check-in]") {
  World world;
  const Crowd all = crowd(world, 200, 600);
  world.reopen(3600);
  // All but one come back within the time they are given and say that they are well.
  world.pass_s(600, 60);
  for (const Person& one : all.people) REQUIRE(waiting(world, one).empty());
  for (std::size_t i = 1; i < all.plans.size(); ++i) REQUIRE(status_of(world, all.plans[i].renew(0, 1, 5'000)) == wire::DONE);
  world.pass_s(400, 20);
  CHECK(waiting(world, all.people[0]) == Texts{"stage 0 to 0"});
  CHECK(hinted(world, all) == 0);
  for (std::size_t i = 1; i < all.people.size(); ++i) REQUIRE(waiting(world, all.people[i]) == Texts{"renewed"});
}

TEST_CASE("fresh places keep nothing alive: only a renewal moves the hour", "[contract][check-in]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = check_in({{0, {ann}}}, 600, 600);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    REQUIRE(status_of(world, plan.refreshed(seq, 0, 0, "place " + std::to_string(seq))) == wire::DONE);
    world.pass_s(59, 10);
  }
  CHECK(waiting(world, ann).empty());
  world.pass_s(11);
  CHECK(waiting(world, ann) == Texts{"place 10"});
}

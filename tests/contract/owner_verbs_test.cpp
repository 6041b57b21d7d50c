// Contract: refresh, renew, hurry. What the owner of a vigil may do to it, and what that never moves.
#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("a refresh replaces the sealed copies that are released later, and never moves due", "[contract][refresh]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {60, {bea}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(8);
  REQUIRE(status_of(world, plan.refreshed(1, 0, 0, "fresh 1")) == wire::DONE);
  REQUIRE(status_of(world, plan.refreshed(2, 1, 0, "fresh 2")) == wire::DONE);
  world.pass_s(1);
  CHECK(waiting(world, ann).empty());
  world.pass_s(1);
  CHECK(waiting(world, ann) == Texts{"fresh 1"});
  world.reopen();
  world.pass_s(61);
  CHECK(waiting(world, bea) == Texts{"fresh 2"});
}

TEST_CASE("a late refresh changes nothing and is answered as done", "[contract][refresh]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  REQUIRE(status_of(world, plan.refreshed(7, 0, 0, "seven")) == wire::DONE);
  CHECK(status_of(world, plan.refreshed(6, 0, 0, "six")) == wire::DONE);
  CHECK(status_of(world, plan.refreshed(7, 0, 0, "another seven")) == wire::DONE);
  world.reopen();
  CHECK(status_of(world, plan.refreshed(5, 0, 0, "five")) == wire::DONE);
  world.pass_s(10);
  CHECK(waiting(world, ann) == Texts{"seven"});
}

TEST_CASE("a refresh after the release is what the next round brings", "[contract][refresh]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.driver().fetch(ann.mailbox);
  REQUIRE(status_of(world, plan.refreshed(1, 0, 0, "fresh")) == wire::DONE);
  CHECK(waiting(world, ann).empty());
  world.pass_s(limits::first_rounds_s[0] + 1, 60);
  CHECK(waiting(world, ann) == Texts{"fresh"});
}

TEST_CASE("many refreshes leave one copy of each, through openings", "[contract][refresh]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 3600);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  for (std::uint64_t seq = 1; seq <= 60; ++seq) {
    REQUIRE(status_of(world, plan.refreshed(seq, 0, 0, "fix " + std::to_string(seq))) == wire::DONE);
    if (seq % 20 == 0) world.reopen();
  }
  REQUIRE(status_of(world, Hurry{plan.keep.id, plan.hurry}) == wire::DONE);
  world.pass_s(1);
  CHECK(waiting(world, ann) == Texts{"fix 60"});
}

TEST_CASE("wrong secrets of an existing vigil and any secret of an unknown one get one answer", "[contract][refresh]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = check_in({{0, {ann}}}, 600, 3600);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  const auto wrong = random_id<Secret>();
  for (const VigilId& id : {plan.keep.id, random_id<VigilId>()}) {
    Refresh refresh = plan.refreshed(1, 0, 0, "wrong");
    refresh.vigil = id;
    refresh.secret = wrong;
    CHECK(status_of(world, refresh) == wire::REFUSED);
    CHECK(status_of(world, Renew{id, wrong, 1, 60}) == wire::REFUSED);
    CHECK(status_of(world, Hurry{id, wrong}) == wire::REFUSED);
    CHECK(status_of(world, Answering{id, 0, 1, wrong}) == wire::REFUSED);
    CHECK(status_of(world, Close{id, 0, wrong}) == wire::REFUSED);
  }
  // No secret serves for another purpose.
  CHECK(status_of(world, Hurry{plan.keep.id, plan.refresh}) == wire::REFUSED);
  CHECK(status_of(world, Renew{plan.keep.id, plan.hurry, 1, 60}) == wire::REFUSED);
  CHECK(status_of(world, Close{plan.keep.id, 0, plan.hurry}) == wire::REFUSED);
  CHECK(waiting(world, ann).empty());
  CHECK(world.store().figures().vigils == 1);
}

TEST_CASE("a renewal moves due, by at most the vigil's period, and tells its responders", "[contract][renew]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = check_in({{0, {ann}}}, 600, 1800);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(500, 100);
  const Outcome renewed = world.driver().apply(plan.renew(0, 1, 1000));
  REQUIRE(renewed.status == wire::DONE);
  REQUIRE(std::holds_alternative<VigilState>(renewed.detail));
  CHECK(std::get<VigilState>(renewed.detail).due_s >= 999);
  CHECK(std::get<VigilState>(renewed.detail).due_s <= 1000);
  CHECK(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"renewed"});
  world.pass_s(998, 100);
  CHECK(waiting(world, ann).empty());
  REQUIRE(status_of(world, plan.renew(0, 2, 1'000'000)) == wire::DONE);
  world.driver().fetch(ann.mailbox);
  world.reopen();
  world.pass_s(1790, 10);
  CHECK(waiting(world, ann).empty());
  world.pass_s(15);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("both renewals look alike from outside", "[contract][renew]") {
  World world;
  const Person ann = person(world.driver());
  const Plan free = check_in({{0, {ann}}}, 600, 1800), forced = check_in({{0, {ann}}}, 600, 1800);
  REQUIRE(status_of(world, free.keep) == wire::DONE);
  REQUIRE(status_of(world, forced.keep) == wire::DONE);
  const Outcome a = world.driver().apply(free.renew(0, 1, 900)), b = world.driver().apply(forced.renew(1, 1, 900));
  CHECK(a.status == wire::DONE);
  CHECK(b.status == a.status);
  REQUIRE(std::holds_alternative<VigilState>(a.detail));
  REQUIRE(std::holds_alternative<VigilState>(b.detail));
  const auto& left = std::get<VigilState>(a.detail);
  const auto& right = std::get<VigilState>(b.detail);
  CHECK(left.due_s == right.due_s);
  CHECK(left.stage == right.stage);
  CHECK(left.round == right.round);
  CHECK(left.released == right.released);
  CHECK(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"renewed", "renewed, forced"});
}

TEST_CASE("an old renewal is done and moves nothing", "[contract][renew]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = check_in({{0, {ann}}}, 100, 10'000);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  REQUIRE(status_of(world, plan.renew(0, 5, 200)) == wire::DONE);
  world.driver().fetch(ann.mailbox);
  CHECK(status_of(world, plan.renew(0, 4, 9000)) == wire::DONE);
  CHECK(status_of(world, plan.renew(0, 5, 9000)) == wire::DONE);
  CHECK(waiting(world, ann).empty());
  world.pass_s(202, 1);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("an alert cannot be renewed", "[contract][renew]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  CHECK(status_of(world, Renew{plan.keep.id, plan.refresh, 1, 5000}) == wire::REFUSED);
  CHECK(status_of(world, Renew{plan.keep.id, random_id<Secret>(), 1, 5000}) == wire::REFUSED);
  world.pass_s(10);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("hurry releases stage 0 now, once", "[contract][hurry]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = check_in({{0, {ann}}, {60, {bea}}}, 3600, 3600);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  REQUIRE(status_of(world, Hurry{plan.keep.id, plan.hurry}) == wire::DONE);
  world.driver().release_due();
  CHECK(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"stage 0 to 0"});
  CHECK(status_of(world, Hurry{plan.keep.id, plan.hurry}) == wire::DONE);
  world.pass_s(58);
  CHECK(waiting(world, ann).empty());
  CHECK(waiting(world, bea).empty());
  world.pass_s(3);
  CHECK(waiting(world, bea) == Texts{"stage 1 to 0"});
}

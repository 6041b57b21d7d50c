// Contract: endings. The one that stops, its twin that goes on, and an end that comes before its keep.
#include <algorithm>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

// The owner's secrets after an ending: one answer.
void check_owner_secrets_are_ended(World& world, const Plan& plan) {
  CHECK(status_of(world, Hurry{plan.keep.id, plan.hurry}) == wire::ENDED);
  CHECK(status_of(world, plan.refreshed(99, 0, 0, "too late")) == wire::ENDED);
  if (!plan.renewals.empty()) CHECK(status_of(world, plan.renew(0, 99, 1000)) == wire::ENDED);
  const auto seen = world.store().look(plan.keep.id, plan.refresh);
  REQUIRE_FALSE(seen);
  CHECK(seen.error() == wire::ENDED);
  CHECK(status_of(world, plan.keep) == wire::ENDED);
}

}  // namespace

TEST_CASE("an alert cancelled inside its hold reaches nobody and leaves no live vigil", "[contract][end]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {60, {bea}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(9);
  REQUIRE(status_of(world, plan.end(wire::STOP)) == wire::DONE);
  CHECK(world.store().figures().vigils == 0);
  world.pass_s(3 * 3600, 60);
  for (const Person& who : {ann, bea}) CHECK(waiting(world, who).empty());
  check_owner_secrets_are_ended(world, plan);
  world.reopen(600);
  world.pass_s(120);
  check_owner_secrets_are_ended(world, plan);
  for (const Person& who : {ann, bea}) CHECK(waiting(world, who).empty());
}

TEST_CASE("the ending that stops sends its copies and ends the ladder", "[contract][end]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {60, {bea}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.driver().fetch(ann.mailbox);
  world.pass_s(30);
  REQUIRE(status_of(world, plan.end(wire::STOP)) == wire::DONE);
  const auto copies = world.driver().list(ann.mailbox);
  REQUIRE(texts_of(copies) == Texts{"stop"});
  CHECK(copies[0].of_vigil == wire::ENDING);
  CHECK(copies[0].at.lane == wire::URGENT);
  CHECK(waiting(world, bea) == Texts{"stop"});
  CHECK(world.store().figures().vigils == 0);
  world.pass_s(3600, 60);
  world.reopen();
  world.pass_s(3600, 60);
  CHECK(waiting(world, ann) == Texts{"stop"});
  CHECK(waiting(world, bea) == Texts{"stop"});
  check_owner_secrets_are_ended(world, plan);
}

TEST_CASE("the ending that stops takes back the stage that nobody has fetched, and gives its room back", "[contract][end]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  REQUIRE(waiting(world, ann) == Texts{"stage 0 to 0"});
  REQUIRE(status_of(world, plan.end(wire::STOP)) == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"stop"});
  world.reopen();
  CHECK(waiting(world, ann) == Texts{"stop"});
  for (std::size_t i = 1; i < limits::urgent_places_own; ++i)
    CHECK(status_of(world, message(ann.address, "more", wire::URGENT)) == wire::DONE);
  CHECK(status_of(world, message(ann.address, "too many", wire::URGENT)) == wire::FULL);
}

TEST_CASE("the ending that goes on sends its copies, and the ladder goes on", "[contract][end]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {60, {bea}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  REQUIRE(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"stage 0 to 0"});
  world.pass_s(30);
  REQUIRE(status_of(world, plan.end(wire::GO_ON)) == wire::DONE);
  CHECK(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"go on"});
  CHECK(texts_of(world.driver().fetch(bea.mailbox)) == Texts{"go on"});
  check_owner_secrets_are_ended(world, plan);
  world.pass_s(31);
  CHECK(texts_of(world.driver().fetch(bea.mailbox)) == Texts{"stage 1 to 0"});
  world.reopen();
  check_owner_secrets_are_ended(world, plan);
  world.pass_s(limits::first_rounds_s[0], 10);
  CHECK(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"stage 0 to 0"});
}

TEST_CASE("the ending that goes on, inside the hold, still lets the alert out", "[contract][end]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(3);
  REQUIRE(status_of(world, plan.end(wire::GO_ON)) == wire::DONE);
  world.pass_s(8);
  const Texts came = waiting(world, ann);
  CHECK(std::count(came.begin(), came.end(), "stage 0 to 0") == 1);
  CHECK(std::count(came.begin(), came.end(), "go on") == 1);
  CHECK(std::count(came.begin(), came.end(), "stop") == 0);
}

TEST_CASE("whoever holds the phone cannot tell the two endings apart by any answer", "[contract][end]") {
  for (const std::uint64_t after_s : {0u, 5u, 30u}) {
    World world;
    const Person ann = person(world.driver()), bea = person(world.driver());
    const Plan stops = alert({{0, {ann}}}, 10), goes_on = alert({{0, {bea}}}, 10);
    REQUIRE(status_of(world, stops.keep) == wire::DONE);
    REQUIRE(status_of(world, goes_on.keep) == wire::DONE);
    world.pass_s(after_s);
    const auto alike = [&](const Outcome& a, const Outcome& b) {
      CHECK(a.status == b.status);
      CHECK(a.retry_after_s == b.retry_after_s);
      CHECK(a.each == b.each);
      CHECK(a.detail.index() == b.detail.index());
    };
    alike(world.driver().apply(stops.end(wire::STOP)), world.driver().apply(goes_on.end(wire::GO_ON)));
    // The same ending again, the other one, and every other secret.
    alike(world.driver().apply(stops.end(wire::STOP)), world.driver().apply(goes_on.end(wire::GO_ON)));
    alike(world.driver().apply(stops.end(wire::GO_ON)), world.driver().apply(goes_on.end(wire::STOP)));
    alike(world.driver().apply(stops.keep), world.driver().apply(goes_on.keep));
    alike(world.driver().apply(Hurry{stops.keep.id, stops.hurry}), world.driver().apply(Hurry{goes_on.keep.id, goes_on.hurry}));
    alike(world.driver().apply(stops.refreshed(1, 0, 0, "x")), world.driver().apply(goes_on.refreshed(1, 0, 0, "x")));
    const auto a = world.store().look(stops.keep.id, stops.refresh), b = world.store().look(goes_on.keep.id, goes_on.refresh);
    CHECK(a.has_value() == b.has_value());
    if (!a && !b) CHECK(a.error() == b.error());
  }
}

TEST_CASE("the second ending of a vigil changes nothing", "[contract][end]") {
  World world;
  const Person ann = person(world.driver());
  const Plan forced_first = alert({{0, {ann}}});
  REQUIRE(status_of(world, forced_first.keep) == wire::DONE);
  REQUIRE(status_of(world, forced_first.end(wire::GO_ON)) == wire::DONE);
  world.driver().fetch(ann.mailbox);
  // Under coercion, the PIN that stops comes too late: only the responders close it.
  world.driver().apply(forced_first.end(wire::STOP));
  CHECK(waiting(world, ann).empty());
  world.pass_s(limits::first_rounds_s[0] + 1, 10);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("a wrong ending is refused and ends nothing", "[contract][end]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  End wrong = plan.end(wire::STOP);
  wrong.secret = random_id<Secret>();
  CHECK(status_of(world, wrong) == wire::REFUSED);
  wrong.secret = plan.hurry;
  CHECK(status_of(world, wrong) == wire::REFUSED);
  world.pass_s(10);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("an end that overtakes its keep wins", "[contract][end]") {
  for (const bool reopened : {false, true}) {
    World world;
    const Person ann = person(world.driver());
    const Plan plan = alert({{0, {ann}}}, 10);
    REQUIRE(status_of(world, plan.end(wire::STOP)) == wire::DONE);
    CHECK(status_of(world, plan.end(wire::STOP)) == wire::DONE);
    if (reopened) world.reopen(60);
    CHECK(status_of(world, plan.keep) == wire::ENDED);
    CHECK(status_of(world, plan.keep) == wire::ENDED);
    world.pass_s(3600, 10);
    CHECK(waiting(world, ann).empty());
    CHECK(world.store().figures().vigils == 0);
    CHECK(status_of(world, plan.keep) == wire::ENDED);
  }
}

TEST_CASE("an end and its keep in one batch: the end wins in either order", "[contract][end]") {
  World world;
  for (int run = 0; run < 20; ++run) {
    const Person ann = person(world.driver());
    const Plan plan = alert({{0, {ann}}}, 10);
    std::vector<Write> writes{plan.keep, plan.end(wire::STOP)};
    if (run % 2 == 1) std::swap(writes[0], writes[1]);
    world.driver().apply_together(std::move(writes));
    world.pass_s(12);
    CHECK(waiting(world, ann).empty());
  }
  CHECK(world.store().figures().vigils == 0);
}

TEST_CASE("the ending that goes on, overtaking its keep, lets the alert go its way", "[contract][end]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.end(wire::GO_ON)) == wire::DONE);
  world.reopen();
  CHECK(status_of(world, plan.keep) == wire::ENDED);  // as after the one that stops
  world.pass_s(12);
  const Texts came = waiting(world, ann);
  CHECK(std::count(came.begin(), came.end(), "stage 0 to 0") == 1);
  CHECK(std::count(came.begin(), came.end(), "go on") == 1);
  check_owner_secrets_are_ended(world, plan);
}

TEST_CASE("an end that nobody can be charged for is refused and leaves no trace", "[contract][end]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  End stranger = plan.end(wire::STOP);
  stranger.charged_to = random_id<AddressHash>();
  CHECK(status_of(world, stranger) == wire::REFUSED);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(10);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("a tombstone with a wrong secret, or charged to an address that is not the vigil's, stops no alert",
          "[contract][end]") {
  World world;
  const Person ann = person(world.driver()), informer = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10), other = alert({{0, {ann}}}, 10);
  End guessed = plan.end(wire::STOP);
  guessed.secret = random_id<Secret>();
  world.driver().apply(guessed);
  End elsewhere = other.end(wire::STOP);
  elsewhere.charged_to = informer.address;
  elsewhere.secret = random_id<Secret>();
  world.driver().apply(elsewhere);
  CHECK(status_of(world, plan.keep) == wire::DONE);
  CHECK(status_of(world, other.keep) == wire::DONE);
  world.pass_s(10);
  CHECK(world.driver().list(ann.mailbox).size() == 2);
}

TEST_CASE("nobody piles up tombstones beyond the room of the address they are charged to", "[contract][end]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  std::size_t done = 0;
  for (int i = 0; i < 2000; ++i)
    if (status_of(world, End{random_id<VigilId>(), random_id<Secret>(), ann.address}) == wire::DONE) ++done;
  CHECK(done > 0);
  CHECK(done <= 256);
  CHECK(status_of(world, End{random_id<VigilId>(), random_id<Secret>(), bea.address}) == wire::DONE);
}

// Contract: answers. First comes first, a lease of fifteen minutes, and nothing one answerer does alone erases a copy.
#include <set>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

LeaseState lease_of(const Outcome& outcome) {
  REQUIRE(outcome.status == wire::DONE);
  REQUIRE(std::holds_alternative<LeaseState>(outcome.detail));
  return std::get<LeaseState>(outcome.detail);
}

// An alert to ann, then bea a minute later, then cai; the first stage fetched.
struct Night {
  World world;
  Person ann = person(world.driver()), bea = person(world.driver()), cai = person(world.driver());
  Plan plan = alert({{0, {ann}}, {60, {bea}}, {60, {cai}}});

  Night() {
    REQUIRE(status_of(world, plan.keep) == wire::DONE);
    REQUIRE(texts_of(world.driver().fetch(ann.mailbox)) == Texts{"stage 0 to 0"});
  }
  LeaseState answer(std::uint32_t index, std::uint32_t step) { return lease_of(world.driver().apply(plan.answer(index, step))); }
  std::vector<StoredCopy> fetch(const Person& who) { return world.driver().fetch(who.mailbox); }
  void fetch_all() {
    for (const Person& who : {ann, bea, cai}) fetch(who);
  }
};

}  // namespace

TEST_CASE("the first answer is yours, pauses the ladder, and everybody learns who", "[contract][answer]") {
  Night night;
  const LeaseState lease = night.answer(0, 1);
  CHECK(lease.yours);
  CHECK(lease.holder == 0);
  CHECK(lease.lease_s <= limits::lease_s);
  CHECK(lease.lease_s >= limits::lease_s - 1);
  for (const Person& who : {night.ann, night.bea, night.cai}) {
    const auto copies = night.fetch(who);
    REQUIRE(texts_of(copies) == Texts{"notice"});
    CHECK(copies[0].of_vigil == wire::NOTICE);
    REQUIRE(copies[0].notice);
    CHECK(copies[0].notice->act == wire::Released::ANSWERED);
    CHECK(copies[0].notice->index == 0);
    CHECK(copies[0].notice->step == 1);
    CHECK(copies[0].notice->token == night.plan.answer(0, 1).token);
    CHECK(copies[0].notice->lease_s <= limits::lease_s);
    CHECK(copies[0].notice->lease_s >= limits::lease_s - 1);
  }
  night.world.pass_s(limits::lease_s - 2, 10);
  CHECK(waiting(night.world, night.bea).empty());
}

TEST_CASE("the second answerer is told that it is somebody else's", "[contract][answer]") {
  Night night;
  CHECK(night.answer(1, 1).yours);
  night.fetch_all();
  const LeaseState other = night.answer(2, 1);
  CHECK_FALSE(other.yours);
  CHECK(other.holder == 1);
  CHECK(other.lease_s > 0);
  CHECK(waiting(night.world, night.ann).empty());
}

TEST_CASE("the same token again gets the same answer and tells nobody twice", "[contract][answer]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  night.fetch_all();
  night.world.pass_s(100, 10);
  const LeaseState again = night.answer(0, 1);
  CHECK(again.yours);
  CHECK(again.lease_s <= limits::lease_s - 99);
  CHECK(waiting(night.world, night.bea).empty());
  night.world.reopen();
  CHECK(night.answer(0, 1).yours);
  CHECK(waiting(night.world, night.bea).empty());
  CHECK_FALSE(night.answer(1, 1).yours);
}

TEST_CASE("when a lease lapses the ladder goes on at its next stage at once", "[contract][answer]") {
  Night night;
  night.world.pass_s(20);
  CHECK(night.answer(0, 1).yours);
  night.fetch_all();
  night.world.pass_s(limits::lease_s - 1, 10);
  CHECK(waiting(night.world, night.bea).empty());
  night.world.pass_s(2);
  const auto copies = night.fetch(night.bea);
  const Texts texts = texts_of(copies);
  CHECK(std::count(texts.begin(), texts.end(), "stage 1 to 0") == 1);
  bool told = false;
  for (const StoredCopy& copy : copies)
    told = told || (copy.notice && copy.notice->act == wire::Released::LAPSED && copy.notice->index == 0);
  CHECK(told);
  // And the stage after it comes in its own time.
  night.fetch(night.cai);
  night.world.pass_s(57);
  CHECK(waiting(night.world, night.cai).empty());
  night.world.pass_s(5);
  CHECK(waiting(night.world, night.cai) == Texts{"stage 2 to 0"});
}

TEST_CASE("given back, the ladder goes on at its next stage at once", "[contract][answer]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  night.fetch_all();
  night.world.pass_s(5);
  const LeaseState given = night.answer(0, 2);
  CHECK_FALSE(given.yours);
  CHECK(given.lease_s == 0);
  night.world.pass_s(1);
  const auto copies = night.fetch(night.bea);
  bool told = false;
  for (const StoredCopy& copy : copies)
    told = told ||
           (copy.notice && copy.notice->act == wire::Released::GIVEN_BACK && copy.notice->index == 0 && copy.notice->step == 2);
  CHECK(told);
  const Texts texts = texts_of(copies);
  CHECK(std::count(texts.begin(), texts.end(), "stage 1 to 0") == 1);
  CHECK(night.answer(1, 1).yours);
}

TEST_CASE("an answer is renewed by a later odd step, and steps may be skipped", "[contract][answer]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  night.world.pass_s(600, 10);
  const LeaseState renewed = night.answer(0, 7);
  CHECK(renewed.yours);
  CHECK(renewed.lease_s >= limits::lease_s - 1);
  night.fetch_all();
  night.world.pass_s(600, 10);
  CHECK(waiting(night.world, night.bea).empty());
  // An old step shows nothing new.
  const Outcome old = night.world.driver().apply(night.plan.answer(0, 3));
  CHECK(old.status != wire::UNKNOWN);
  night.world.pass_s(295, 10);
  CHECK(waiting(night.world, night.bea).empty());
  night.world.pass_s(10);
  CHECK_FALSE(waiting(night.world, night.bea).empty());
}

// Readers show an answer until its end and not a second longer: untold, a renewal of a few seconds left them with »nobody«.
TEST_CASE("a renewal is told to everybody, however little it moves the end", "[contract][answer]") {
  Night night;
  night.answer(0, 1);
  night.fetch_all();
  for (const std::uint32_t step : {3U, 5U}) {
    night.world.pass_s(5, 5);
    night.answer(0, step);
    for (const Person& who : {night.bea, night.cai}) {
      const auto copies = night.fetch(who);
      REQUIRE(texts_of(copies) == Texts{"notice"});
      CHECK(copies[0].notice->act == wire::Released::ANSWERED);
      CHECK(copies[0].notice->step == step);
      CHECK(copies[0].notice->lease_s >= limits::lease_s - 1);
    }
  }
}

TEST_CASE("an old token cannot bring a given-back answer to life", "[contract][answer]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  CHECK_FALSE(night.answer(0, 2).yours);
  night.fetch_all();
  for (const std::uint32_t old : {1u, 2u}) night.world.driver().apply(night.plan.answer(0, old));
  const auto state = night.world.store().look(night.plan.keep.id, night.plan.refresh);
  REQUIRE(state);
  CHECK(state->second.lease_s == 0);
  CHECK(night.answer(1, 1).yours);
}

TEST_CASE("what does not lead to the head is refused", "[contract][answer]") {
  Night night;
  Answering wrong = night.plan.answer(0, 1);
  wrong.token = random_id<Secret>();
  CHECK(status_of(night.world, wrong) == wire::REFUSED);
  wrong = night.plan.answer(0, 1);
  wrong.index = 1;
  CHECK(status_of(night.world, wrong) == wire::REFUSED);
  wrong = night.plan.answer(0, 3);
  wrong.step = 1;
  CHECK(status_of(night.world, wrong) == wire::REFUSED);
  wrong = night.plan.answer(0, 1);
  wrong.index = 99;
  CHECK(status_of(night.world, wrong) != wire::DONE);
  CHECK(waiting(night.world, night.bea).empty());
  CHECK(night.answer(1, 1).yours);
}

TEST_CASE("a lone answerer neither ends nor erases: every round comes", "[contract][answer]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann, bea}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  world.driver().fetch(bea.mailbox);
  // The hostile answerer does all she can, again and again.
  std::uint32_t step = 1;
  std::uint32_t rounds = 0;
  for (int minutes = 0; minutes < 180; ++minutes) {
    world.driver().apply(plan.answer(0, step));
    world.driver().apply(plan.close(0));
    world.driver().apply(plan.close(0));
    if (minutes % 7 == 0) world.driver().apply(plan.answer(0, step + 1));
    if (minutes % 16 == 15) step += 2;
    world.pass_s(60, 30);
    for (const StoredCopy& copy : world.driver().fetch(bea.mailbox))
      if (copy.of_vigil == wire::STAGE) rounds = std::max(rounds, copy.round);
  }
  CHECK(world.store().figures().vigils == 1);
  CHECK(rounds >= 3);
  CHECK(world.store().look(plan.keep.id, plan.refresh));
}

TEST_CASE("two different people within one lease close a vigil, and everybody learns both", "[contract][close]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  night.fetch_all();
  CHECK(status_of(night.world, night.plan.close(0)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 1);
  night.fetch_all();
  REQUIRE(status_of(night.world, night.plan.close(2)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 0);
  for (const Person& who : {night.ann, night.bea, night.cai}) {
    const auto copies = night.fetch(who);
    REQUIRE(copies.size() == 1);
    REQUIRE(copies[0].notice);
    CHECK(copies[0].notice->act == wire::Released::CLOSED);
    const ReleasedAct& closed = *copies[0].notice;
    CHECK(std::set<std::uint32_t>{closed.index, closed.index_other} == std::set<std::uint32_t>{0, 2});
    CHECK(closed.token == night.plan.closes[closed.index]);
    CHECK(closed.token_other == night.plan.closes[closed.index_other]);
  }
  night.world.reopen();
  night.world.pass_s(7200, 60);
  for (const Person& who : {night.ann, night.bea, night.cai}) CHECK(waiting(night.world, who).empty());
  CHECK(status_of(night.world, night.plan.answer(1, 1)) == wire::ENDED);
  CHECK(status_of(night.world, night.plan.keep) == wire::ENDED);
}

TEST_CASE("one person closing twice is one person", "[contract][close]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  for (int i = 0; i < 3; ++i) CHECK(status_of(night.world, night.plan.close(0)) == wire::DONE);
  night.world.reopen();
  CHECK(status_of(night.world, night.plan.close(0)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 1);
}

TEST_CASE("two closings further apart than a lease do not close", "[contract][close]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  CHECK(status_of(night.world, night.plan.close(0)) == wire::DONE);
  night.world.pass_s(limits::lease_s + 5, 10);
  CHECK(status_of(night.world, night.plan.close(1)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 1);
  // The second counts as the first of a new pair.
  CHECK(status_of(night.world, night.plan.close(2)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 0);
}

TEST_CASE("a coerced vigil is closed by two responders", "[contract][close]") {
  Night night;
  REQUIRE(status_of(night.world, night.plan.end(wire::GO_ON)) == wire::DONE);
  night.fetch_all();
  CHECK(night.answer(0, 1).yours);
  CHECK(status_of(night.world, night.plan.close(0)) == wire::DONE);
  CHECK(status_of(night.world, night.plan.close(1)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 0);
}

TEST_CASE("answers and leases are there after opening again", "[contract][answer]") {
  Night night;
  CHECK(night.answer(0, 1).yours);
  night.fetch_all();
  night.world.reopen(100);
  const auto state = night.world.store().look(night.plan.keep.id, night.plan.refresh);
  REQUIRE(state);
  CHECK(state->second.holder == 0);
  CHECK(state->second.lease_s <= limits::lease_s - 99);
  CHECK(state->second.lease_s >= limits::lease_s - 102);
  CHECK(status_of(night.world, night.plan.close(0)) == wire::DONE);
  night.world.reopen();
  CHECK(status_of(night.world, night.plan.close(1)) == wire::DONE);
  CHECK(night.world.store().figures().vigils == 0);
}

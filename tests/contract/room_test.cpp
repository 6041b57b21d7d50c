// Contract: room. Full is told only to an address over its own room; nothing is dropped; nobody takes another's place.
#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("an address has twelve urgent places of its own, whatever the others do", "[contract][room]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  const AddressHash greedy = grant(world.driver(), mailbox), quiet = grant(world.driver(), mailbox);
  for (std::size_t i = 0; i < limits::urgent_places_own; ++i)
    REQUIRE(status_of(world, message(greedy, "more", wire::URGENT)) == wire::DONE);
  for (int opened = 0; opened < 2; ++opened) {
    CHECK(status_of(world, message(greedy, "too many", wire::URGENT)) == wire::FULL);
    world.reopen();
  }
  for (std::size_t i = 0; i < limits::urgent_places_own; ++i)
    CHECK(status_of(world, message(quiet, "mine", wire::URGENT)) == wire::DONE);
  CHECK(status_of(world, message(greedy, "normal")) == wire::DONE);
  // Reading makes room.
  world.driver().fetch(mailbox);
  CHECK(status_of(world, message(greedy, "again", wire::URGENT)) == wire::DONE);
}

TEST_CASE("room comes back when copies expire", "[contract][room]") {
  World world;
  const Person ann = person(world.driver());
  for (std::size_t i = 0; i < limits::urgent_places_own; ++i)
    REQUIRE(status_of(world, message(ann.address, "short", wire::URGENT, wire::TEN_SECONDS)) == wire::DONE);
  CHECK(status_of(world, message(ann.address, "one more", wire::URGENT)) == wire::FULL);
  world.pass_s(12);
  CHECK(status_of(world, message(ann.address, "one more", wire::URGENT)) == wire::DONE);
}

TEST_CASE("a full mailbox keeps four normal places for each address, and a refused copy can be retried under its id",
          "[contract][room]") {
  Wishes wishes;
  wishes.normal_copies_max = 50;
  World world(wishes);
  const MailboxId mailbox = open_mailbox(world.driver());
  const AddressHash greedy = grant(world.driver(), mailbox), quiet = grant(world.driver(), mailbox);
  for (std::size_t i = 0; i < wishes.normal_copies_max; ++i) REQUIRE(status_of(world, message(greedy, "more")) == wire::DONE);
  const Deliver refused = message(greedy, "refused once");
  CHECK(status_of(world, refused) == wire::FULL);
  for (std::size_t i = 0; i < limits::normal_places_own; ++i) CHECK(status_of(world, message(quiet, "mine")) == wire::DONE);
  CHECK(status_of(world, message(quiet, "a fifth")) == wire::FULL);
  CHECK(status_of(world, message(quiet, "urgent", wire::URGENT)) == wire::DONE);
  world.reopen();
  CHECK(status_of(world, refused) == wire::FULL);
  CHECK(status_of(world, message(quiet, "a fifth")) == wire::FULL);
  CHECK(world.driver().list(mailbox, wire::NORMAL).size() == wishes.normal_copies_max + limits::normal_places_own);
  world.driver().fetch(mailbox);
  CHECK(status_of(world, refused) == wire::DONE);
  CHECK(texts_of(world.driver().list(mailbox)) == Texts{"refused once"});
}

TEST_CASE("a mailbox's bytes are bounded too", "[contract][room]") {
  Wishes wishes;
  wishes.normal_bytes_max = 10 * limits::envelope_bytes_max;
  World world(wishes);
  const Person ann = person(world.driver());
  std::size_t stored = 0;
  Status last = wire::DONE;
  while (last == wire::DONE && stored < 100) {
    Deliver deliver = message(ann.address, "large");
    deliver.envelope = envelope("large", limits::envelope_bytes_max);
    last = status_of(world, deliver);
    if (last == wire::DONE) ++stored;
  }
  CHECK(last == wire::FULL);
  CHECK(stored >= 9);
  CHECK(stored <= 10);
}

TEST_CASE("a vigil reserves urgent places of its addresses and gives them back", "[contract][room]") {
  World world;
  const Person ann = person(world.driver());
  std::vector<Plan> plans;
  for (std::size_t i = 0; i < limits::vigils_per_address_max; ++i) {
    plans.push_back(alert({{0, {ann}}}, 1000));
    REQUIRE(status_of(world, plans.back().keep) == wire::DONE);
  }
  const Plan fifth = alert({{0, {ann}}}, 1000);
  CHECK(status_of(world, fifth.keep) == wire::FULL);
  CHECK(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::FULL);
  world.reopen();
  CHECK(status_of(world, fifth.keep) == wire::FULL);
  CHECK(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::FULL);
  REQUIRE(status_of(world, plans[0].end(wire::STOP)) == wire::DONE);
  CHECK(status_of(world, fifth.keep) == wire::DONE);
  REQUIRE(status_of(world, plans[1].end(wire::STOP)) == wire::DONE);
  CHECK(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::DONE);
}

TEST_CASE("a release finds its room, however full the mailbox is", "[contract][room]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  const Person ann{mailbox, grant(world.driver(), mailbox)};
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  std::size_t filled = 0;
  while (status_of(world, message(ann.address, "fill", wire::URGENT)) == wire::DONE) ++filled;
  CHECK(filled > 0);
  CHECK(filled < limits::urgent_places_own);
  world.pass_s(11);
  CHECK(waiting(world, ann).back() == "stage 0 to 0");
  CHECK(waiting(world, ann).size() == filled + 1);
  // Round after round, the undelivered copy is replaced, not heaped up.
  world.pass_s(3 * 3600, 60);
  CHECK(waiting(world, ann).size() == filled + 1);
  REQUIRE(status_of(world, plan.end(wire::STOP)) == wire::DONE);
  CHECK(waiting(world, ann).back() == "stop");
}

TEST_CASE("a vigil whose addresses are all full is refused as full, and kept under the same id when there is room",
          "[contract][room]") {
  World world;
  const Person full = person(world.driver());
  while (status_of(world, message(full.address, "fill", wire::URGENT)) == wire::DONE) continue;
  const Plan plan = alert({{0, {full}}});
  REQUIRE(status_of(world, plan.keep) == wire::FULL);
  world.driver().fetch(full.mailbox);
  CHECK(status_of(world, plan.keep) == wire::DONE);
  CHECK(waiting(world, full) == Texts{"stage 0 to 0"});
}

TEST_CASE("one full responder does not keep an alert from the others", "[contract][room]") {
  World world;
  const Person full = person(world.driver()), free = person(world.driver());
  while (status_of(world, message(full.address, "fill", wire::URGENT)) == wire::DONE) continue;
  const Plan plan = alert({{0, {full, free}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  CHECK(waiting(world, free) == Texts{"stage 0 to 1"});
}

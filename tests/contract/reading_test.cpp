// Contract: listing and acknowledging. Pages, cursors, positions.
#include <set>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("a page holds at most what was asked for and at most 256 KiB, and the next begins after it", "[contract][reading]") {
  World world;
  const Person ann = person(world.driver());
  for (int i = 0; i < 30; ++i) {
    Deliver deliver = message(ann.address, std::to_string(i));
    deliver.envelope = envelope(std::to_string(i), 16384);
    REQUIRE(status_of(world, deliver) == wire::DONE);
  }
  const auto three = world.driver().page(ann.mailbox, wire::NORMAL, 0, 3);
  REQUIRE(three);
  CHECK(texts_of(*three) == Texts{"0", "1", "2"});
  const auto next = world.driver().page(ann.mailbox, wire::NORMAL, three->back().at.order, 3);
  REQUIRE(next);
  CHECK(texts_of(*next) == Texts{"3", "4", "5"});
  const auto many = world.driver().page(ann.mailbox, wire::NORMAL, 0, 1000);
  REQUIRE(many);
  CHECK(many->size() >= 15);
  CHECK(many->size() <= 17);
  CHECK(world.driver().list(ann.mailbox).size() == 30);
}

TEST_CASE("listing an empty or unknown mailbox gives no copies", "[contract][reading]") {
  World world;
  const Person ann = person(world.driver());
  CHECK(world.driver().list(ann.mailbox).empty());
  CHECK(world.driver().list(random_id<MailboxId>()).empty());
}

TEST_CASE("listing does not remove, acknowledging does, in any order, once and for all", "[contract][reading]") {
  World world;
  const Person ann = person(world.driver());
  for (int i = 0; i < 6; ++i)
    REQUIRE(status_of(world, message(ann.address, std::to_string(i), i < 3 ? wire::URGENT : wire::NORMAL)) == wire::DONE);
  const auto all = world.driver().list(ann.mailbox);
  REQUIRE(texts_of(all) == Texts{"0", "1", "2", "3", "4", "5"});
  REQUIRE(texts_of(world.driver().list(ann.mailbox)) == texts_of(all));
  REQUIRE(world.driver().acknowledge(ann.mailbox, {all[4], all[1]}).status == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"0", "2", "3", "5"});
  world.reopen();
  CHECK(waiting(world, ann) == Texts{"0", "2", "3", "5"});
  REQUIRE(world.driver().acknowledge(ann.mailbox, {all[0], all[3], all[1]}).status == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"2", "5"});
  REQUIRE(world.driver().acknowledge(ann.mailbox, all).status == wire::DONE);
  CHECK(waiting(world, ann).empty());
  REQUIRE(world.driver().acknowledge(ann.mailbox, all).status == wire::DONE);
  world.reopen();
  CHECK(waiting(world, ann).empty());
}

TEST_CASE("acknowledging removes nothing from anybody else's mailbox", "[contract][reading]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  REQUIRE(status_of(world, message(ann.address, "for ann")) == wire::DONE);
  REQUIRE(status_of(world, message(bea.address, "for bea")) == wire::DONE);
  world.driver().acknowledge(bea.mailbox, world.driver().list(ann.mailbox));
  CHECK(waiting(world, ann) == Texts{"for ann"});
  CHECK(waiting(world, bea) == Texts{"for bea"});
}

TEST_CASE("made-up positions are no error and remove nothing", "[contract][reading]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, message(ann.address, "stays")) == wire::DONE);
  const auto copies = world.driver().list(ann.mailbox);
  Acknowledge made_up{ann.mailbox, {}};
  made_up.copies.push_back({wire::NORMAL, copies[0].at.order + 1, copies[0].at.where});
  made_up.copies.push_back({wire::NORMAL, copies[0].at.order - 1, copies[0].at.where});
  made_up.copies.push_back({wire::URGENT, copies[0].at.order, copies[0].at.where});
  made_up.copies.push_back({wire::NORMAL, ~std::uint64_t{0}, ~std::uint32_t{0}});
  CHECK(status_of(world, made_up) == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"stays"});
  world.reopen();
  CHECK(waiting(world, ann) == Texts{"stays"});
  // And the room that is counted is the room that is there.
  std::size_t more = 0;
  while (more < 20 && status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::DONE) ++more;
  CHECK(more == limits::urgent_places_own);
}

TEST_CASE("an acknowledgement and a new copy in one batch do not meet", "[contract][reading]") {
  World world;
  const Person ann = person(world.driver());
  std::vector<StoredCopy> before;
  for (int i = 0; i < 100; ++i) {
    const auto outcomes = world.driver().apply_together(
        {Acknowledge{ann.mailbox, before.empty() ? std::vector<Position>{} : std::vector<Position>{before[0].at}},
         message(ann.address, std::to_string(i))});
    REQUIRE(outcomes[0].status == wire::DONE);
    REQUIRE(outcomes[1].status == wire::DONE);
    before = world.driver().list(ann.mailbox);
    REQUIRE(texts_of(before) == Texts{std::to_string(i)});
  }
}

TEST_CASE("positions rise and are never used again, not after acknowledgement and not after opening again",
          "[contract][reading]") {
  World world;
  const Person ann = person(world.driver());
  std::set<std::pair<Lane, std::uint64_t>> seen;
  std::uint64_t last = 0;
  std::vector<StoredCopy> old;
  for (int opened = 0; opened < 8; ++opened) {
    for (int i = 0; i < 5; ++i) REQUIRE(status_of(world, message(ann.address, "x")) == wire::DONE);
    const auto copies = world.driver().list(ann.mailbox);
    REQUIRE(copies.size() == 5);
    for (const StoredCopy& copy : copies) {
      CHECK(copy.at.order > last);
      last = copy.at.order;
      CHECK(seen.emplace(copy.at.lane, copy.at.order).second);
    }
    // Acknowledgements from an earlier life hit nothing.
    REQUIRE(world.driver().acknowledge(ann.mailbox, old).status == wire::DONE);
    CHECK(world.driver().list(ann.mailbox).size() == 5);
    old = world.driver().fetch(ann.mailbox);
    world.reopen(1);
  }
}

// Contract: keeping vigils. Which are kept, once, and what is answered.
#include <set>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("an alert without a hold reaches its first tier in the commit that keeps it", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver()), cai = person(world.driver());
  const Plan plan = alert({{0, {ann, bea}}, {300, {cai}}});
  const Outcome kept = world.driver().apply(plan.keep);
  REQUIRE(kept.status == wire::DONE);
  const auto copies = world.driver().list(ann.mailbox);
  REQUIRE(texts_of(copies) == Texts{"stage 0 to 0"});
  CHECK(copies[0].at.lane == wire::URGENT);
  CHECK(copies[0].of_vigil == wire::STAGE);
  CHECK(copies[0].round == 1);
  CHECK(copies[0].stage == 0);
  CHECK(copies[0].released == world.clock().wall_s());
  CHECK(copies[0].id == released_copy_id(plan.keep.id, 1, 0, wire::STAGE, ann.address));
  CHECK(copies[0].expires > world.clock().wall_s() + 29 * 86'400);
  CHECK(waiting(world, bea) == Texts{"stage 0 to 1"});
  CHECK(waiting(world, cai).empty());
  REQUIRE(std::holds_alternative<VigilState>(kept.detail));
  world.reopen();
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("keeping again changes nothing and fires nothing twice", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {300, {ann}}}, 10);
  for (const Outcome& outcome : world.driver().apply_together({plan.keep, plan.keep})) CHECK(outcome.status == wire::DONE);
  world.pass_s(5);
  CHECK(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(5);
  CHECK(world.driver().fetch(ann.mailbox).size() == 1);
  CHECK(status_of(world, plan.keep) == wire::DONE);
  world.reopen();
  CHECK(status_of(world, plan.keep) == wire::DONE);
  world.pass_s(20);
  CHECK(waiting(world, ann).empty());
}

TEST_CASE("a hold of ten seconds releases at ten seconds, not before", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}}, limits::hold_s).keep) == wire::DONE);
  world.clock().advance_ms(9'900);
  world.driver().release_due();
  CHECK(waiting(world, ann).empty());
  world.clock().advance_ms(1'100);
  world.driver().release_due();
  CHECK(waiting(world, ann) == Texts{"stage 0 to 0"});
}

TEST_CASE("a vigil with no good address is refused and leaves nothing", "[contract][keep]") {
  World world;
  const Person withdrawn = person(world.driver());
  REQUIRE(status_of(world, Withdraw{withdrawn.mailbox, withdrawn.address}) == wire::DONE);
  const Plan plan = alert({{0, {withdrawn}}, {5, {{random_id<MailboxId>(), random_id<AddressHash>()}}}});
  CHECK(status_of(world, plan.keep) == wire::REFUSED);
  CHECK(world.store().figures().vigils == 0);
  CHECK_FALSE(world.store().look(plan.keep.id, plan.refresh));
}

TEST_CASE("an address without the right to be named in vigils does not count as good", "[contract][keep]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  Grant less = whole_grant(mailbox, random_id<AddressHash>());
  less.vigils = false;
  REQUIRE(status_of(world, less) == wire::DONE);
  CHECK(status_of(world, alert({{0, {{mailbox, less.address}}}}).keep) == wire::REFUSED);
  CHECK(world.driver().list(mailbox).empty());
}

TEST_CASE("refused addresses of a vigil count as silent: the others are released", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver());
  const Person nobody{random_id<MailboxId>(), random_id<AddressHash>()};
  REQUIRE(status_of(world, alert({{0, {nobody, ann}}}).keep) == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"stage 0 to 1"});
}

TEST_CASE("a tier of which every address is refused is skipped at once", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Person nobody{random_id<MailboxId>(), random_id<AddressHash>()};
  REQUIRE(status_of(world, alert({{0, {nobody}}, {300, {ann}}, {300, {nobody}}, {300, {bea}}}).keep) == wire::DONE);
  world.pass_s(1);
  CHECK(waiting(world, ann) == Texts{"stage 1 to 0"});
  world.pass_s(298);
  CHECK(waiting(world, bea).empty());
  world.pass_s(4);
  CHECK(waiting(world, bea) == Texts{"stage 3 to 0"});
}

TEST_CASE("an address withdrawn after the keep is silent at its release", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  REQUIRE(status_of(world, alert({{0, {ann}}, {300, {bea}}}, 10).keep) == wire::DONE);
  REQUIRE(status_of(world, Withdraw{ann.mailbox, ann.address}) == wire::DONE);
  world.pass_s(12);
  CHECK(world.driver().list(ann.mailbox).empty());
  CHECK(waiting(world, bea) == Texts{"stage 1 to 0"});
}

TEST_CASE("who holds the hurry or refresh secret sees what the relay has done so far, and nobody else does", "[contract][keep]") {
  World world;
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {300, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  const auto held = world.store().look(plan.keep.id, plan.refresh);
  REQUIRE(held);
  CHECK_FALSE(held->first.released);
  CHECK(held->first.round == 1);
  CHECK(held->first.stage == 0);
  CHECK(held->first.due_s <= 10);
  CHECK(held->first.due_s >= 9);
  CHECK(held->first.fetched == 0);
  CHECK(held->second.lease_s == 0);
  world.pass_s(10);
  const auto released = world.store().look(plan.keep.id, plan.hurry);
  REQUIRE(released);
  CHECK(released->first.released);
  CHECK(released->first.stage == 1);
  world.driver().fetch(ann.mailbox);
  CHECK(world.store().look(plan.keep.id, plan.hurry)->first.fetched == 1);
  const auto wrong = world.store().look(plan.keep.id, random_id<Secret>());
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error() == wire::REFUSED);
  const auto ending = world.store().look(plan.keep.id, plan.endings[0]);
  CHECK_FALSE(ending);
}

TEST_CASE("a vigil dies when its life is over, and its rows with it", "[contract][keep]") {
  Wishes wishes;
  wishes.vigil_life_s = 2 * 86'400;
  World world(wishes);
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}});
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  std::set<std::uint32_t> rounds;
  for (int hour = 0; hour < 47; ++hour) {
    world.pass_s(3600, 300);
    for (const StoredCopy& copy : world.driver().fetch(ann.mailbox)) rounds.insert(copy.round);
  }
  CHECK(rounds.size() > 20);
  CHECK(world.store().figures().vigils == 1);
  world.pass_s(2 * 3600, 300);
  world.driver().fetch(ann.mailbox);
  CHECK(world.store().figures().vigils == 0);
  world.pass_s(86'400, 3600);
  CHECK(waiting(world, ann).empty());
  CHECK(status_of(world, Hurry{plan.keep.id, plan.hurry}) != wire::DONE);
}

// Contract: prekeys. Each one-time prekey leaves once, and only after it is durably gone.
#include <set>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

PublishPrekeys prekeys(const MailboxId& mailbox, std::uint64_t sequence, std::uint32_t first, std::uint32_t count) {
  PublishPrekeys publish{mailbox, Bytes(200, static_cast<std::uint8_t>(sequence)), sequence, {}};
  for (std::uint32_t i = 0; i < count; ++i)
    publish.one_time.emplace_back(first + i, Bytes(33, static_cast<std::uint8_t>(first + i)));
  return publish;
}

TakenPrekeys taken(World& world, const AddressHash& address, bool one_time) {
  const Outcome outcome = world.driver().apply(TakePrekeys{address, one_time});
  REQUIRE(outcome.status == wire::DONE);
  REQUIRE(std::holds_alternative<TakenPrekeys>(outcome.detail));
  return std::get<TakenPrekeys>(outcome.detail);
}

}  // namespace

TEST_CASE("prekeys are fetched as they were published", "[contract][prekeys]") {
  World world;
  const Person ann = person(world.driver());
  const Outcome published = world.driver().apply(prekeys(ann.mailbox, 5, 100, 3));
  REQUIRE(published.status == wire::DONE);
  REQUIRE(std::holds_alternative<PrekeyCount>(published.detail));
  CHECK(std::get<PrekeyCount>(published.detail).one_time == 3);
  CHECK(std::get<PrekeyCount>(published.detail).sequence == 5);
  world.reopen();
  const TakenPrekeys bundle_only = taken(world, ann.address, false);
  CHECK(bundle_only.bundle == Bytes(200, 5));
  CHECK_FALSE(bundle_only.one_time);
  const TakenPrekeys one = taken(world, ann.address, true);
  CHECK(one.bundle == Bytes(200, 5));
  REQUIRE(one.one_time);
  CHECK(one.one_time->second == Bytes(33, static_cast<std::uint8_t>(one.one_time->first)));
  const auto count = world.store().count_prekeys(ann.mailbox);
  REQUIRE(count);
  CHECK(count->one_time == 2);
}

TEST_CASE("a one-time prekey is handed out once, whoever asks at the same time, and stays taken after opening again",
          "[contract][prekeys]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  std::vector<AddressHash> askers;
  for (int i = 0; i < 10; ++i) askers.push_back(grant(world.driver(), mailbox));
  REQUIRE(status_of(world, prekeys(mailbox, 1, 0, 50)) == wire::DONE);
  std::set<std::uint32_t> seen;
  for (int turn = 0; turn < 2; ++turn) {
    std::vector<Write> writes;
    for (int i = 0; i < 30; ++i) writes.emplace_back(TakePrekeys{askers[static_cast<std::size_t>(i) % 10], true});
    for (const Outcome& outcome : world.driver().apply_together(std::move(writes))) {
      REQUIRE(outcome.status == wire::DONE);
      const auto& got = std::get<TakenPrekeys>(outcome.detail);
      if (got.one_time) CHECK(seen.insert(got.one_time->first).second);
    }
    world.reopen();
  }
  CHECK(seen.size() == 50);
  CHECK(world.store().count_prekeys(mailbox)->one_time == 0);
}

TEST_CASE("one address takes no more one-time prekeys than its grant allows, and then gets the bundle alone",
          "[contract][prekeys]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  Grant introduction = whole_grant(mailbox, random_id<AddressHash>());
  introduction.prekeys_max = 2;
  REQUIRE(status_of(world, introduction) == wire::DONE);
  REQUIRE(status_of(world, prekeys(mailbox, 1, 0, 10)) == wire::DONE);
  CHECK(taken(world, introduction.address, true).one_time);
  world.reopen();
  CHECK(taken(world, introduction.address, true).one_time);
  const TakenPrekeys third = taken(world, introduction.address, true);
  CHECK_FALSE(third.one_time);
  CHECK_FALSE(third.bundle.empty());
  world.reopen();
  CHECK_FALSE(taken(world, introduction.address, true).one_time);
  CHECK(world.store().count_prekeys(mailbox)->one_time == 8);
}

TEST_CASE("an older bundle is done and ignored, an empty one keeps the present one", "[contract][prekeys]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, prekeys(ann.mailbox, 5, 0, 1)) == wire::DONE);
  CHECK(status_of(world, prekeys(ann.mailbox, 4, 1, 1)) == wire::DONE);
  CHECK(taken(world, ann.address, false).bundle == Bytes(200, 5));
  CHECK(status_of(world, PublishPrekeys{ann.mailbox, {}, 5, {{9, Bytes(33, 9)}}}) == wire::DONE);
  CHECK(taken(world, ann.address, false).bundle == Bytes(200, 5));
  REQUIRE(status_of(world, prekeys(ann.mailbox, 6, 20, 1)) == wire::DONE);
  world.reopen();
  CHECK(taken(world, ann.address, false).bundle == Bytes(200, 6));
  CHECK(world.store().count_prekeys(ann.mailbox)->sequence == 6);
}

TEST_CASE("publishing the same one-time prekeys again gives none of them out twice", "[contract][prekeys]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, prekeys(ann.mailbox, 1, 0, 4)) == wire::DONE);
  REQUIRE(status_of(world, prekeys(ann.mailbox, 1, 0, 4)) == wire::DONE);
  CHECK(world.store().count_prekeys(ann.mailbox)->one_time == 4);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 5; ++i)
    if (const auto one = taken(world, ann.address, true).one_time) CHECK(seen.insert(one->first).second);
  CHECK(seen.size() == 4);
}

TEST_CASE("the one-time prekeys of a mailbox are bounded", "[contract][prekeys]") {
  World world;
  const Person ann = person(world.driver());
  for (std::uint32_t first = 0; first < 1000; first += 100) world.driver().apply(prekeys(ann.mailbox, 1, first, 100));
  CHECK(world.store().count_prekeys(ann.mailbox)->one_time <= limits::one_time_max);
  world.reopen();
  CHECK(world.store().count_prekeys(ann.mailbox)->one_time <= limits::one_time_max);
}

TEST_CASE("who has no address gets no prekeys, and an unknown mailbox has none", "[contract][prekeys]") {
  World world;
  CHECK(status_of(world, TakePrekeys{random_id<AddressHash>(), false}) == wire::REFUSED);
  CHECK(status_of(world, prekeys(random_id<MailboxId>(), 1, 0, 1)) == wire::REFUSED);
  CHECK_FALSE(world.store().count_prekeys(random_id<MailboxId>()));
}

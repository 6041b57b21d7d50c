// Floods: one contact cannot keep another's alert out, and nobody fills the disk without an address that is charged.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>

#include "tests/contract/people.hpp"
#include "tests/contract/store_under_test.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("one contact with 10,000 urgent copies does not keep another's alert from arriving within 1 s", "[chaos][flood]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  const AddressHash flooder = grant(world.driver(), mailbox);
  const Person friendly{mailbox, grant(world.driver(), mailbox)};
  Driver flood(world.store());
  std::vector<std::uint64_t> tags;
  for (int i = 0; i < 10'000; ++i) tags.push_back(flood.submit(message(flooder, "flood", wire::URGENT)));
  const auto pressed = std::chrono::steady_clock::now();
  const Plan plan = alert({{0, {friendly}}});
  Status kept = wire::SLOW_DOWN;
  while (kept == wire::SLOW_DOWN) kept = world.driver().apply(plan.keep).status;
  REQUIRE(kept == wire::DONE);
  bool rings = false;
  for (const StoredCopy& copy : world.driver().list(mailbox)) rings = rings || text_of(copy) == "stage 0 to 0";
  const double took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - pressed).count();
  CHECK(rings);
  CHECK(took_s < 1.0);
  std::map<Status, int> answers;
  for (const std::uint64_t tag : tags) ++answers[flood.wait(tag).status];
  CHECK(answers[wire::DONE] == static_cast<int>(limits::urgent_places_own));
  CHECK(answers[wire::FULL] + answers[wire::SLOW_DOWN] == 10'000 - static_cast<int>(limits::urgent_places_own));
  std::printf("flood: the alert was listed %.0f ms after the press, behind 10,000 urgent copies of another\n", took_s * 1000);
}

TEST_CASE("what strangers without a good address send leaves nothing behind", "[chaos][flood]") {
  World world;
  person(world.driver());
  const Figures before = world.store().figures();
  std::vector<Write> writes;
  for (int i = 0; i < 1'000; ++i) {
    const Person nobody{random_id<MailboxId>(), random_id<AddressHash>()};
    const Plan plan = alert({{0, {nobody}}});
    writes.emplace_back(message(nobody.address, "x", i % 2 == 0 ? wire::URGENT : wire::NORMAL));
    if (i % 10 == 0) writes.emplace_back(plan.keep);
    writes.emplace_back(plan.end(wire::STOP));
    writes.emplace_back(plan.refreshed(1, 0, 0, "x"));
    writes.emplace_back(Hurry{plan.keep.id, plan.hurry});
    writes.emplace_back(TakePrekeys{nobody.address, true});
    writes.emplace_back(plan.close(0));
  }
  for (const Outcome& outcome : world.driver().apply_together(std::move(writes)))
    CHECK((outcome.status == wire::REFUSED || outcome.status == wire::SLOW_DOWN));
  const Figures after = world.store().figures();
  CHECK(after.bytes == before.bytes);
  CHECK(after.vigils == 0);
  CHECK(after.copies_normal == before.copies_normal);
  CHECK(after.copies_urgent == before.copies_urgent);
  CHECK(after.stored == before.stored);
}

TEST_CASE("one address fills no more than its room, by any verb", "[chaos][flood]") {
  Wishes wishes;
  wishes.normal_copies_max = 100;
  World world(wishes);
  const MailboxId mailbox = open_mailbox(world.driver());
  const Person hostile{mailbox, grant(world.driver(), mailbox)};
  std::mt19937_64 random(1);
  for (int i = 0; i < 3'000; ++i) {
    const std::uint64_t die = random() % 5;
    if (die == 0) world.driver().apply(alert({{0, {hostile}}, {60, {hostile}}}, 1000).keep);
    if (die == 1) world.driver().apply(End{random_id<VigilId>(), random_id<Secret>(), hostile.address});
    if (die >= 2) world.driver().apply(message(hostile.address, "x", die == 2 ? wire::URGENT : wire::NORMAL));
  }
  const Figures filled = world.store().figures();
  CHECK(filled.vigils <= limits::vigils_per_address_max);
  CHECK(filled.copies_urgent <= limits::urgent_places_own);
  CHECK(filled.copies_normal <= wishes.normal_copies_max);
  // The others have their places all the same.
  const Person friendly{mailbox, grant(world.driver(), mailbox)};
  CHECK(world.driver().apply(alert({{0, {friendly}}}).keep).status == wire::DONE);
  CHECK(world.driver().apply(message(friendly.address, "x")).status == wire::DONE);
}

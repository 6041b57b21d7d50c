// Nights, answers, holds: the promises about time and people, on the real store and an injected clock.
#include <rocksdb/db.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "storage/embedded/keys.hpp"
#include "tests/contract/keyed_env.hpp"
#include "tests/contract/people.hpp"
#include "tests/contract/store_under_test.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

// Whose mailboxes have got something: so that a simulated phone need not poll.
class Bells final : public Observer {
 public:
  void admitted(const MailboxId& mailbox, const StoredCopy&) noexcept override {
    const std::lock_guard lock(mutex_);
    rung_.insert(mailbox);
  }
  void settled(std::uint64_t) noexcept override {}
  void unsettled() noexcept override {}
  void next_due(std::uint64_t) noexcept override {}
  std::set<MailboxId> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(rung_, {});
  }

 private:
  std::mutex mutex_;
  std::set<MailboxId> rung_;
};

struct Responder {
  Person person;
  std::uint32_t night = 0, index = 0;
  std::uint64_t wakes_s = 0;  // hears nothing before
  bool sleepy = false;        // answers once, half asleep, and does nothing more
  std::uint32_t next_step = 1;
};

struct NightOf {
  Plan plan;
  bool answered = false;
  std::uint64_t first_wake_s = ~std::uint64_t{0};
  std::uint64_t answered_s = 0;
  std::uint32_t lapses = 0;
};

LeaseState lease_of(const Outcome& outcome) {
  REQUIRE(outcome.status == wire::DONE);
  REQUIRE(std::holds_alternative<LeaseState>(outcome.detail));
  return std::get<LeaseState>(outcome.detail);
}

void sum_up(const std::vector<NightOf>& all, std::uint64_t rings) {
  std::uint32_t answered = 0, hopeless = 0, lapses = 0;
  std::uint64_t longest_wait_s = 0;
  for (const NightOf& night : all) {
    answered += night.answered;
    lapses += night.lapses;
    if (night.first_wake_s > 24 * 3600) {
      ++hopeless;
      continue;
    }
    CHECK(night.answered);
    if (night.answered)
      longest_wait_s = std::max(longest_wait_s, night.answered_s - std::min(night.answered_s, night.first_wake_s));
  }
  CHECK(answered >= all.size() - hopeless);
  CHECK(lapses > 0);
  std::printf(
      "nights: %zu, answered %u, %u in which nobody woke within 24 h, %lu rings, %u answers lapsed, longest from waking to "
      "answering %lu min\n",
      all.size(), answered, hopeless, rings, lapses, longest_wait_s / 60);
}

}  // namespace

TEST_CASE("1,000 nights in which each responder sleeps with 70 %: none ends unanswered while anyone wakes within 24 h",
          "[chaos][nights]") {
  // Method: all nights at once in one store; three to seven responders in up to three tiers; a phone takes every copy at once, a
  // sleeper does not hear it; who is awake hears only what rings from then on. One in ten who answer does nothing more: the lease
  // must lapse.
  constexpr std::uint32_t nights = 1'000;
  std::mt19937_64 random(20'261'125);
  const auto below = [&](std::uint64_t bound) { return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random); };
  Bells bells;
  World world({}, &bells);
  std::vector<NightOf> all(nights);
  std::map<MailboxId, Responder> responders;
  for (std::uint32_t n = 0; n < nights; ++n) {
    std::vector<Tier> tiers(1 + below(3));
    std::uint32_t index = 0;
    for (std::size_t t = 0; t < tiers.size(); ++t) {
      tiers[t].after_s = t == 0 ? 0 : static_cast<std::uint32_t>(120 + below(600));
      const std::uint64_t people = 1 + below(3);
      for (std::uint64_t p = 0; p < people; ++p) {
        Responder one{person(world.driver()), n, index++, 0, false, 1};
        if (below(10) < 7) one.wakes_s = 600 + below(30 * 3600);
        one.sleepy = below(10) == 0;
        if (!one.sleepy) all[n].first_wake_s = std::min(all[n].first_wake_s, one.wakes_s);
        tiers[t].people.push_back(one.person);
        responders.emplace(one.person.mailbox, one);
      }
    }
    all[n].plan = alert(tiers, limits::hold_s);
    REQUIRE(world.driver().apply(all[n].plan.keep).status == wire::DONE);
  }
  std::uint64_t rings = 0, now_s = 0;
  while (now_s < 26 * 3600) {
    const std::uint64_t step_s = now_s < 3600 ? 20 : 120;
    world.clock().advance_s(step_s);
    now_s += step_s;
    REQUIRE(world.driver().release_due().status == wire::DONE);
    for (const MailboxId& mailbox : bells.take()) {
      Responder& responder = responders.at(mailbox);
      NightOf& night = all[responder.night];
      bool rang = false;
      for (const StoredCopy& copy : world.driver().fetch(mailbox)) {
        rang = rang || copy.of_vigil == wire::STAGE;
        if (copy.notice && copy.notice->act == wire::Released::LAPSED && copy.notice->index == responder.index) ++night.lapses;
      }
      rings += rang ? 1 : 0;
      if (!rang || now_s < responder.wakes_s || night.answered) continue;
      if (responder.sleepy && responder.next_step > 1) continue;
      const LeaseState lease = lease_of(world.driver().apply(night.plan.answer(responder.index, responder.next_step)));
      responder.next_step += 2;
      if (!lease.yours || responder.sleepy) continue;
      night.answered = true;
      night.answered_s = now_s;
      REQUIRE(world.driver().apply(night.plan.end(wire::STOP)).status == wire::DONE);
    }
  }
  sum_up(all, rings);
}

TEST_CASE("two answers in the same millisecond, 1,000 runs, half with the reply lost and retried: exactly one is yours",
          "[chaos][answers]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  std::uint64_t first = 0;
  for (int run = 0; run < 1'000; ++run) {
    const Plan plan = alert({{0, {ann, bea}}});
    REQUIRE(world.driver().apply(plan.keep).status == wire::DONE);
    std::array<LeaseState, 2> leases;
    if (run % 2 == 0) {
      // One batch, in either order.
      const std::uint32_t lead = run % 4 == 0 ? 0 : 1;
      const auto outcomes = world.driver().apply_together({plan.answer(lead, 1), plan.answer(1 - lead, 1)});
      leases[lead] = lease_of(outcomes[0]);
      leases[1 - lead] = lease_of(outcomes[1]);
    } else {
      // Two connections, two threads.
      std::array<Outcome, 2> outcomes;
      std::vector<std::thread> both;
      for (std::uint32_t who = 0; who < 2; ++who)
        both.emplace_back([&, who] {
          Driver driver(world.store());
          outcomes[who] = driver.apply(plan.answer(who, 1));
        });
      for (std::thread& thread : both) thread.join();
      leases = {lease_of(outcomes[0]), lease_of(outcomes[1])};
    }
    REQUIRE(leases[0].yours != leases[1].yours);
    first += leases[0].yours;
    REQUIRE(leases[0].holder == leases[1].holder);
    REQUIRE(leases[0].holder == (leases[0].yours ? 0u : 1u));
    if (run % 4 < 2) {
      // The replies were lost: asked again, the same.
      for (const std::uint32_t who : {1u, 0u})
        REQUIRE(lease_of(world.driver().apply(plan.answer(who, 1))).yours == leases[who].yours);
    }
    if (run % 100 == 50) {
      world.reopen();
      for (const std::uint32_t who : {1u, 0u})
        REQUIRE(lease_of(world.driver().apply(plan.answer(who, 1))).yours == leases[who].yours);
    }
    // One notice for the one answer, whatever was retried.
    for (const Person& who : {ann, bea}) {
      std::size_t notices = 0;
      for (const StoredCopy& copy : world.driver().fetch(who.mailbox)) notices += copy.notice ? 1 : 0;
      REQUIRE(notices == 1);
    }
    REQUIRE(world.driver().apply(plan.end(wire::STOP)).status == wire::DONE);
    for (const Person& who : {ann, bea}) world.driver().fetch(who.mailbox);
  }
  std::printf("answers: 1,000 races, %lu won by the first of two, always exactly one\n", first);
}

TEST_CASE("an answer followed by silence: the next stage comes at 15 min +- 1 s", "[chaos][answers]") {
  for (const std::uint64_t answered_ms : {0u, 300u, 59'400u}) {
    World world;
    const Person ann = person(world.driver()), bea = person(world.driver());
    const Plan plan = alert({{0, {ann}}, {60, {bea}}});
    REQUIRE(world.driver().apply(plan.keep).status == wire::DONE);
    world.clock().advance_ms(answered_ms);
    REQUIRE(lease_of(world.driver().apply(plan.answer(0, 1))).yours);
    world.driver().fetch(bea.mailbox);
    std::uint64_t passed_ms = 0;
    bool rang = false;
    while (!rang && passed_ms < 1'000'000) {
      world.clock().advance_ms(500);
      passed_ms += 500;
      world.driver().release_due();
      for (const StoredCopy& copy : world.driver().fetch(bea.mailbox)) rang = rang || copy.of_vigil == wire::STAGE;
    }
    CAPTURE(answered_ms, passed_ms);
    CHECK(passed_ms >= limits::lease_s * 1000 - 1000);
    CHECK(passed_ms <= limits::lease_s * 1000 + 1000);
  }
}

TEST_CASE("a client killed 3 s after the trigger: released at 10 s +- 1 s with the last fixes", "[chaos][hold]") {
  for (const std::uint64_t offset_ms : {0u, 250u, 999u}) {
    World world;
    const Person ann = person(world.driver());
    const Plan plan = alert({{0, {ann}}}, limits::hold_s);
    world.clock().advance_ms(offset_ms);
    REQUIRE(world.driver().apply(plan.keep).status == wire::DONE);
    for (std::uint64_t fix = 1; fix <= 3; ++fix) {
      world.clock().advance_ms(1000);
      REQUIRE(world.driver().apply(plan.refreshed(fix, 0, 0, "fix " + std::to_string(fix))).status == wire::DONE);
    }
    std::uint64_t passed_ms = 3000;
    std::vector<StoredCopy> copies;
    while (copies.empty() && passed_ms < 30'000) {
      world.clock().advance_ms(100);
      passed_ms += 100;
      world.driver().release_due();
      copies = world.driver().list(ann.mailbox);
    }
    CAPTURE(offset_ms, passed_ms);
    CHECK(passed_ms >= 9'000);
    CHECK(passed_ms <= 11'000);
    REQUIRE(copies.size() == 1);
    CHECK(text_of(copies[0]) == "fix 3");
  }
}

// ---- what a cancelled alert leaves on the disk

namespace {

// Every row of a closed store, by kind: keys only.
std::map<char, std::set<std::string>> rows_of(const std::filesystem::path& directory) {
  std::filesystem::path database;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.path().filename() == "CURRENT") database = entry.path().parent_path();
  REQUIRE_FALSE(database.empty());
  const KeyedEnv env(database.parent_path());
  rocksdb::DBOptions options;
  options.env = env.get();
  std::vector<std::string> families;
  REQUIRE(rocksdb::DB::ListColumnFamilies(options, database, &families).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& family : families) descriptors.emplace_back(family, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, database, descriptors, &handles, &opened);
  INFO(status.ToString());
  REQUIRE(status.ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::map<char, std::set<std::string>> rows;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    const bool heads = handle->GetName() == "heads";
    rocksdb::ReadOptions all;
    all.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(all, handle));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      const std::string key = at->key().ToString();
      rows[heads ? key[0] : static_cast<char>(kind_of_key(key))].insert(key);
    }
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  return rows;
}

}  // namespace

TEST_CASE("an alert cancelled inside its hold leaves no live row, only a remembered id that expires", "[chaos][hold]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {ann}}, {60, {bea}}}, limits::hold_s);
  REQUIRE(world.driver().apply(plan.keep).status == wire::DONE);
  world.store().close();
  {
    // The scan sees a living vigil: otherwise it would prove nothing.
    auto rows = rows_of(world.directory());
    CHECK(rows[static_cast<char>(Head::vigil)].size() == 1);
    CHECK(rows[static_cast<char>(Kind::vigil_part)].size() >= 2);
  }
  world.reopen();
  world.pass_s(3);
  REQUIRE(world.driver().apply(plan.end(wire::STOP)).status == wire::DONE);
  world.store().close();
  {
    auto rows = rows_of(world.directory());
    CHECK(rows[static_cast<char>(Head::vigil)].empty());
    CHECK(rows[static_cast<char>(Kind::vigil_part)].empty());
    CHECK(rows[static_cast<char>(Kind::copy)].empty());
    CHECK(rows[static_cast<char>(Kind::ended)].size() == 1);
  }
  world.reopen();
  world.pass_s(600, 5);
  CHECK(world.driver().list(ann.mailbox).empty());
  CHECK(world.driver().list(bea.mailbox).empty());
  // Its memory ends too: after 72 hours and the width of a bucket the row is not of this time any more.
  world.pass_s(limits::remembered_s + 2 * 86'400, 6 * 3600);
  const Instant now = world.clock().wall_s();
  world.store().close();
  for (const auto& [kind, keys] : rows_of(world.directory()))
    if (kind == static_cast<char>(Kind::ended))
      for (const std::string& key : keys) CHECK(bucket_of_key(key) <= now);
}

TEST_CASE("a lone answerer of any zeal cannot end or erase", "[chaos][answers]") {
  World world;
  const Person hostile = person(world.driver()), bea = person(world.driver());
  const Plan plan = alert({{0, {hostile}}, {60, {bea}}});
  REQUIRE(world.driver().apply(plan.keep).status == wire::DONE);
  std::uint32_t step = 1;
  std::set<std::pair<std::uint32_t, std::uint32_t>> heard;
  for (int minutes = 0; minutes < 12 * 60; minutes += 5) {
    world.driver().apply(plan.answer(0, step));
    world.driver().apply(plan.close(0));
    world.driver().fetch(hostile.mailbox);
    if (minutes % 20 == 0) step = std::min(step + 2, limits::answer_chain_steps);
    world.pass_s(300, 60);
    for (const StoredCopy& copy : world.driver().fetch(bea.mailbox))
      if (copy.of_vigil == wire::STAGE) heard.emplace(copy.round, copy.stage);
  }
  CHECK(world.store().figures().vigils == 1);
  CHECK(world.store().look(plan.keep.id, plan.refresh));
  CHECK_FALSE(heard.empty());
}

// Contract: what the observer is told, and when; and that every write is answered once.
#include <mutex>
#include <thread>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

class Notes final : public Observer {
 public:
  void admitted(const MailboxId& mailbox, const StoredCopy& copy) noexcept override {
    const std::lock_guard lock(mutex_);
    seen_.emplace_back(mailbox, copy);
  }
  void settled(std::uint64_t order) noexcept override {
    const std::lock_guard lock(mutex_);
    settled_ = std::max(settled_, order);
  }
  void unsettled() noexcept override {}
  void next_due(std::uint64_t due_ms) noexcept override {
    const std::lock_guard lock(mutex_);
    due_ms_ = due_ms;
  }

  std::vector<std::pair<MailboxId, StoredCopy>> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  std::uint64_t settled_order() {
    const std::lock_guard lock(mutex_);
    return settled_;
  }
  std::uint64_t due_ms() {
    const std::lock_guard lock(mutex_);
    return due_ms_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<MailboxId, StoredCopy>> seen_;
  std::uint64_t settled_ = 0;
  std::uint64_t due_ms_ = 0;
};

}  // namespace

TEST_CASE("a copy that is answered as done has been shown to the observer, once, as it is listed", "[contract][observer]") {
  Notes notes;
  World world({}, &notes);
  const Person ann = person(world.driver()), bea = person(world.driver());
  Deliver both = message(ann.address, "both", wire::URGENT);
  both.to.push_back(bea.address);
  REQUIRE(status_of(world, both) == wire::DONE);
  REQUIRE(status_of(world, both) == wire::DONE);
  REQUIRE(status_of(world, message(ann.address, "one")) == wire::DONE);
  REQUIRE(status_of(world, message(random_id<AddressHash>(), "nobody")) == wire::REFUSED);
  const auto seen = notes.seen();
  REQUIRE(seen.size() == 3);
  for (const Person& who : {ann, bea})
    for (const StoredCopy& listed : world.driver().list(who.mailbox)) {
      bool found = false;
      for (const auto& [mailbox, copy] : seen)
        found = found ||
                (mailbox == who.mailbox && copy.at == listed.at && copy.id == listed.id && *copy.envelope == *listed.envelope);
      CHECK(found);
      CHECK(notes.settled_order() >= listed.at.order);
    }
}

TEST_CASE("releases are shown to the observer like deliveries", "[contract][observer]") {
  Notes notes;
  World world({}, &notes);
  const Person ann = person(world.driver());
  const Plan plan = alert({{0, {ann}}}, 10);
  REQUIRE(status_of(world, plan.keep) == wire::DONE);
  CHECK(notes.seen().empty());
  world.pass_s(10);
  auto seen = notes.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].first == ann.mailbox);
  CHECK(seen[0].second.of_vigil == wire::STAGE);
  REQUIRE(status_of(world, plan.answer(0, 1)) == wire::DONE);
  seen = notes.seen();
  REQUIRE(seen.size() == 2);
  REQUIRE(seen[1].second.notice);
  CHECK(seen[1].second.notice->act == wire::Released::ANSWERED);
}

TEST_CASE("the observer knows the earliest moment at which there is something to release, after opening again too",
          "[contract][observer]") {
  Notes notes;
  World world({}, &notes);
  const Person ann = person(world.driver());
  // In the middle of a second, and told to the millisecond.
  world.clock().advance_ms(700);
  const std::uint64_t now_ms = world.clock().wall_ms();
  // The observer is told after the answers of a batch have left: a further batch makes sure of it.
  REQUIRE(status_of(world, alert({{0, {ann}}}, 500).keep) == wire::DONE);
  world.driver().release_due();
  CHECK(notes.due_ms() == now_ms + 500'000);
  const Plan sooner = alert({{0, {ann}}}, 100);
  REQUIRE(status_of(world, sooner.keep) == wire::DONE);
  world.driver().release_due();
  CHECK(notes.due_ms() == now_ms + 100'000);
  world.reopen();
  for (int i = 0; i < 2; ++i) world.driver().release_due();
  CHECK(notes.due_ms() == now_ms + 100'000);
  REQUIRE(status_of(world, sooner.end(wire::STOP)) == wire::DONE);
  for (int i = 0; i < 2; ++i) world.driver().release_due();
  CHECK(notes.due_ms() == now_ms + 500'000);
}

TEST_CASE("following next_due alone releases every stage in time", "[contract][observer]") {
  Notes notes;
  World world({}, &notes);
  const Person ann = person(world.driver());
  world.clock().advance_ms(999);  // not on a whole second
  const std::uint64_t start_ms = world.clock().wall_ms();
  REQUIRE(status_of(world, alert({{0, {ann}}, {45, {ann}}, {75, {ann}}}, 30).keep) == wire::DONE);
  world.driver().release_due();
  std::vector<std::uint64_t> fired_ms;
  for (int turn = 0; turn < 50 && world.clock().wall_ms() < start_ms + 160'000; ++turn) {
    const std::uint64_t due_ms = notes.due_ms(), now_ms = world.clock().wall_ms();
    if (due_ms > now_ms) world.clock().advance_ms(due_ms - now_ms);
    world.driver().release_due();
    world.driver().release_due();
    for (const StoredCopy& copy : world.driver().fetch(ann.mailbox)) {
      (void)copy;
      fired_ms.push_back(world.clock().wall_ms() - start_ms);
    }
  }
  CHECK(fired_ms == std::vector<std::uint64_t>{30'000, 75'000, 150'000, 150'000 + limits::first_rounds_s[0] * 1000ull});
}

TEST_CASE("closing answers everything outstanding, and afterwards everything is unavailable", "[contract][close-store]") {
  World world;
  const Person ann = person(world.driver());
  std::vector<std::uint64_t> tags;
  std::vector<Deliver> sent;
  for (int i = 0; i < 300; ++i) {
    sent.push_back(message(ann.address, std::to_string(i)));
    tags.push_back(world.driver().submit(sent.back()));
  }
  world.store().close();
  std::size_t done = 0;
  for (const std::uint64_t tag : tags) {
    const Outcome outcome = world.driver().wait(tag);
    CHECK((outcome.status == wire::DONE || outcome.status == wire::UNAVAILABLE || outcome.status == wire::UNKNOWN ||
           outcome.status == wire::SLOW_DOWN));
    if (outcome.status == wire::DONE) ++done;
  }
  CHECK(status_of(world, sent[0]) == wire::UNAVAILABLE);
  world.reopen();
  CHECK(world.driver().list(ann.mailbox).size() >= done);
  for (const Deliver& deliver : sent) REQUIRE(status_of(world, deliver) == wire::DONE);
  CHECK(world.driver().list(ann.mailbox).size() == sent.size());
}

TEST_CASE("many threads at once: every write is answered once, nothing is lost or doubled", "[contract][threads]") {
  World world;
  constexpr std::size_t threads = 6, each = 120;
  std::vector<Person> people;
  for (std::size_t i = 0; i < threads; ++i) people.push_back(person(world.driver()));
  std::vector<std::thread> crowd;
  std::atomic<std::size_t> refused = 0;
  for (std::size_t t = 0; t < threads; ++t)
    crowd.emplace_back([&, t] {
      Driver driver(world.store());
      std::vector<std::uint64_t> tags;
      for (std::size_t i = 0; i < each; ++i)
        tags.push_back(driver.submit(message(people[(t + i) % threads].address, std::to_string(t * each + i))));
      for (const std::uint64_t tag : tags)
        if (driver.wait(tag).status != wire::DONE) ++refused;
    });
  for (std::thread& thread : crowd) thread.join();
  CHECK(refused == 0);
  std::size_t found = 0;
  for (const Person& who : people) found += world.driver().list(who.mailbox).size();
  CHECK(found == threads * each);
}

// What others see while a commit is on its way to the disk: its sync is held, and looked at from outside.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "tests/chaos/faulty_store.hpp"
#include "tests/contract/people.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("what is not synced yet is neither answered nor shown, and is both once it is", "[chaos][uncommitted]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  REQUIRE(here.status_of(message(ann.address, "before")) == wire::DONE);
  here.disk->log_syncs.close();
  const std::uint64_t copy = here.driver->submit(message(ann.address, "on its way"));
  REQUIRE(here.disk->log_syncs.reached(1));  // written, and not synced
  const auto alone = here.driver->page(ann.mailbox, wire::NORMAL);
  REQUIRE(alone);
  CHECK(texts_of(*alone) == std::vector<std::string>{"before"});
  CHECK_FALSE(here.driver->answered(copy));
  here.disk->log_syncs.open();
  CHECK(here.driver->wait(copy).status == wire::DONE);
  CHECK(texts_of(here.driver->list(ann.mailbox)) == std::vector<std::string>{"before", "on its way"});
}

TEST_CASE("an acknowledgement that is not synced yet is not answered", "[chaos][uncommitted]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  REQUIRE(here.status_of(message(ann.address, "read")) == wire::DONE);
  const auto copies = here.driver->list(ann.mailbox);
  here.disk->log_syncs.close();
  const std::uint64_t acknowledged = here.driver->submit(Acknowledge{ann.mailbox, {copies.front().at}});
  REQUIRE(here.disk->log_syncs.reached(1));
  CHECK_FALSE(here.driver->answered(acknowledged));
  here.disk->log_syncs.open();
  CHECK(here.driver->wait(acknowledged).status == wire::DONE);
}

TEST_CASE("a page shows no copy of a commit that lands while it is read: those before it would be skipped for good",
          "[chaos][uncommitted]") {
  // A reader goes on after the last copy it was shown. Method: 100 copies for one mailbox are in a commit whose sync is held; a
  // page reads the copy before them, whose body is held too; the commit lands; then the page is read to its end.
  FaultyStore here;
  const Person ann = person(*here.driver), bea = person(*here.driver);
  // Fan-outs: their bodies are rows of their own. Opening reads the first row of a bucket, so there are two.
  for (const char* text : {"first", "first too"}) {
    Deliver large = message(ann.address, text);
    large.to.push_back(bea.address);
    large.envelope = envelope(text, limits::envelope_bytes_max);
    REQUIRE(here.status_of(large) == wire::DONE);
  }
  here.reopen();  // now they are in a table
  REQUIRE(here.status_of(message(ann.address, "second")) == wire::DONE);

  Deliver hundred = message(ann.address, "one of a hundred");
  while (hundred.to.size() < 100) hundred.to.push_back(grant(*here.driver, ann.mailbox));
  here.disk->log_syncs.close();
  const std::uint64_t commit = here.driver->submit(hundred);
  REQUIRE(here.disk->log_syncs.reached(1));

  here.disk->large_reads.close();
  std::optional<Result<Store::Page>> page;
  const auto came = [&](Result<Store::Page> got) { page = std::move(got); };
  here.store->list(ann.mailbox, wire::NORMAL, 0, 256, here.driver->executor(), came);
  REQUIRE(here.disk->large_reads.reached(1));
  here.disk->log_syncs.open();
  REQUIRE(here.driver->wait(commit).status == wire::DONE);
  here.disk->large_reads.open();
  for (int turn = 0; turn < 100 && !page; ++turn) here.driver->poll(100);
  REQUIRE(page);
  REQUIRE(*page);
  CHECK(texts_of(**page) == std::vector<std::string>{"first", "first too", "second"});
  CHECK(here.driver->list(ann.mailbox).size() == 103);
}

namespace {

// Whom the store tells of copies: counts them, on whatever thread.
class Admitted final : public Observer {
 public:
  void admitted(const MailboxId&, const StoredCopy&) noexcept override {
    const std::lock_guard lock(mutex_);
    ++copies_;
    moved_.notify_all();
  }
  void settled(std::uint64_t) noexcept override {}
  void unsettled() noexcept override {}
  void next_due(std::uint64_t) noexcept override {}
  // False after ten seconds.
  bool reached(std::size_t copies) {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, std::chrono::seconds(10), [&] { return copies_ >= copies; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::size_t copies_ = 0;
};

}  // namespace

TEST_CASE("a copy that comes while another is being synced is handed on at once, and answered with a sync of its own",
          "[chaos][uncommitted]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  Admitted admitted;
  here.store->observe(admitted);
  here.disk->log_syncs.close();
  const std::uint64_t first = here.driver->submit(message(ann.address, "first"));
  REQUIRE(here.disk->log_syncs.reached(1));
  const std::uint64_t normal = here.driver->submit(message(ann.address, "normal"));
  const std::uint64_t urgent = here.driver->submit(message(ann.address, "urgent", wire::URGENT));
  CHECK(admitted.reached(3));
  CHECK_FALSE(here.driver->answered(first));

  here.disk->log_syncs.let_one_through();
  CHECK(here.driver->wait(first).status == wire::DONE);
  REQUIRE(here.disk->log_syncs.reached(2));
  CHECK_FALSE(here.driver->answered(normal));
  CHECK_FALSE(here.driver->answered(urgent));
  CHECK(texts_of(*here.driver->page(ann.mailbox, wire::NORMAL)) == std::vector<std::string>{"first"});
  here.disk->log_syncs.open();
  CHECK(here.driver->wait(normal).status == wire::DONE);
  CHECK(here.driver->wait(urgent).status == wire::DONE);
  CHECK(here.driver->list(ann.mailbox).size() == 3);
  here.store->close();
}

TEST_CASE("what was decided behind a commit that fails is not written, and said to be unavailable", "[chaos][uncommitted]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  Admitted admitted;
  here.store->observe(admitted);
  const Deliver first = message(ann.address, "first"), second = message(ann.address, "second");
  here.disk->log_syncs.close();
  const std::uint64_t fails = here.driver->submit(first);
  REQUIRE(here.disk->log_syncs.reached(1));
  const std::uint64_t behind = here.driver->submit(second);
  REQUIRE(admitted.reached(2));
  here.disk->failing_syncs = 1;
  here.disk->log_syncs.open();
  CHECK(here.driver->wait(fails).status == wire::UNKNOWN);
  CHECK(here.driver->wait(behind).status == wire::UNAVAILABLE);
  CHECK(here.until_done(second) > 0);
  CHECK(here.until_done(first) > 0);
  CHECK(here.driver->list(ann.mailbox).size() == 2);
  here.store->close();
}

TEST_CASE("a vigil that is due before its own commit is on the disk is released whole", "[chaos][uncommitted]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  const Plan plan = alert({{0, {ann}}}, limits::hold_s, false);
  Admitted admitted;
  here.store->observe(admitted);
  here.disk->log_syncs.close();
  const std::uint64_t kept = here.driver->submit(plan.keep);
  REQUIRE(here.disk->log_syncs.reached(1));
  const std::uint64_t refreshed = here.driver->submit(plan.refreshed(1, 0, 0, "newer"));
  const std::uint64_t hurried = here.driver->submit(Hurry{plan.keep.id, plan.hurry});
  CHECK(admitted.reached(1));
  here.disk->log_syncs.let_one_through();
  CHECK(here.driver->wait(kept).status == wire::DONE);
  here.disk->log_syncs.open();
  CHECK(here.driver->wait(refreshed).status == wire::DONE);
  CHECK(here.driver->wait(hurried).status == wire::DONE);
  CHECK(texts_of(here.driver->list(ann.mailbox)) == std::vector<std::string>{"newer"});
  here.store->close();
}

TEST_CASE("what a commit on its way has changed stays in memory, however little of it there is", "[chaos][uncommitted]") {
  FaultyStore here(std::filesystem::path(), 1);  // a ledger of one byte: everything that may go goes
  const Person ann = person(*here.driver);
  here.disk->log_syncs.close();
  const std::uint64_t first = here.driver->submit(message(ann.address, "first"));
  REQUIRE(here.disk->log_syncs.reached(1));
  const std::uint64_t second = here.driver->submit(message(ann.address, "second"));
  here.disk->log_syncs.let_one_through();
  CHECK(here.driver->wait(first).status == wire::DONE);
  REQUIRE(here.disk->log_syncs.reached(2));  // the second is not on the disk, and a third commit begins
  const std::uint64_t third = here.driver->submit(message(ann.address, "third"));
  here.disk->log_syncs.let_one_through();
  CHECK(here.driver->wait(second).status == wire::DONE);
  here.disk->log_syncs.open();
  CHECK(here.driver->wait(third).status == wire::DONE);
  CHECK(texts_of(here.driver->list(ann.mailbox)) == std::vector<std::string>{"first", "second", "third"});
}

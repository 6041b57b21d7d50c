// Full, read-only and failing disks: true answers, and recovery by itself.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "storage/embedded/open.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/chaos/power_loss.hpp"
#include "tests/contract/people.hpp"
#include "tests/contract/store_under_test.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

// A store on a disk with faults.
class FaultyStore {
 public:
  FaultyStore() : FaultyStore(std::filesystem::path()) {}
  explicit FaultyStore(const std::filesystem::path& elsewhere, std::size_t ledger_bytes = 64u << 20) {
    options_.ledger_bytes = ledger_bytes;
    options_.directory = (elsewhere.empty() ? directory_.path() : elsewhere) / "store";
    options_.memtable_bytes = 1u << 20;
    options_.block_cache_bytes = 8u << 20;
    options_.clock = clock;
    options_.file_system = disk;
    open();
  }
  ~FaultyStore() {
    disk->log_syncs.open();
    disk->large_reads.open();
    close();
  }

  void reopen() {
    close();
    open();
  }

  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<FaultyDisk> disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  std::unique_ptr<Store> store;
  std::unique_ptr<Driver> driver;

  Status status_of(Write write) { return driver->apply(std::move(write)).status; }
  // As an outbox does: the same request until it is done. How often that was, or 0 after 'seconds' of real time.
  int until_done(const Write& write, int seconds = 20) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (int tries = 1; std::chrono::steady_clock::now() < end; ++tries) {
      if (status_of(write) == wire::DONE) return tries;
      driver->poll(50);
    }
    return 0;
  }

 private:
  void open() {
    auto opened = open_embedded(options_);
    if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
    store = std::move(*opened);
    driver = std::make_unique<Driver>(*store);
  }
  void close() {
    if (store) store->close();
    driver.reset();
    store.reset();
  }

  EmbeddedOptions options_;
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a failed sync is answered unknown; asked again under the same id it is done, once", "[chaos][disk]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  for (int run = 0; run < 5; ++run) {
    const Deliver deliver = message(ann.address, "copy " + std::to_string(run));
    here.disk->failing_syncs = 1;
    CHECK(here.status_of(deliver) == wire::UNKNOWN);
    CHECK(here.until_done(deliver) > 0);
    const auto copies = here.driver->list(ann.mailbox);
    REQUIRE(copies.size() == static_cast<std::size_t>(run) + 1);
    CHECK(text_of(copies.back()) == "copy " + std::to_string(run));
  }
  CHECK(here.store->figures().failed_syncs >= 5);
  here.reopen();
  CHECK(here.driver->list(ann.mailbox).size() == 5);
}

TEST_CASE("a failed sync loses no acknowledged copy and brings none back", "[chaos][disk]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  for (int i = 0; i < 10; ++i) REQUIRE(here.status_of(message(ann.address, std::to_string(i))) == wire::DONE);
  const auto copies = here.driver->list(ann.mailbox);
  REQUIRE(here.driver->acknowledge(ann.mailbox, {copies[0], copies[1], copies[2]}).status == wire::DONE);
  here.disk->failing_syncs = 3;
  CHECK(here.status_of(message(ann.address, "unknown")) != wire::DONE);
  const Deliver last = message(ann.address, "last");
  REQUIRE(here.until_done(last) > 0);
  const auto after = here.driver->list(ann.mailbox);
  std::vector<std::string> texts;
  for (const StoredCopy& copy : after)
    if (text_of(copy) != "unknown") texts.push_back(text_of(copy));
  CHECK(texts == std::vector<std::string>{"3", "4", "5", "6", "7", "8", "9", "last"});
}

TEST_CASE("a failed sync under an alert: it is unknown, and rings once when it is asked again", "[chaos][disk]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  const Plan plan = alert({{0, {ann}}});
  here.disk->failing_syncs = 1;
  CHECK(here.status_of(plan.keep) == wire::UNKNOWN);
  REQUIRE(here.until_done(plan.keep) > 0);
  const auto copies = here.driver->list(ann.mailbox);
  REQUIRE(copies.size() == 1);
  CHECK(text_of(copies[0]) == "stage 0 to 0");
  // A release whose sync fails is not lost either.
  const Plan held = alert({{0, {ann}}}, 10);
  REQUIRE(here.status_of(held.keep) == wire::DONE);
  here.clock->advance_s(11);
  here.disk->failing_syncs = 1;
  here.status_of(ReleaseDue{});
  REQUIRE(here.until_done(ReleaseDue{}) > 0);
  CHECK(here.driver->list(ann.mailbox).size() == 2);
}

TEST_CASE("a release that could not read one of its vigils says so, and asked again it lets each go, once", "[chaos][disk]") {
  FaultyStore here;
  std::vector<Person> people;
  for (int i = 0; i < 10; ++i) {
    people.push_back(person(*here.driver));
    REQUIRE(here.status_of(alert({{0, {people.back()}}}, 10).keep) == wire::DONE);
  }
  here.reopen();  // their copies are in tables now
  for (const Person& who : people) REQUIRE(here.status_of(message(who.address, "in memory", wire::URGENT)) == wire::DONE);
  here.clock->advance_s(11);
  here.disk->failing_reads = 1;
  CHECK(here.status_of(ReleaseDue{}) == wire::UNAVAILABLE);
  CHECK(here.disk->failing_reads == 0);
  CHECK(here.status_of(ReleaseDue{}) == wire::DONE);
  for (const Person& who : people)
    CHECK(texts_of(here.driver->list(who.mailbox)) == std::vector<std::string>{"in memory", "stage 0 to 0"});
}

TEST_CASE("a full disk: every answer is true, nothing kept is lost, and it recovers by itself", "[chaos][disk]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  REQUIRE(here.status_of(message(ann.address, "before")) == wire::DONE);
  here.disk->full = true;
  std::vector<Deliver> refused, unknown;
  for (int i = 0; i < 20; ++i) {
    Deliver deliver = message(ann.address, "while full");
    const Status status = here.status_of(deliver);
    CHECK((status == wire::UNAVAILABLE || status == wire::UNKNOWN));
    (status == wire::UNAVAILABLE ? refused : unknown).push_back(std::move(deliver));
  }
  CHECK(here.store->probe(random_id<AddressHash>()) != wire::DONE);
  here.disk->full = false;
  REQUIRE(here.until_done(message(ann.address, "after")) > 0);
  // Unavailable: nothing happened.
  std::set<CopyId> waiting;
  for (const StoredCopy& copy : here.driver->list(ann.mailbox)) waiting.insert(copy.id);
  for (const Deliver& deliver : refused) CHECK_FALSE(waiting.contains(copy_id(deliver.id, ann.address)));
  // Unknown and unavailable alike: asked again, done, once.
  for (const auto* some : {&refused, &unknown})
    for (const Deliver& deliver : *some) CHECK(here.status_of(deliver) == wire::DONE);
  CHECK(here.driver->list(ann.mailbox).size() == 22);
  here.reopen();
  CHECK(here.driver->list(ann.mailbox).size() == 22);
}

TEST_CASE("a disk that turns read-only: true answers, and work goes on when it is writable again", "[chaos][disk]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  REQUIRE(here.status_of(message(ann.address, "before")) == wire::DONE);
  here.disk->read_only = true;
  const Deliver deliver = message(ann.address, "meanwhile");
  for (int i = 0; i < 5; ++i) {
    const Status status = here.status_of(deliver);
    CHECK((status == wire::UNAVAILABLE || status == wire::UNKNOWN));
  }
  const Plan plan = alert({{0, {ann}}});
  CHECK(here.status_of(plan.keep) != wire::DONE);
  here.disk->read_only = false;
  REQUIRE(here.until_done(deliver) > 0);
  REQUIRE(here.until_done(plan.keep) > 0);
  const auto copies = here.driver->list(ann.mailbox);
  REQUIRE(copies.size() == 3);
  CHECK(text_of(copies[0]) == "stage 0 to 0");
}

TEST_CASE("closing on a failing disk ends, and what was acknowledged is there afterwards", "[chaos][disk]") {
  FaultyStore here;
  const Person ann = person(*here.driver);
  REQUIRE(here.status_of(message(ann.address, "kept")) == wire::DONE);
  here.disk->read_only = true;
  here.store->close();
  here.disk->read_only = false;
  here.reopen();
  CHECK(here.driver->list(ann.mailbox).size() == 1);
}

// ---- what a reader sees while a commit is on its way to the disk

TEST_CASE("what is not synced yet is neither answered nor shown, and is both once it is", "[chaos][disk][uncommitted]") {
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

TEST_CASE("an acknowledgement that is not synced yet is not answered", "[chaos][disk][uncommitted]") {
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
          "[chaos][disk][uncommitted]") {
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
          "[chaos][disk][uncommitted]") {
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

TEST_CASE("what was decided behind a commit that fails is not written, and said to be unavailable",
          "[chaos][disk][uncommitted]") {
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

TEST_CASE("a vigil that is due before its own commit is on the disk is released whole", "[chaos][disk][uncommitted]") {
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

TEST_CASE("what a commit on its way has changed stays in memory, however little of it there is", "[chaos][disk][uncommitted]") {
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

// ---- a small disk that really fills

namespace {

class SmallDisk {
 public:
  explicit SmallDisk(std::uint64_t mebibytes) : place_(false) {
    const std::string size = "size=" + std::to_string(mebibytes) + "m";
    mounted_ = geteuid() == 0 && mount("tmpfs", place_.path().c_str(), "tmpfs", 0, size.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(place_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return place_.path(); }
  // Leaves so much of the disk free, in percent: by one file that grows or shrinks, so that it is never emptier meanwhile.
  void fill_to(std::uint64_t free_percent) {
    const std::filesystem::path filler = path() / "filler";
    std::ofstream file(filler, std::ios::binary | std::ios::app);
    const auto space = std::filesystem::space(path());
    const std::uint64_t wanted = space.capacity * free_percent / 100;
    if (space.available < wanted) {
      const std::uint64_t size = std::filesystem::file_size(filler);
      std::filesystem::resize_file(filler, size - std::min<std::uint64_t>(size, wanted - space.available));
      return;
    }
    const std::string block(64 * 1024, 'x');
    for (std::uint64_t left = space.available - wanted; left >= block.size(); left -= block.size())
      file.write(block.data(), static_cast<std::streamsize>(block.size()));
  }

 private:
  TemporaryDirectory place_;
  bool mounted_ = false;
};

bool soon(const std::function<bool()>& wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (wanted()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

}  // namespace

TEST_CASE("below 10 % free normal copies are refused, below 3 % urgent ones and vigils; acknowledging works always",
          "[chaos][disk]") {
  SmallDisk small(160);
  if (!small.mounted()) {
    WARN("skipped: a small disk needs root and mount");
    return;
  }
  FaultyStore here(small.path());
  const Person ann = person(*here.driver);
  const Plan kept = alert({{0, {ann}}}, 3600);
  REQUIRE(here.status_of(kept.keep) == wire::DONE);
  std::uint64_t fixes = 0;
  const auto status = [&](Lane lane) { return here.status_of(message(ann.address, "x", lane)); };
  const auto filled_to = [&](unsigned percent) {
    small.fill_to(percent);
    // Percent are cut, and the filler is written in blocks: this one or the one below.
    return soon(
        [&] { return here.store->figures().free_percent == percent || here.store->figures().free_percent + 1 == percent; });
  };
  // Both sides of both limits, each nearer to it than the other limit is.
  REQUIRE(filled_to(12));
  CHECK(status(wire::NORMAL) == wire::DONE);
  for (const unsigned percent : {9u, 5u}) {
    REQUIRE(filled_to(percent));
    CHECK(status(wire::NORMAL) == wire::UNAVAILABLE);
    CHECK(status(wire::URGENT) == wire::DONE);
    CHECK(here.status_of(alert({{0, {ann}}}, 3600).keep) == wire::DONE);
    CHECK(here.status_of(kept.refreshed(++fixes, 0, 0, "fresh")) == wire::DONE);
  }
  // The ballast is given up, and then the disk is as full again.
  small.fill_to(1);
  REQUIRE(soon([&] { return here.store->figures().free_percent > 10; }));
  REQUIRE(filled_to(2));
  CHECK(status(wire::NORMAL) == wire::UNAVAILABLE);
  CHECK(status(wire::URGENT) == wire::UNAVAILABLE);
  CHECK(here.status_of(alert({{0, {ann}}}, 3600).keep) == wire::UNAVAILABLE);
  CHECK(here.status_of(kept.refreshed(++fixes, 0, 0, "fresh")) == wire::UNAVAILABLE);
  const auto copies = here.driver->list(ann.mailbox);
  CHECK(copies.size() == 3);
  CHECK(here.driver->acknowledge(ann.mailbox, copies).status == wire::DONE);
  CHECK(here.driver->list(ann.mailbox).empty());
  CHECK(here.status_of(kept.end(wire::STOP)) == wire::DONE);

  small.fill_to(60);
  REQUIRE(soon([&] { return here.store->figures().free_percent > 10; }));
  CHECK(here.until_done(message(ann.address, "normal")) > 0);
}

TEST_CASE("a disk that really is full: true answers, and acknowledged copies stay gone", "[chaos][disk]") {
  SmallDisk small(96);
  if (!small.mounted()) {
    WARN("skipped: a small disk needs root and mount");
    return;
  }
  FaultyStore here(small.path());
  const Person ann = person(*here.driver);
  std::set<CopyId> done;
  small.fill_to(0);
  for (int i = 0; i < 200; ++i) {
    Deliver deliver = message(ann.address, "x", wire::NORMAL);
    deliver.envelope = envelope("x", limits::envelope_bytes_max);
    const Status status = here.status_of(deliver);
    CHECK((status == wire::DONE || status == wire::UNAVAILABLE || status == wire::UNKNOWN || status == wire::FULL));
    if (status == wire::DONE) done.insert(copy_id(deliver.id, ann.address));
  }
  small.fill_to(60);
  REQUIRE(here.until_done(message(ann.address, "after")) > 0);
  std::set<CopyId> waiting;
  for (const StoredCopy& copy : here.driver->list(ann.mailbox)) waiting.insert(copy.id);
  for (const CopyId& id : done) CHECK(waiting.contains(id));
}

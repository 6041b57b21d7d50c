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
  explicit FaultyStore(const std::filesystem::path& elsewhere) {
    options_.directory = (elsewhere.empty() ? directory_.path() : elsewhere) / "store";
    options_.memtable_bytes = 1u << 20;
    options_.block_cache_bytes = 8u << 20;
    options_.clock = clock;
    options_.file_system = disk;
    open();
  }
  ~FaultyStore() { close(); }

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
  // Leaves so much of the disk free, in percent.
  void fill_to(std::uint64_t free_percent) {
    const std::filesystem::path filler = path() / "filler";
    std::filesystem::remove(filler);
    const auto space = std::filesystem::space(path());
    const std::uint64_t wanted = space.capacity * free_percent / 100;
    if (space.available <= wanted) return;
    std::ofstream file(filler, std::ios::binary);
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

TEST_CASE("below 10 % free normal copies are refused, below 3 % urgent ones; acknowledging works always", "[chaos][disk]") {
  SmallDisk small(160);
  if (!small.mounted()) {
    WARN("skipped: a small disk needs root and mount");
    return;
  }
  FaultyStore here(small.path());
  const Person ann = person(*here.driver);
  REQUIRE(here.status_of(message(ann.address, "first")) == wire::DONE);
  REQUIRE(here.status_of(message(ann.address, "second", wire::URGENT)) == wire::DONE);

  small.fill_to(7);
  REQUIRE(soon([&] { return here.store->figures().free_percent < 10; }));
  CHECK(here.status_of(message(ann.address, "normal")) == wire::UNAVAILABLE);
  CHECK(here.status_of(message(ann.address, "urgent", wire::URGENT)) == wire::DONE);
  CHECK(here.status_of(alert({{0, {ann}}}).keep) == wire::DONE);

  small.fill_to(1);
  REQUIRE(soon([&] { return here.store->figures().free_percent < 3; }));
  CHECK(here.status_of(message(ann.address, "normal")) == wire::UNAVAILABLE);
  CHECK(here.status_of(message(ann.address, "urgent", wire::URGENT)) == wire::UNAVAILABLE);
  const auto copies = here.driver->list(ann.mailbox);
  CHECK(copies.size() == 4);
  CHECK(here.driver->acknowledge(ann.mailbox, copies).status == wire::DONE);
  CHECK(here.driver->list(ann.mailbox).empty());

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

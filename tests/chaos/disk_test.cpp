// Full, read-only and failing disks: true answers, and recovery by itself.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "tests/chaos/faulty_store.hpp"
#include "tests/contract/people.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

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

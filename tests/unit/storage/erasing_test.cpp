// What RocksDB forgets: filters and collectors, and the files themselves searched for bytes.
#include <rocksdb/file_system.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "storage/embedded/rows.hpp"
#include "storage/embedded/scrubber.hpp"
#include "tests/unit/storage/support.hpp"

using namespace vigil;
using namespace vigil::storage;
using vigil::storage::test::Shop;

TEST_CASE("compaction purges a copy at its own expiry and any row with its bucket", "[storage][erasing]") {
  const auto now = std::make_shared<std::atomic<Instant>>(1000);
  const auto filter = purge_expired_rows(now)->CreateCompactionFilter({});
  using Decision = rocksdb::CompactionFilter::Decision;
  const auto decide = [&](const Key& key, std::uint32_t expires) {
    std::string value, out, skip;
    write_copy_head(value, expires, {});
    const rocksdb::Slice name(key.view().data(), key.view().size());
    return filter->FilterV2(0, name, rocksdb::CompactionFilter::ValueType::kValue, value, &out, &skip);
  };
  CHECK(decide(row_key(1200, Kind::copy, {}, 0, 1), 1001) == Decision::kKeep);
  CHECK(decide(row_key(1200, Kind::copy, {}, 0, 1), 1000) == Decision::kPurge);
  CHECK(decide(row_key(1000, Kind::copy, {}, 0, 1), 2000) == Decision::kPurge);
  CHECK(decide(prefix_key(1200, 0, Kind::remembered, {}), 1) == Decision::kKeep);
  CHECK(decide(row_key(forever, Kind::vigil_part, {}, 0, 1), 1) == Decision::kKeep);
}

namespace {

// Until 'holds', by the scrubber's own clock; every wait ends in a failure rather than in patience without end.
template <class Holds>
bool soon(Holds holds) {
  for (int turn = 0; turn < 600; ++turn) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

EmbeddedOptions quickly() {
  EmbeddedOptions options;
  options.scrub_interval_s = 1;
  return options;
}

}  // namespace

TEST_CASE("acknowledged bytes leave every file, those beside them stay", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  std::vector<Deliver> sent;
  for (int i = 0; i < 200; ++i) sent.push_back(Shop::deliver({shop.address(mailbox)}, wire::NORMAL, wire::FOURTEEN_DAYS));
  for (const Deliver& deliver : sent) REQUIRE(shop.status(deliver) == wire::DONE);
  const auto needle = [&](std::size_t i) { return View(*sent[i].envelope).first(32); };
  // They must be found before, or not finding them afterwards shows nothing.
  REQUIRE(shop.directory.files_with(needle(7)) > 0);
  REQUIRE(shop.directory.files_with(needle(150)) > 0);
  // In the tables already when they are acknowledged: the hard case.
  shop.reopen();
  REQUIRE(shop.directory.files_with(needle(7)) > 0);
  const auto page = shop.list(mailbox, wire::NORMAL, 0, 64);
  REQUIRE(page->size() == 64);
  std::vector<Position> half;
  for (std::size_t i = 0; i < 64; i += 2) half.push_back((*page)[i].at);
  REQUIRE(shop.status(Acknowledge{mailbox, half}) == wire::DONE);
  CHECK(soon([&] { return shop.directory.files_with(needle(0)) + shop.directory.files_with(needle(62)) == 0; }));
  CHECK(shop.directory.files_with(needle(1)) > 0);
  CHECK(shop.directory.files_with(needle(150)) > 0);
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 168);
}

TEST_CASE("expired bytes leave every file with their bucket, and by themselves inside a bucket", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  const Deliver momentary = Shop::deliver({address}, wire::NORMAL, wire::TEN_SECONDS);
  const Deliver brief = Shop::deliver({address}, wire::NORMAL, wire::TEN_MINUTES), day = Shop::deliver({address});
  for (const Deliver& deliver : {momentary, brief, day}) REQUIRE(shop.status(deliver) == wire::DONE);
  const View first = View(*momentary.envelope).first(32), gone = View(*brief.envelope).first(32),
             stays = View(*day.envelope).first(32);
  REQUIRE(shop.directory.files_with(first) > 0);
  REQUIRE(shop.directory.files_with(gone) > 0);
  // Two of them share a bucket, which goes on when the first has expired.
  shop.clock->pass(30);
  CHECK(soon([&] { return shop.directory.files_with(first) == 0; }));
  CHECK(shop.directory.files_with(gone) > 0);
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 2);
  shop.clock->pass(1300);
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 1);
  CHECK(soon([&] { return shop.directory.files_with(gone) == 0; }));
  CHECK(shop.directory.files_with(stays) > 0);
  CHECK(soon([&] { return shop.store->figures().copies_normal == 1; }));
}

TEST_CASE("a copy that expires long before its bucket leaves every file, with no deletion beside it", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  REQUIRE(shop.clock->wall % 600 == 0);  // the bucket of both has ten minutes to go
  const Deliver brief = Shop::deliver({address}, wire::NORMAL, wire::TEN_SECONDS);
  const Deliver other = Shop::deliver({address}, wire::NORMAL, wire::TEN_MINUTES);
  for (const Deliver& deliver : {brief, other}) REQUIRE(shop.status(deliver) == wire::DONE);
  const View gone = View(*brief.envelope).first(32), stays = View(*other.envelope).first(32);
  shop.reopen();  // in a table already
  REQUIRE(shop.directory.files_with(gone) > 0);
  shop.clock->pass(11);
  CHECK(soon([&] { return shop.directory.files_with(gone) == 0; }));
  CHECK(shop.directory.files_with(stays) > 0);
}

TEST_CASE("what has expired does not wait for the long cycle of a large store", "[storage][erasing]") {
  // At this pace the cycle after the first one comes in hours.
  EmbeddedOptions options = quickly();
  options.scrub_bytes_per_s = 1;
  Shop shop(options);
  const MailboxId mailbox = shop.mailbox();
  const Deliver brief = Shop::deliver({shop.address(mailbox)}, wire::NORMAL, wire::TEN_MINUTES);
  REQUIRE(shop.status(brief) == wire::DONE);
  const View bytes = View(*brief.envelope).first(32);
  shop.reopen();  // it lies in a table, whenever the first cycle comes
  REQUIRE(soon([&] { return shop.store->guarantees().erase_bound > std::chrono::hours(1); }));
  CHECK(shop.directory.files_with(bytes) > 0);
  shop.clock->pass(1300);
  CHECK(soon([&] { return shop.directory.files_with(bytes) == 0; }));
}

TEST_CASE("a bucket goes when it has ended, and the one after it stays to its last second", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  REQUIRE(shop.clock->wall % 600 == 0);  // buckets of ten minutes: the copies lie in neighbours
  const Deliver first = Shop::deliver({address}, wire::NORMAL, wire::TEN_MINUTES);
  REQUIRE(shop.status(first) == wire::DONE);
  shop.clock->pass(590);
  const Deliver second = Shop::deliver({address}, wire::NORMAL, wire::TEN_MINUTES);
  REQUIRE(shop.status(second) == wire::DONE);
  shop.clock->pass(20);
  const auto there = [&](const Deliver& deliver) { return shop.directory.files_with(View(*deliver.envelope).first(32)) > 0; };
  CHECK(soon([&] { return !there(first); }));
  CHECK(soon([&] { return shop.store->figures().copies_normal == 1; }));
  CHECK(there(second));
  for (const bool reopened : {false, true}) {
    if (reopened) shop.reopen();
    const auto page = shop.list(mailbox, wire::NORMAL);
    REQUIRE(page->size() == 1);
    CHECK(*page->front().envelope == *second.envelope);
  }
  shop.clock->pass(600);
  CHECK(soon([&] { return !there(second); }));
}

namespace {

// The rows of a store without its threads: what the disk forgets is what this test makes it forget.
class Bare {
 public:
  explicit Bare(bool compacts_by_itself, std::shared_ptr<rocksdb::FileSystem> over = nullptr) : disk(std::move(over)) {
    REQUIRE_FALSE(core.open());
    const Rocks::Reading reading = core.rocks.read();
    if (!compacts_by_itself) REQUIRE(reading.db().SetOptions(reading.once(), {{"disable_auto_compactions", "true"}}).ok());
  }
  ~Bare() { core.close(false); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  // One table with so many copies.
  void put(Bucket bucket, std::uint64_t copies) {
    write([&](Batch& batch) {
      for (std::uint64_t seq = 0; seq < copies; ++seq)
        batch.put_once(row_key(bucket, Kind::copy, {}, 0, seq), row(bucket), text(bucket, seq));
    });
  }
  void remove(Bucket bucket, std::uint64_t seq) {
    write([&](Batch& batch) { batch.remove_once(row_key(bucket, Kind::copy, {}, 0, seq)); });
  }
  // Out of the first level, where no file goes whole.
  void settle() {
    const Rocks::Reading reading = core.rocks.read();
    REQUIRE(reading.db().CompactRange({}, reading.once(), nullptr, nullptr).ok());
  }
  std::uint64_t tombstones() {
    const Rocks::Reading reading = core.rocks.read();
    rocksdb::TablePropertiesCollection tables;
    REQUIRE(reading.db().GetPropertiesOfAllTables(reading.once(), &tables).ok());
    std::uint64_t count = 0;
    for (const auto& [name, table] : tables) count += table->num_deletions;
    return count;
  }
  std::size_t tables() {
    const Rocks::Reading reading = core.rocks.read();
    std::vector<rocksdb::LiveFileMetaData> files;
    reading.db().GetLiveFilesMetaData(&files);
    return files.size();
  }
  void make_small_tables() {
    const Rocks::Reading reading = core.rocks.read();
    REQUIRE(reading.db().SetOptions(reading.once(), {{"target_file_size_base", "4096"}}).ok());
  }
  bool there(Bucket bucket, std::uint64_t seq) const {
    const std::string bytes = text(bucket, seq);
    return directory.files_with(View(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size())) > 0;
  }

  test::Directory directory;
  std::shared_ptr<test::HandClock> clock = std::make_shared<test::HandClock>();
  std::shared_ptr<rocksdb::FileSystem> disk;
  Core core{options()};

 private:
  EmbeddedOptions options() const {
    EmbeddedOptions options = quickly();
    options.directory = directory.path / "store";
    options.clock = clock;
    options.file_system = disk;
    std::filesystem::create_directories(options.directory);
    return options;
  }
  static std::string text(Bucket bucket, std::uint64_t seq) {
    return "copy " + std::to_string(seq) + " of bucket " + std::to_string(bucket) + '.';
  }
  static std::string row(Bucket bucket) {
    std::string out;
    write_copy_head(out, bucket, {});
    return out;
  }
  template <class Fill>
  void write(Fill fill) {
    Batch batch;
    batch.go_on(core.rocks.once(), core.rocks.heads(), core.clock.now_ms());
    fill(batch);
    REQUIRE(core.rocks.write(batch.rows).ok());
    const Rocks::Reading reading = core.rocks.read();
    REQUIRE(reading.db().Flush(rocksdb::FlushOptions(), {reading.once(), reading.heads()}).ok());
  }
};

}  // namespace

TEST_CASE("a table with a tombstone is compacted by RocksDB itself", "[storage][erasing]") {
  Bare bare(true);
  const auto soonest = static_cast<Bucket>(bare.clock->wall + 600);
  bare.put(soonest, 20);
  bare.remove(soonest, 7);
  CHECK(soon([&] { return bare.tombstones() == 0 && !bare.there(soonest, 7); }));
  CHECK(bare.there(soonest, 8));
}

TEST_CASE("an intruder sees in which table a deletion waits to be driven out, and in which log one may", "[storage][erasing]") {
  Bare bare(false);
  const auto soonest = static_cast<Bucket>(bare.clock->wall + 600);
  const auto waits_in = [&](const std::string& kind) {
    const auto seen = read_seized_disk(bare.directory.path / "store", nullptr, {});
    REQUIRE(seen);
    std::size_t count = 0;
    std::chrono::sys_seconds made = std::chrono::sys_seconds::max();
    for (const SeizedFile& file : seen->files) {
      if (file.kind == kind) count += file.may_hold_deleted ? 1 : 0;
      if (file.may_hold_deleted) made = std::min(made, file.made);
      CHECK(std::chrono::system_clock::now() - file.written < std::chrono::minutes(5));
      CHECK(file.made <= file.written);
    }
    CHECK(seen->oldest_that_may_hold_deleted().value_or(std::chrono::sys_seconds::max()) == made);
    return count;
  };
  bare.put(soonest, 20);
  CHECK(waits_in("tables") == 0);
  CHECK(waits_in("logs") == 0);  // flushed: nothing is in it
  bare.remove(soonest, 7);
  CHECK(waits_in("tables") == 1);
  bare.settle();
  CHECK(waits_in("tables") == 0);
  Batch batch;
  batch.go_on(bare.core.rocks.once(), bare.core.rocks.heads(), bare.core.clock.now_ms());
  batch.remove_once(row_key(soonest, Kind::copy, {}, 0, 8));
  REQUIRE(bare.core.rocks.write(batch.rows).ok());
  CHECK(waits_in("logs") == 1);
}

TEST_CASE("the files of a bucket that has ended go whole, and those of its neighbours stay", "[storage][erasing]") {
  Bare bare(true);
  const auto bucket = [&](unsigned number) { return static_cast<Bucket>(bare.clock->wall + number * 600); };
  const std::vector<Bucket> all{bucket(1), bucket(2), bucket(3)};
  for (const Bucket one : all) {
    bare.put(one, 20);
    bare.core.buckets.live(one, 0);
  }
  bare.settle();
  bare.clock->pass(2 * 600 - 1);  // the first has ended, the second ends in a second
  Scrubber scrubber(bare.core);
  scrubber.start();
  CHECK(soon([&] { return bare.core.buckets.all().size() == 2; }));
  scrubber.stop();
  for (const Bucket one : all) CHECK(bare.there(one, 7) == (one != all.front()));
}

namespace {

// How many tables are unlinked between two manifests: what one step of the store takes from the disk at once.
class CountingDisk final : public rocksdb::FileSystemWrapper {
 public:
  CountingDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "CountingDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override {
    if (path.find("MANIFEST-") != std::string::npos) at_once_ = 0;
    return target()->NewWritableFile(path, options, result, debug);
  }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (path.ends_with(".sst")) {
      most = std::max<std::size_t>(most, ++at_once_);
      by_reader += std::this_thread::get_id() == reader ? 1 : 0;
    }
    return target()->DeleteFile(path, options, debug);
  }
  std::atomic<std::size_t> most = 0, by_reader = 0;
  const std::thread::id reader = std::this_thread::get_id();  // who made it

 private:
  std::atomic<std::size_t> at_once_ = 0;
};

}  // namespace

TEST_CASE("a bucket of very many files goes a part at a time, whole, and its neighbours stay", "[storage][erasing]") {
  // All at once they keep the disk's journal, and whoever drops the last reference to them, busy for as long as there are files.
  const auto disk = std::make_shared<CountingDisk>();
  Bare bare(false, disk);
  bare.make_small_tables();
  const auto bucket = [&](unsigned number) { return static_cast<Bucket>(bare.clock->wall + number * 600); };
  const std::vector<Bucket> all{bucket(1), bucket(2), bucket(3)};
  for (const Bucket one : all) {
    bare.put(one, 20'000);
    bare.core.buckets.live(one, 0);
  }
  bare.settle();
  const std::size_t before = bare.tables();
  REQUIRE(before > 3 * 80);
  disk->most = 0;
  bare.clock->pass(2 * 600 - 1);  // the first has ended, the second ends in a second
  Scrubber scrubber(bare.core);
  scrubber.start();
  CHECK(soon([&] { return bare.core.buckets.all().size() == 2; }));
  scrubber.stop();
  CHECK(bare.tables() < before - 80);
  CHECK(bare.tables() > 2 * 80);
  CHECK(disk->most > 0);
  CHECK(disk->most <= 40);
  for (const Bucket one : all) {
    for (const std::uint64_t seq : {0u, 9999u, 19'999u}) CHECK(bare.there(one, seq) == (one != all.front()));
  }
}

TEST_CASE("who reads last from a bucket that has ended does not unlink its files", "[storage][erasing]") {
  const auto disk = std::make_shared<CountingDisk>();
  Bare bare(false, disk);
  const auto soonest = static_cast<Bucket>(bare.clock->wall + 600);
  bare.put(soonest, 20);
  bare.core.buckets.live(soonest, 0);
  bare.settle();
  REQUIRE(bare.there(soonest, 7));
  disk->by_reader = 0;
  Scrubber scrubber(bare.core);
  {
    const Rocks::Reading reading = bare.core.rocks.read();
    const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator({}, reading.once()));
    at->SeekToFirst();
    REQUIRE(at->Valid());
    bare.clock->pass(600 + 10);
    scrubber.start();
    CHECK(soon([&] { return bare.core.buckets.all().empty(); }));
    CHECK(at->Valid());
  }
  CHECK(disk->by_reader == 0);
  CHECK(soon([&] { return !bare.there(soonest, 7); }));
  scrubber.stop();
}

TEST_CASE("tables with tombstones that compaction does not reach by itself are compacted by name, every one of them",
          "[storage][erasing]") {
  Bare bare(false);
  const auto bucket = [&](unsigned number) { return static_cast<Bucket>(bare.clock->wall + number * 600); };
  for (const unsigned number : {1u, 2u, 3u}) bare.put(bucket(number), 20);
  for (const unsigned number : {1u, 3u}) bare.remove(bucket(number), 7);
  REQUIRE(bare.tombstones() == 2);
  Scrubber scrubber(bare.core);
  scrubber.start();
  CHECK(soon([&] { return bare.tombstones() == 0; }));
  scrubber.stop();
  for (const unsigned number : {1u, 3u}) CHECK_FALSE(bare.there(bucket(number), 7));
  for (const unsigned number : {1u, 2u, 3u}) CHECK(bare.there(bucket(number), 8));
  CHECK(bare.there(bucket(2), 7));
}

TEST_CASE("what is overwritten or withdrawn leaves every file: no address hash, no old bundle", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const Bytes old_bundle = random_bytes(300), new_bundle = random_bytes(300);
  REQUIRE(shop.status(PublishPrekeys{mailbox, old_bundle, 1, {}}) == wire::DONE);
  shop.reopen();
  REQUIRE(shop.directory.files_with(View(old_bundle).first(32)) > 0);
  REQUIRE(shop.status(PublishPrekeys{mailbox, new_bundle, 2, {}}) == wire::DONE);
  CHECK(soon([&] { return shop.directory.files_with(View(old_bundle).first(32)) == 0; }));
  CHECK(shop.directory.files_with(View(new_bundle).first(32)) > 0);
}

TEST_CASE("a burned mailbox leaves no byte", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const Deliver deliver = Shop::deliver({shop.address(mailbox)}, wire::URGENT, wire::THIRTY_DAYS);
  REQUIRE(shop.status(deliver) == wire::DONE);
  shop.reopen();
  REQUIRE(shop.directory.files_with(View(*deliver.envelope).first(32)) > 0);
  REQUIRE(shop.directory.files_with(mailbox.view()) > 0);
  REQUIRE(shop.status(Burn{mailbox}) == wire::DONE);
  CHECK(soon([&] { return shop.directory.files_with(View(*deliver.envelope).first(32)) == 0; }));
  CHECK(soon([&] { return shop.directory.files_with(mailbox.view()) == 0; }));
}

TEST_CASE("an alert cancelled inside its hold leaves no byte: no sealed copy, no hash, not its id", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  const Secret stop = random_id<Secret>(), go_on = random_id<Secret>(), refresh = random_id<Secret>();
  const SharedBytes staged = Shop::envelope(4096), fresh = Shop::envelope(4096), notice = Shop::envelope();
  const SharedBytes endings[2] = {Shop::envelope(), Shop::envelope()};
  Keep keep;
  keep.id = random_id<VigilId>();
  keep.kind = wire::ALERT;
  keep.due_in_s = 10;
  keep.hurry_hash = random_id<Hash>();
  keep.refresh_hash = vigil_secret_hash(refresh);
  keep.addresses = {address};
  keep.stages = {{.after_s = 0, .copies = {{0, staged}}}};
  keep.endings = {{vigil_secret_hash(stop), wire::STOP, {{0, endings[0]}}},
                  {vigil_secret_hash(go_on), wire::GO_ON, {{0, endings[1]}}}};
  keep.notices = {{0, notice}};
  REQUIRE(shop.status(keep) == wire::DONE);
  const auto files_with = [&](const SharedBytes& envelope) { return shop.directory.files_with(View(*envelope).first(32)); };
  REQUIRE(files_with(staged) > 0);
  REQUIRE(shop.status(Refresh{keep.id, refresh, 1, {{0, 0, fresh}}}) == wire::DONE);
  CHECK(soon([&] { return files_with(staged) == 0; }));  // replaced, while the vigil lives
  for (const SharedBytes& envelope : {fresh, notice, endings[0], endings[1]}) REQUIRE(files_with(envelope) > 0);
  REQUIRE(shop.directory.files_with(keep.id.view()) > 0);

  REQUIRE(shop.status(End{keep.id, stop, address}) == wire::DONE);
  for (const SharedBytes& envelope : {fresh, notice, endings[0], endings[1]})
    CHECK(soon([&] { return files_with(envelope) == 0; }));
  for (const Hash& hash : {keep.hurry_hash, keep.refresh_hash, keep.endings[0].hash, keep.endings[1].hash})
    CHECK(soon([&] { return shop.directory.files_with(hash.view()) == 0; }));
  CHECK(soon([&] { return shop.directory.files_with(keep.id.view()) == 0; }));
  CHECK(shop.list(mailbox, wire::URGENT)->empty());
  CHECK(shop.store->figures().vigils == 0);
}

TEST_CASE("below the free share of the disk copies are unavailable, and acknowledgements work", "[storage][disk]") {
  EmbeddedOptions options;
  options.free_for_normal_percent = 101;
  Shop shop(options);
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  CHECK(shop.status(Shop::deliver({address}, wire::NORMAL)) == wire::UNAVAILABLE);
  REQUIRE(shop.status(Shop::deliver({address}, wire::URGENT)) == wire::DONE);
  shop.options.free_for_urgent_percent = 101;
  shop.reopen();
  CHECK(shop.status(Shop::deliver({address}, wire::URGENT)) == wire::UNAVAILABLE);
  const auto page = shop.list(mailbox, wire::URGENT);
  REQUIRE(page->size() == 1);
  CHECK(shop.status(Acknowledge{mailbox, {page->front().at}}) == wire::DONE);
  CHECK(shop.list(mailbox, wire::URGENT)->empty());
}

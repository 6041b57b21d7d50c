// The keys of the files: durable before a file is made with them, gone from the disk when the file is, whatever the power does.
// Method: slots on a disk that loses power; the raw bytes of the slots' file; a store's directory put together from two days.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <sstream>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "storage/embedded/file_system.hpp"
#include "storage/embedded/ground.hpp"
#include "storage/embedded/key_slots.hpp"
#include "storage/seizure.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/chaos/power_loss.hpp"
#include "tests/unit/storage/support.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;
using vigil::storage::test::Directory;
using vigil::storage::test::Shop;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::unique_ptr<KeySlots> opened(const std::shared_ptr<rocksdb::FileSystem>& disk, const fs::path& path,
                                 const SecretBytes* master = nullptr) {
  auto slots = KeySlots::open(disk, path.string(), master);
  if (!slots) FAIL(slots.error());
  return std::move(*slots);
}

std::string refusal(const fs::path& path, const SecretBytes* master = nullptr) {
  const auto slots = KeySlots::open(rocksdb::FileSystem::Default(), path.string(), master);
  return slots ? "" : slots.error();
}

KeySlots::Taken taken(KeySlots& slots) {
  KeySlots::Taken out;
  REQUIRE(slots.take(out).ok());
  return out;
}

bool has(const KeySlots& slots, const KeySlots::Taken& one) {
  const SecretBytes found = slots.key(one.name);
  return text(found.view()) == text(one.key.view());
}

SecretBytes master() {
  SecretBytes out(32);
  random_fill(out.span());
  return out;
}

}  // namespace

TEST_CASE("keys are kept over a restart, each its own, in a file that only its owner reads", "[storage][keys]") {
  const Directory directory;
  const fs::path path = directory.path / "keys";
  const auto disk = rocksdb::FileSystem::Default();
  std::vector<KeySlots::Taken> all;
  {
    const auto slots = opened(disk, path);
    for (int i = 0; i < 100; ++i) all.push_back(taken(*slots));
  }
  struct stat file{};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0600);
  CHECK(file.st_size == 256 * 1024);
  const auto slots = opened(disk, path);
  std::set<std::string> different;
  for (const KeySlots::Taken& one : all) {
    CHECK(has(*slots, one));
    different.emplace(text(one.key.view()));
  }
  CHECK(different.size() == all.size());
  CHECK(slots->key({.index = all[0].name.index, .generation = all[0].name.generation + 1}).size() == 0);
  CHECK(slots->key({.index = 1'000'000, .generation = 0}).size() == 0);
}

TEST_CASE("a destroyed key leaves zeros, and its slot serves another file under another generation", "[storage][keys]") {
  const Directory directory;
  const fs::path path = directory.path / "keys";
  const auto disk = rocksdb::FileSystem::Default();
  const auto slots = opened(disk, path);
  const KeySlots::Taken kept = taken(*slots), gone = taken(*slots);
  const std::string before = bytes_of(path);
  slots->destroy(gone.name);
  const std::string after = bytes_of(path);
  const std::size_t at = 4096 + std::size_t{gone.name.index} * 128;
  CHECK(before.substr(at, 128) != std::string(128, '\0'));
  CHECK(after.substr(at, 128) == std::string(128, '\0'));
  CHECK(after.substr(0, at) == before.substr(0, at));  // and nothing else was touched
  CHECK(after.substr(at + 128) == before.substr(at + 128));
  CHECK(slots->key(gone.name).size() == 0);
  CHECK(has(*slots, kept));
  slots->destroy({.index = gone.name.index, .generation = 0});  // what a damaged head could name: not free twice
  // More than there were slots: those that are free serve again, then the file grows.
  std::vector<KeySlots::Taken> many;
  std::set<std::uint32_t> places;
  for (int i = 0; i < 3000; ++i) {
    many.push_back(taken(*slots));
    CHECK(places.insert(many.back().name.index).second);
  }
  const auto again = opened(disk, path);
  CHECK(again->key(gone.name).size() == 0);
  for (const KeySlots::Taken& one : many) REQUIRE(has(*again, one));
  CHECK(has(*again, kept));
  CHECK(fs::file_size(path) > 256 * 1024);
}

TEST_CASE("after an opening only the keys of files that are there live", "[storage][keys]") {
  const Directory directory;
  const auto disk = rocksdb::FileSystem::Default();
  KeySlots::Taken one, other;
  {
    const auto slots = opened(disk, directory.path / "keys");
    one = taken(*slots);
    other = taken(*slots);
  }
  const auto slots = opened(disk, directory.path / "keys");
  CHECK(slots->taken().size() == 32);  // those that lay ready, too: no file has their names
  slots->destroy_all_but({one.name});
  CHECK(slots->taken() == std::set<SlotName>{one.name});
  CHECK(opened(disk, directory.path / "keys")->taken() == std::set<SlotName>{one.name});
}

TEST_CASE("a key that was given out survives a power cut in the next moment, a destroyed one does not come back",
          "[storage][keys][power]") {
  std::uint64_t undone = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const Directory directory;
    const fs::path path = directory.path / "keys";
    std::vector<KeySlots::Taken> alive, dead;
    const auto disk = std::make_shared<PowerLoss>(seed, directory.path / "graves");
    {
      const auto slots = opened(disk, path);
      disk->cut_after(1 + seed % 40);
      std::mt19937_64 random(seed);
      while (!disk->is_cut()) {
        KeySlots::Taken next;
        if (!slots->take(next).ok()) break;
        alive.push_back(std::move(next));
        if (random() % 3 != 0) continue;
        const std::size_t which = random() % alive.size();
        slots->destroy(alive[which].name);
        // In the middle of the cut nobody was told.
        if (!disk->is_cut()) dead.push_back(std::move(alive[which]));
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    undone += disk->power_returns().overwrites_undone;
    const auto slots = opened(rocksdb::FileSystem::Default(), path);
    for (const KeySlots::Taken& one : alive) CHECK(has(*slots, one));
    for (const KeySlots::Taken& one : dead) CHECK(slots->key(one.name).size() == 0);
  }
  CHECK(undone > 100);  // the disk did forget what was not synced
}

TEST_CASE("what the disk refuses to overwrite is tried again, and is gone from memory meanwhile", "[storage][keys]") {
  const Directory directory;
  const fs::path path = directory.path / "keys";
  const auto disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  const auto slots = opened(disk, path);
  const KeySlots::Taken one = taken(*slots);
  disk->read_only = true;
  slots->destroy(one.name);
  CHECK(slots->key(one.name).size() == 0);
  slots->destroy_rest();
  CHECK(slots->undestroyed() == 1);
  CHECK(has(*opened(rocksdb::FileSystem::Default(), path), one));  // who takes the disk now finds it
  disk->read_only = false;
  slots->destroy_rest();
  CHECK(slots->undestroyed() == 0);
  CHECK(opened(rocksdb::FileSystem::Default(), path)->key(one.name).size() == 0);
  // What a crash left of a slot that was just being written is no worry: it goes with the next opening of the database.
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(4096 + 100 * 128).write("torn", 4);
  const auto again = opened(disk, path);
  CHECK(again->undestroyed() == 1);
  again->destroy_all_but({});
  CHECK(again->undestroyed() == 0);
  CHECK(bytes_of(path).substr(4096 + 100 * 128, 128) == std::string(128, '\0'));
}

TEST_CASE("the keys of erased files that a failing disk does not let go are counted, until it does", "[storage][keys]") {
  EmbeddedOptions options;
  options.scrub_interval_s = 1;
  const auto disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  options.file_system = disk;
  Shop shop(options);
  const auto await = [&](auto wanted) {
    for (int turn = 0; turn < 3000 && !wanted(shop.store->figures().undestroyed_keys); ++turn)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return wanted(shop.store->figures().undestroyed_keys);
  };
  CHECK(shop.store->figures().undestroyed_keys == 0);
  disk->keeps_old_bytes = true;  // and each round of the scrubber takes files away
  CHECK(await([](std::uint64_t keys) { return keys > 0; }));
  disk->keeps_old_bytes = false;
  CHECK(await([](std::uint64_t keys) { return keys == 0; }));
  shop.close();
  const auto left = read_seized_disk(shop.options.directory, nullptr, {});
  REQUIRE(left);
  for (const SlotName& name : left->keys_of_files) CHECK(left->keys.contains(name));
}

TEST_CASE("while the disk is slow to destroy a key, others are found and given out", "[storage][keys]") {
  // Thousands of files go at once when a bucket ends: each overwrites its slot and syncs. A reader that opens a table and a
  // commit that begins a new log must not stand behind them.
  const Directory directory;
  const auto disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  const auto slots = opened(disk, directory.path / "keys");
  const KeySlots::Taken gone = taken(*slots), stays = taken(*slots);
  disk->slot_syncs.close();
  auto destroying = std::async(std::launch::async, [&] { slots->destroy(gone.name); });
  CHECK(disk->slot_syncs.reached(1));
  auto asking = std::async(std::launch::async, [&] {
    KeySlots::Taken next;
    return !has(*slots, gone) && has(*slots, stays) && slots->take(next).ok() && has(*slots, next);
  });
  CHECK(asking.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  disk->slot_syncs.open();
  destroying.get();
  CHECK(asking.get());
  CHECK_FALSE(opened(disk, directory.path / "keys")->taken().contains(gone.name));
}

TEST_CASE("keys are made ready before the last one is taken, so that whoever takes one does not wait for the disk",
          "[storage][keys]") {
  const Directory directory;
  const auto disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  const auto slots = opened(disk, directory.path / "keys");
  std::vector<KeySlots::Taken> all;
  for (int turn = 0; turn < 4; ++turn) {
    slots->make_ready();
    disk->slot_syncs.close();  // who syncs now stands here
    auto taking = std::async(std::launch::async, [&] {
      for (int i = 0; i < 16; ++i) {
        if (!slots->take(all.emplace_back()).ok()) return false;
      }
      return true;
    });
    CHECK(taking.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    disk->slot_syncs.open();
    CHECK(taking.get());
  }
  const auto again = opened(disk, directory.path / "keys");
  for (const KeySlots::Taken& one : all) CHECK(has(*again, one));  // durable, all of them
}

TEST_CASE("a disk that refuses fresh keys is not asked for ever more of them", "[storage][keys]") {
  const Directory directory;
  const auto disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  const auto slots = opened(disk, directory.path / "keys");
  for (int i = 0; i < 20; ++i) taken(*slots);
  disk->read_only = true;
  for (int turn = 0; turn < 5; ++turn) slots->make_ready();
  CHECK(slots->undestroyed() == 32);  // those of the first turn
  disk->read_only = false;
  slots->destroy_rest();
  CHECK(slots->undestroyed() == 0);
  slots->make_ready();
  disk->read_only = true;
  for (int i = 0; i < 12 + 32; ++i) taken(*slots);
}

TEST_CASE("a log whose front was torn when the power went is empty, wherever it was torn", "[storage][keys]") {
  const Directory directory;
  const auto slots = opened(rocksdb::FileSystem::Default(), directory.path / "keys");
  const auto sealing = sealing_file_system(rocksdb::FileSystem::Default(), *slots);
  const std::string whole = directory.path / "000001.log", torn = directory.path / "000002.log";
  std::unique_ptr<rocksdb::FSWritableFile> log;
  REQUIRE(sealing->NewWritableFile(whole, {}, &log, nullptr).ok());
  REQUIRE(log->Append("rows", {}, nullptr).ok());
  REQUIRE(log->Close({}, nullptr).ok());
  const std::string bytes = bytes_of(whole);
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    for (const std::string& rest : {std::string(), std::string(bytes.size() - at, '\0')}) {
      INFO(at);
      std::ofstream(torn, std::ios::binary) << bytes.substr(0, at) << rest;
      std::unique_ptr<rocksdb::FSSequentialFile> file;
      REQUIRE(sealing->NewSequentialFile(torn, {}, &file, nullptr).ok());
      std::array<char, 16> scratch{};
      rocksdb::Slice found;
      REQUIRE(file->Read(scratch.size(), {}, &found, scratch.data(), nullptr).ok());
      CHECK((found.empty() || at >= 40));
      CHECK((found == "rows") == (at == bytes.size()));
    }
  }
}

TEST_CASE("a file of keys longer than it can be is damaged, and not read into memory", "[storage][keys]") {
  const Directory directory;
  const fs::path path = directory.path / "keys";
  taken(*opened(rocksdb::FileSystem::Default(), path));
  fs::resize_file(path, std::uintmax_t{1} << 40);  // holes
  CHECK(refusal(path).ends_with("it is damaged"));
}

TEST_CASE("keys whose own key lies elsewhere open with it and with nothing else, and each refusal says why", "[storage][keys]") {
  const Directory directory;
  const fs::path outside = directory.path / "outside", inside = directory.path / "inside";
  const auto disk = rocksdb::FileSystem::Default();
  const SecretBytes right = master(), wrong = master();
  const KeySlots::Taken one = taken(*opened(disk, outside, &right));
  taken(*opened(disk, inside));
  CHECK(has(*opened(disk, outside, &right), one));
  CHECK(bytes_of(outside).find(text(right.view())) == std::string::npos);
  CHECK(bytes_of(outside).find(text(one.key.view())) == std::string::npos);
  CHECK(refusal(outside, &wrong).ends_with("the passphrase or key is wrong"));
  CHECK(refusal(outside).ends_with("the key to it lies elsewhere, and was not given"));
  CHECK(refusal(inside, &right).ends_with("the key to it lies in itself, and another one was given"));
  std::fstream(inside, std::ios::in | std::ios::out | std::ios::binary).write("something else", 14);
  CHECK(refusal(inside).ends_with("it is damaged"));
  CHECK_FALSE(destroy_keys(outside));
  CHECK(refusal(outside, &right).ends_with("it has been destroyed"));
  const std::string all = bytes_of(outside);
  CHECK(all.find_first_not_of('\0') == std::string::npos);
  CHECK(destroy_keys(directory.path / "nothing"));
}

// ---- a store's directory from two days

TEST_CASE("yesterday's files open with today's keys as far as they still are today's, and the reverse", "[storage][keys]") {
  // Yesterday one copy waits; today it has been acknowledged and another one waits, and the scrubber has been round.
  EmbeddedOptions options;
  options.scrub_interval_s = 1;
  Shop shop(options);
  const fs::path today = shop.options.directory, yesterday = shop.directory.path / "yesterday",
                 mixed = shop.directory.path / "mixed";
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  const Deliver first = Shop::deliver({address}, wire::NORMAL, wire::FOURTEEN_DAYS);
  const Deliver second = Shop::deliver({address}, wire::NORMAL, wire::FOURTEEN_DAYS);
  const std::vector<Bytes> markers{Bytes(first.envelope->begin(), first.envelope->begin() + 64),
                                   Bytes(second.envelope->begin(), second.envelope->begin() + 64)};
  REQUIRE(shop.status(first) == wire::DONE);
  shop.close();
  fs::copy(today, yesterday, fs::copy_options::recursive);
  shop.open();
  const auto page = shop.list(mailbox, wire::NORMAL);
  REQUIRE(page);
  REQUIRE(page->size() == 1);
  REQUIRE(shop.status(Acknowledge{mailbox, {page->front().at}}) == wire::DONE);
  REQUIRE(shop.status(second) == wire::DONE);
  for (int turn = 0; turn < 600 && shop.directory.files_with(markers[0]) != 0; ++turn)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  shop.close();

  const auto finds = [&](const fs::path& rows, const fs::path& keys) {
    fs::remove_all(mixed);
    fs::create_directories(mixed);
    fs::copy(rows / rows_name, mixed / rows_name, fs::copy_options::recursive);
    fs::copy(keys / keys_name, mixed / keys_name);
    const auto seen = read_seized_disk(mixed, nullptr, markers);
    REQUIRE(seen);
    return std::pair(seen->files_with(0) != 0, seen->files_with(1) != 0);
  };
  using Found = std::pair<bool, bool>;
  CHECK(finds(yesterday, yesterday) == Found(true, false));  // a whole snapshot opens: said in the threat model
  CHECK(finds(today, today) == Found(false, true));
  CHECK(finds(yesterday, today) == Found(false, false));  // what has been acknowledged since stays closed
  CHECK(finds(today, yesterday) == Found(false, false));  // what has come since, too
}

TEST_CASE("no byte of a row lies on the disk in the clear", "[storage][keys]") {
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  const Deliver waits = Shop::deliver({shop.address(mailbox)});
  REQUIRE(shop.status(waits) == wire::DONE);
  for (const bool closed : {false, true}) {  // in the log, then in a table
    if (closed) shop.close();
    const std::vector<Bytes> markers{Bytes(waits.envelope->begin(), waits.envelope->begin() + 64),
                                     Bytes(waits.to[0].bytes.begin(), waits.to[0].bytes.end())};
    const auto seen = read_seized_disk(shop.options.directory, nullptr, markers);
    REQUIRE(seen);
    for (std::size_t marker = 0; marker < markers.size(); ++marker) {
      CHECK(seen->files_with(marker) > 0);
      for (const SeizedFile& file : seen->files) CHECK(file.raw[marker] == 0);
    }
    for (const SlotName& name : seen->keys_of_files) CHECK(seen->keys.contains(name));
  }
}

TEST_CASE("with keys in memory nothing of a store can be read when its process has ended, and the next begins empty",
          "[storage][keys]") {
  EmbeddedOptions options;
  options.keys_in_memory = true;
  Shop shop(options);
  const MailboxId mailbox = shop.mailbox();
  const Deliver waits = Shop::deliver({shop.address(mailbox)});
  REQUIRE(shop.status(waits) == wire::DONE);
  shop.close();
  const auto seen = read_seized_disk(shop.options.directory, nullptr, {*waits.envelope});
  REQUIRE(seen);
  CHECK_FALSE(seen->keys_on_disk);
  CHECK(seen->files_with(0) == 0);
  for (const SeizedFile& file : seen->files) CHECK_FALSE(file.opened);
  shop.open();
  CHECK_FALSE(shop.store->has_mailbox(mailbox));
  // A store whose keys lie on the disk is not thrown away by a changed configuration.
  Shop other;
  other.mailbox();
  other.close();
  other.options.keys_in_memory = true;
  CHECK_THROWS_WITH(other.open(), Catch::Contains("has its keys on the disk"));
  other.options.keys_in_memory = false;
  CHECK_FALSE(destroy_keys(other.options.directory / keys_name));
  CHECK_THROWS_WITH(other.open(), Catch::Contains("has been destroyed"));
  fs::remove(other.options.directory / keys_name);
  CHECK_THROWS_WITH(other.open(), Catch::Contains("nobody can read it"));
}

TEST_CASE("no key outlives its file, neither while the store runs nor when it dies and comes back", "[storage][keys]") {
  EmbeddedOptions options;
  options.scrub_interval_s = 1;
  Shop shop(options);
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  std::set<SlotName> ever;
  const auto look = [&] {
    const auto seen = read_seized_disk(shop.options.directory, nullptr, {});
    REQUIRE(seen);
    ever.insert(seen->keys_of_files.begin(), seen->keys_of_files.end());
    return *seen;
  };
  const auto outlived = [&] {
    const SeizedDisk now = look();
    return std::count_if(ever.begin(), ever.end(),
                         [&](const SlotName& one) { return now.keys.contains(one) && !now.keys_of_files.contains(one); });
  };
  for (int life = 0; life < 4; ++life) {
    REQUIRE(shop.status(Shop::deliver({address})) == wire::DONE);
    look();
    if (life % 2 == 0) {
      // The scrubber writes tables and manifests anew, and unlinks the old ones.
      const std::size_t known = ever.size();
      for (int turn = 0; turn < 600 && ever.size() < known + 4; ++turn) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        look();
      }
      // Unlinked and not destroyed yet is a moment at most.
      for (int turn = 0; turn < 600 && outlived() != 0; ++turn) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      CHECK(outlived() == 0);
    }
    shop.reopen();
  }
  shop.close();
  shop.options.scrub_interval_s = 3600;
  shop.open();
  const SeizedDisk now = look();
  CHECK(ever.size() > now.keys_of_files.size() + 8);
  CHECK(outlived() == 0);
  CHECK(now.keys.size() <= now.keys_of_files.size() + 32);  // those that lie ready
}

TEST_CASE("ground that keeps what is overwritten is told apart", "[storage][keys]") {
  CHECK(copies_on_write(0x9123683E) == "btrfs");
  CHECK_FALSE(copies_on_write(0xEF53));  // ext4
  const std::string mounts =
      "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,data=ordered\n"
      "40 22 254:2 / /srv rw,noatime shared:5 - ext4 /dev/vda2 rw,errors=remount-ro,data=journal\n"
      "41 40 254:3 / /srv/safe rw - xfs /dev/vda3 rw,attr2\n";
  const auto journals = [&](const char* directory) {
    std::istringstream in(mounts);
    return journals_data(in, directory);
  };
  CHECK_FALSE(journals("/var/lib/vigil/store"));
  CHECK(journals("/srv/vigil/store"));
  CHECK(journals("/srv"));
  CHECK_FALSE(journals("/srv/safe/store"));
  CHECK_FALSE(journals("/srvx"));
}

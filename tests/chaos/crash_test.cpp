// SIGKILL and power loss at random moments, under load of all verbs: nothing acknowledged is lost, nothing acknowledged away
// comes back, every stage fires once. And the proof that these tests can fail.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

#include "storage/embedded/open.hpp"
#include "tests/chaos/load.hpp"
#include "tests/chaos/power_loss.hpp"
#include "tests/contract/store_under_test.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

using Sentences = std::vector<std::string>;

std::string told(const Sentences& complaints) {
  std::string all;
  for (std::size_t i = 0; i < complaints.size() && i < 8; ++i) all += complaints[i] + "\n";
  return all;
}

EmbeddedOptions small_store(const std::filesystem::path& directory) {
  EmbeddedOptions options;
  options.directory = directory;
  options.memtable_bytes = 256u << 10;  // so that flushes and compactions are always under way
  options.block_cache_bytes = 8u << 20;
  options.scrub_interval_s = 1;
  return options;
}

std::uint64_t seed_of_run() {
  const char* given = std::getenv("VIGIL_SEED");
  return given != nullptr ? std::stoull(given) : 20'261'125;
}

// ---- SIGKILL

// Lets a child work until it has written 'notes' notes, kills it, and hands over all that it wrote.
std::vector<Note> work_and_kill(const std::filesystem::path& directory, std::uint64_t seed, std::uint64_t notes) {
  int ends[2];
  REQUIRE(pipe2(ends, 0) == 0);
  REQUIRE(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0);
  const std::string place = directory, number = std::to_string(seed), end = std::to_string(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    execl(CRASH_CHILD, CRASH_CHILD, place.c_str(), number.c_str(), end.c_str(), nullptr);
    _exit(127);
  }
  REQUIRE(child > 0);
  close(ends[1]);
  std::vector<Note> all;
  bool killed = false;
  Note note;
  std::size_t filled = 0;
  for (;;) {
    const ssize_t got = read(ends[0], reinterpret_cast<char*>(&note) + filled, sizeof note - filled);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled < sizeof note) continue;
    filled = 0;
    all.push_back(note);
    if (!killed && all.size() >= notes) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CAPTURE(seed, all.size(), status);
  REQUIRE(killed);
  REQUIRE(WIFSIGNALED(status));
  return all;
}

}  // namespace

TEST_CASE("100 SIGKILLs under load: nothing acknowledged is lost, nothing comes back, every stage fires once and in time",
          "[chaos][sigkill]") {
  // Goal: what was answered DONE survives the death of the process. Method: ten stores, ten deaths each, at a random number of
  // notes; after each death the store opens here and every note of every life is checked.
  const std::uint64_t seed = seed_of_run();
  std::mt19937_64 random(seed);
  std::uint64_t notes = 0, sent = 0, acknowledged = 0, kept = 0;
  const auto started = std::chrono::steady_clock::now();
  for (std::uint64_t s = 0; s < 10; ++s) {
    TemporaryDirectory directory(false);
    Known known;
    for (std::uint64_t death = 0; death < 10; ++death) {
      CAPTURE(seed, s, death);
      for (const Note& note : work_and_kill(directory.path() / "store", seed + s * 100 + death, 300 + random() % 1500))
        known.note(note);
      const auto back = std::chrono::steady_clock::now();
      auto opened = open_embedded(small_store(directory.path() / "store"));
      if (!opened) FAIL("the store does not open: " << opened.error());
      Driver driver(**opened);
      REQUIRE(driver.release_due().status == wire::DONE);
      // What came due while the process was dead is out within a second of the restart.
      const Sentences complaints = known.check(driver, static_cast<Instant>(std::time(nullptr)));
      const double took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - back).count();
      if (!complaints.empty()) FAIL(complaints.size() << " complaints after SIGKILL:\n" << told(complaints));
      CHECK(took_s < 5.0);
      const Sentences later = known.go_on(driver, random());
      if (!later.empty()) FAIL("after going on:\n" << told(later));
      (*opened)->close();
    }
    notes += known.notes;
    sent += known.copies_sent;
    acknowledged += known.copies_acknowledged;
    kept += known.vigils_kept;
  }
  CHECK(sent > 5'000);
  CHECK(acknowledged > 1'000);
  CHECK(kept > 500);
  std::printf(
      "SIGKILL: 100 deaths, seed %lu, %lu notes, %lu copies answered DONE, %lu acknowledged, %lu vigils kept, 0 lost, %.1f s\n",
      seed, notes, sent, acknowledged, kept, std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
}

// ---- power loss

namespace {

// One store in one directory, through any number of power cuts, on a clock of its own.
class PoweredStore {
 public:
  explicit PoweredStore(std::uint64_t seed) : random_(seed) {}

  bool swallow_log_syncs = false;
  PowerLoss::Damage damage;
  std::uint64_t opened_in_vain = 0;

  // Loads the store until the power fails; then what the disk shows is left in the directory.
  void work_until_cut(Known& known) {
    const auto disk = std::make_shared<PowerLoss>(random_(), directory_.path() / "graveyard");
    if (swallow_log_syncs) disk->swallow_log_syncs();
    std::unique_ptr<Store> store = open(disk);
    disk->cut_after(100 + random_() % 600);
    std::mutex noting;
    const auto note = [&](const Note& what) {
      const std::lock_guard lock(noting);
      known.note(what);
    };
    const auto now = [this] { return clock_->wall_s(); };
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 3; ++t)
      threads.emplace_back([&, worker_seed = random_()] {
        Worker worker(*store, worker_seed, note, now);
        if (!worker.settle()) return;
        while (worker.step()) continue;
      });
    Driver timekeeper(*store);
    while (!disk->is_cut()) {
      clock_->advance_ms(50);
      timekeeper.release_due();
    }
    for (std::thread& thread : threads) thread.join();
    store->close();
    store.reset();
    damage += disk->power_returns();
  }

  // The power is back: what does the store owe?
  Sentences check(Known& known) {
    const auto disk = std::make_shared<PowerLoss>(random_(), directory_.path() / "graveyard");
    std::unique_ptr<Store> store = open(disk);
    Driver driver(*store);
    driver.release_due();
    Sentences complaints = known.check(driver, clock_->wall_s());
    if (complaints.empty()) complaints = known.go_on(driver, random_());
    store->close();
    return complaints;
  }

 private:
  std::unique_ptr<Store> open(const std::shared_ptr<PowerLoss>& disk) {
    EmbeddedOptions options = small_store(directory_.path() / "store");
    if (swallow_log_syncs) options.memtable_bytes = 16u << 20;  // all of it lies in the log
    options.file_system = disk;
    options.clock = clock_;
    auto opened = open_embedded(options);
    if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
    return std::move(*opened);
  }

  std::mt19937_64 random_;
  TemporaryDirectory directory_;
  std::shared_ptr<TestClock> clock_ = std::make_shared<TestClock>();
};

}  // namespace

TEST_CASE("100 power losses under load: nothing acknowledged is lost, nothing comes back, every stage fires once",
          "[chaos][power]") {
  // Goal: what was answered DONE survives a disk that keeps only what was synced. Method: a file system that counts operations,
  // fails in the middle of a random one, and then tears unsynced tails and undoes directory operations; ten stores, ten cuts
  // each.
  const std::uint64_t seed = seed_of_run();
  std::uint64_t notes = 0, sent = 0, acknowledged = 0, kept = 0;
  PowerLoss::Damage damage;
  const auto started = std::chrono::steady_clock::now();
  for (std::uint64_t s = 0; s < 10; ++s) {
    PoweredStore store(seed + s);
    Known known;
    for (int cut = 0; cut < 10; ++cut) {
      CAPTURE(seed, s, cut);
      store.work_until_cut(known);
      const Sentences complaints = store.check(known);
      if (!complaints.empty()) FAIL(complaints.size() << " complaints after the power loss:\n" << told(complaints));
    }
    notes += known.notes;
    sent += known.copies_sent;
    acknowledged += known.copies_acknowledged;
    kept += known.vigils_kept;
    damage += store.damage;
  }
  // The disk did its worst.
  CHECK(damage.files_torn > 10);
  CHECK(damage.operations_undone > 10);
  CHECK(sent > 5'000);
  CHECK(kept > 500);
  std::printf(
      "power: 100 losses, seed %lu, %lu notes, %lu copies answered DONE, %lu acknowledged, %lu vigils kept, 0 lost; torn %lu "
      "files (%lu bytes, %lu "
      "zeroed tails), undone %lu directory operations (%lu files back), %.1f s\n",
      seed, notes, sent, acknowledged, kept, damage.files_torn, damage.bytes_dropped, damage.tails_zeroed,
      damage.operations_undone, damage.files_resurrected,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
}

TEST_CASE("the power-loss test notices a missing sync", "[chaos][power]") {
  // Goal: show that the test above can fail. Method: the disk answers every sync of a log "done" and does nothing, as if the
  // store had left it out.
  std::size_t noticed = 0;
  for (std::uint64_t run = 0; run < 6; ++run) {
    PoweredStore store(seed_of_run() + 1000 + run);
    store.swallow_log_syncs = true;
    Known known;
    store.work_until_cut(known);
    const Sentences complaints = store.check(known);
    std::size_t lost = 0;
    for (const std::string& complaint : complaints)
      if (complaint.ends_with("was answered DONE and is lost")) ++lost;
    if (lost > 0) ++noticed;
  }
  CHECK(noticed >= 3);
}

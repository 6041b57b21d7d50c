// SIGKILL and power loss at random moments, under load of all verbs: nothing acknowledged is lost, nothing acknowledged away
// comes back, every stage fires once. And the proof that these tests can fail.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

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

struct Life {
  std::vector<Note> notes;
  std::uint64_t killed_ms = 0;
};

// Lets a child work until it has written 'notes' notes, kills it, and hands over all that it wrote.
Life work_and_kill(const std::filesystem::path& directory, std::uint64_t seed, std::uint64_t notes) {
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
  Life life;
  std::vector<Note>& all = life.notes;
  Note note;
  std::size_t filled = 0;
  for (;;) {
    const ssize_t got = read(ends[0], reinterpret_cast<char*>(&note) + filled, sizeof note - filled);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled < sizeof note) continue;
    filled = 0;
    all.push_back(note);
    if (life.killed_ms == 0 && all.size() >= notes) {
      life.killed_ms = real_now_ms();
      kill(child, SIGKILL);
    }
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CAPTURE(seed, all.size(), status);
  REQUIRE(life.killed_ms != 0);
  REQUIRE(WIFSIGNALED(status));
  return life;
}

// The store after a death, open in this process, with a timekeeper as in any other life.
class Afterlife {
 public:
  Afterlife(const std::filesystem::path& directory, Known& known) : known_(known) {
    auto opened = open_embedded(small_store(directory));
    if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
    store_ = std::move(*opened);
    known_.opened(opened_ms_ = real_now_ms());
    store_->observe(timekeeper_);
    thread_ = std::thread([this] { timekeeper_.keep_time(*store_); });
    driver_.emplace(*store_);
  }
  ~Afterlife() {
    timekeeper_.stop();
    thread_.join();
    known_.closed(real_now_ms());
    store_->close();
    driver_.reset();
    hand_over();
  }
  Afterlife(const Afterlife&) = delete;
  Afterlife& operator=(const Afterlife&) = delete;

  Driver& driver() { return *driver_; }
  Sentences check() {
    const std::uint64_t now_ms = real_now_ms();
    if (driver_->release_due().status != wire::DONE) return {"what was due could not be released"};
    Sentences complaints;
    if (first_ && real_now_ms() > opened_ms_ + 1'000) complaints.emplace_back("the first release took longer than a second");
    first_ = false;
    hand_over();
    for (std::string& complaint : known_.check(*driver_, now_ms)) complaints.push_back(std::move(complaint));
    return complaints;
  }
  Sentences go_on(std::uint64_t seed) { return known_.go_on(*driver_, seed); }

 private:
  void hand_over() {
    const std::lock_guard lock(mutex_);
    for (const Note& note : notes_) known_.note(note);
    notes_.clear();
  }

  Known& known_;
  std::mutex mutex_;
  std::vector<Note> notes_;
  Timekeeper timekeeper_{[this](const Note& note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(note);
  }};
  std::unique_ptr<Store> store_;
  std::thread thread_;
  std::optional<Driver> driver_;
  std::uint64_t opened_ms_ = 0;
  bool first_ = true;
};

// For whoever must find out: is it the reading or the rows? Does it stay when the store opens anew? The directory is kept.
std::string look_again(TemporaryDirectory& directory, Known& known, std::unique_ptr<Afterlife>& life) {
  directory.stay();
  std::string said = "\nasked again:\n" + told(life->check());
  life.reset();
  life = std::make_unique<Afterlife>(directory.path() / "store", known);
  return said + "\nafter opening again:\n" + told(life->check()) + "\nthe store is kept in " + directory.path().string();
}

}  // namespace

TEST_CASE("100 SIGKILLs under load: nothing acknowledged is lost, nothing comes back, every stage fires once and in time",
          "[chaos][sigkill]") {
  // Goal: what was answered DONE survives the death of the process. Method: ten stores, ten deaths each, at a random number of
  // notes; after each death the store opens here and every note of every life is checked. When each stage was released is noted
  // in milliseconds by the observer: at most 1 s after its time, or after the opening that found it due.
  const std::uint64_t seed = seed_of_run();
  std::mt19937_64 random(seed);
  std::uint64_t notes = 0, sent = 0, acknowledged = 0, kept = 0, timed = 0, latest_ms = 0;
  const auto started = std::chrono::steady_clock::now();
  for (std::uint64_t s = 0; s < 10; ++s) {
    TemporaryDirectory directory(false);
    Known known;
    for (std::uint64_t death = 0; death < 10; ++death) {
      CAPTURE(seed, s, death);
      const Life lived = work_and_kill(directory.path() / "store", seed + s * 100 + death, 300 + random() % 1500);
      for (const Note& note : lived.notes) known.note(note);
      known.closed(lived.killed_ms);
      auto life = std::make_unique<Afterlife>(directory.path() / "store", known);
      const Sentences complaints = life->check();
      if (!complaints.empty())
        FAIL(complaints.size() << " complaints after SIGKILL:\n" << told(complaints) << look_again(directory, known, life));
      const Sentences later = life->go_on(random());
      if (!later.empty()) FAIL("after going on:\n" << told(later));
    }
    notes += known.notes;
    sent += known.copies_sent;
    acknowledged += known.copies_acknowledged;
    kept += known.vigils_kept;
    timed += known.stages_timed;
    latest_ms = std::max(latest_ms, known.latest_ms);
  }
  CHECK(sent > 5'000);
  CHECK(acknowledged > 1'000);
  CHECK(kept > 500);
  CHECK(timed > 500);
  std::printf(
      "SIGKILL: 100 deaths, seed %lu, %lu notes, %lu copies answered DONE, %lu acknowledged, %lu vigils kept, 0 lost, %lu stages "
      "timed, the worst %lu ms late, %.1f s\n",
      seed, notes, sent, acknowledged, kept, timed, latest_ms,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
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
    const auto now = [this] { return clock_->wall_ms(); };
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
    Sentences complaints = known.check(driver, clock_->wall_ms());
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

// The process that crash_test kills: a store under load of all verbs from several threads, with a timekeeper. Notes leave through
// a pipe. Arguments: directory, seed, file descriptor of the pipe.
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "storage/embedded/open.hpp"
#include "tests/chaos/load.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

namespace {

// Releases what is due when it is due, as the relay's timekeeper does.
class Timekeeper final : public Observer {
 public:
  void admitted(const MailboxId&, const StoredCopy&) noexcept override {}
  void settled(std::uint64_t) noexcept override {}
  void unsettled() noexcept override {}
  void next_due(Instant due) noexcept override {
    const std::lock_guard lock(mutex_);
    due_ = due;
    moved_.notify_one();
  }

  [[noreturn]] void keep_time(Store& store) {
    Driver driver(store);
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        moved_.wait_for(lock, std::chrono::milliseconds(100));
        if (due_ > static_cast<Instant>(std::time(nullptr))) continue;
      }
      driver.release_due();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  Instant due_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::uint64_t seed = std::stoull(argv[2]);
  const int pipe = std::stoi(argv[3]);
  EmbeddedOptions options;
  options.directory = argv[1];
  options.memtable_bytes = 512u << 10;
  options.block_cache_bytes = 8u << 20;
  options.scrub_interval_s = 1;
  auto opened = open_embedded(options);
  if (!opened) {
    std::fprintf(stderr, "crash_child: %s\n", opened.error().c_str());
    return 3;
  }
  Store& store = **opened;
  Timekeeper timekeeper;
  store.observe(timekeeper);
  const auto noting = [pipe](const Note& note) {
    if (write(pipe, &note, sizeof note) != static_cast<ssize_t>(sizeof note)) _exit(4);
  };
  const auto now = [] { return static_cast<Instant>(std::time(nullptr)); };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Worker worker(store, seed * 16 + t, noting, now);
      if (!worker.settle()) _exit(5);
      while (worker.step()) continue;
      _exit(6);
    });
  timekeeper.keep_time(store);
}

// The process that crash_test kills: a store under load of all verbs from several threads, with a timekeeper. Notes leave through
// a pipe. Arguments: directory, seed, file descriptor of the pipe.
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "storage/embedded/open.hpp"
#include "tests/chaos/load.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

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
  const std::uint64_t opened_ms = real_now_ms();
  const auto noting = [pipe](const Note& note) {
    if (write(pipe, &note, sizeof note) != static_cast<ssize_t>(sizeof note)) _exit(4);
  };
  noting({.fact = Note::Fact::opened, .order = opened_ms});
  Timekeeper timekeeper(noting);
  store.observe(timekeeper);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Worker worker(store, seed * 16 + t, noting, real_now_ms);
      if (!worker.settle()) _exit(5);
      while (worker.step()) continue;
      _exit(6);
    });
  timekeeper.keep_time(store);
}

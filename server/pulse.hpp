// Whether the relay is alive where it matters: a write that changes nothing goes through the committer and back onto every I/O
// thread, and the watchdog hears only when all have come back. A thread that only tells the time would go on telling it while
// nobody's alert gets through. Used by serve, on the main thread.
#pragma once

#include <atomic>
#include <deque>
#include <vector>

#include "server/awaiting.hpp"
#include "storage/store.hpp"

namespace vigil::server {

class Pulse final : private storage::Completion {
 public:
  // 'shards': the executors of all I/O threads. Must outlive the store's answers: close the store first.
  Pulse(storage::Store& store, std::vector<Executor> shards);

  // Whether everything that was asked the last time, first when it was made, has been answered; then it asks anew.
  bool beat();

 private:
  void done(std::uint64_t tag, storage::Outcome outcome) override;
  void ask(std::size_t shard);

  enum class Asked : std::uint8_t { answered, waiting, turned_away };

  storage::Store& store_;
  const std::vector<Executor> shards_;    // bounded: one per core
  std::deque<std::atomic<Asked>> asked_;  // bounded: one per shard
};

}  // namespace vigil::server

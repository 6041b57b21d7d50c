// A small pool of threads for everything that may wait for the disk, so that neither the committer nor an I/O thread does.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vigil::storage {

class Readers {
 public:
  using Job = std::function<void()>;
  explicit Readers(unsigned threads);
  ~Readers();
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  // What the committer needs goes first. Bounded by the committer's inbox.
  void need(Job job);
  // A page for a listener. False: too many wait.
  bool page(Job job);
  // Runs what is queued, then ends the threads. Nothing may come after.
  void stop();

 private:
  static constexpr std::size_t pages_max = 16'384;
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> needs_, pages_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vigil::storage

// The thread that makes the disk forget: see scrubber.cpp.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/embedded/core.hpp"

namespace vigil::storage {

class Scrubber {
 public:
  explicit Scrubber(Core& core) : core_(core) {}
  ~Scrubber() { stop(); }
  void start();
  void stop();
  // Acknowledged and expired bytes leave the files within this, at today's size.
  std::chrono::seconds bound() const { return std::chrono::seconds(interval_s_.load()); }

 private:
  void run();
  void fill_remembered();

  Core& core_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::atomic<std::uint32_t> interval_s_ = 60;
};

}  // namespace vigil::storage

// How much of the disk is free, and the ballast: a file that is given up so that acknowledgements work on a full disk. Any
// thread.
#pragma once

#include <atomic>
#include <filesystem>

namespace vigil::storage {

class Disk {
 public:
  explicit Disk(std::filesystem::path directory);

  // Asks the file system: from the scrubber's thread, once a second.
  void look();
  unsigned free_percent() const { return free_percent_.load(std::memory_order_relaxed); }

  // Makes the ballast file when so much stays free beside it.
  void take_ballast(unsigned free_at_least_percent);
  // Frees it. False: there is none.
  bool drop_ballast();

 private:
  static constexpr std::size_t ballast_bytes = 32u << 20;
  const std::filesystem::path directory_;
  std::atomic<unsigned> free_percent_ = 100, free_beside_ballast_percent_ = 0;
};

}  // namespace vigil::storage

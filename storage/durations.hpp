// How long something takes, counted in a few coarse buckets. Used by the store for its commits and by server/ for answers,
// hand-overs and releases. Any thread, no lock; adding costs one relaxed atomic.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace vigil::storage {

class Durations {
 public:
  // Upper bounds; the last bucket holds what took longer than all of them. Coarse on purpose: an operator wants to see a slow
  // disk, and nobody should tell one act from another by how long it took.
  static constexpr std::array<std::chrono::milliseconds, 7> bounds{
      std::chrono::milliseconds(1),     std::chrono::milliseconds(5),   std::chrono::milliseconds(20),
      std::chrono::milliseconds(100),   std::chrono::milliseconds(500), std::chrono::milliseconds(2'000),
      std::chrono::milliseconds(10'000)};
  using Counts = std::array<std::uint64_t, bounds.size() + 1>;  // of each bucket alone

  void add(std::chrono::steady_clock::duration took) {
    const auto* const bucket = std::lower_bound(bounds.begin(), bounds.end(), took);
    counts_[static_cast<std::size_t>(bucket - bounds.begin())].fetch_add(1, std::memory_order_relaxed);
  }

  Counts counts() const {
    Counts out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
    return out;
  }

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
};

}  // namespace vigil::storage

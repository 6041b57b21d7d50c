// The clock of every store test: moved by hand, so that no test sleeps. Any thread.
#pragma once

#include <atomic>

#include "storage/store.hpp"

namespace vigil::storage::testing {

class TestClock final : public Clock {
 public:
  static constexpr Instant start_s = 1'800'000'000;

  std::uint64_t wall_ms() const override { return wall_ms_.load(); }
  std::uint64_t monotonic_ms() const override { return monotonic_ms_.load(); }

  // Time passes.
  void advance_ms(std::uint64_t milliseconds) {
    monotonic_ms_ += milliseconds;
    wall_ms_ += milliseconds;
  }
  void advance_s(std::uint64_t seconds) { advance_ms(seconds * 1000); }

  // Somebody sets the wall clock; no time passes.
  void jump_wall_s(std::int64_t seconds) { wall_ms_ += static_cast<std::uint64_t>(seconds * 1000); }

  // The machine starts anew: monotonic time begins again.
  void reboot() { monotonic_ms_ = 5'000; }

 private:
  std::atomic<std::uint64_t> wall_ms_{start_s * 1000};
  std::atomic<std::uint64_t> monotonic_ms_{86'400'000};
};

}  // namespace vigil::storage::testing

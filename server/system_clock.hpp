// The machine's clocks, for store, relay and timekeeper alike. Any thread.
#pragma once

#include <chrono>

#include "storage/store.hpp"

namespace vigil::server {

class SystemClock final : public storage::Clock {
 public:
  storage::Instant wall_s() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<storage::Instant>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
  }
  std::uint64_t wall_ms() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }
  std::uint64_t monotonic_ms() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }
};

}  // namespace vigil::server

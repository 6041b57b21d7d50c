// The store's own time: anchored at opening, then monotonic, never backwards. A jump of the wall clock forward releases nothing
// early, a jump back delays nothing. Any thread.
#pragma once

#include <algorithm>
#include <memory>

#include "storage/store.hpp"

namespace vigil::storage {

class StoreClock {
 public:
  explicit StoreClock(std::shared_ptr<const Clock> source) : source_(source ? std::move(source) : system_clock()) {}

  // Milliseconds by which the relay was away, when it was last known to be alive at 'alive_ms'. Call once, before anything else
  // runs.
  std::uint64_t anchor(std::uint64_t alive_ms) {
    const std::uint64_t wall_ms = source_->wall_ms();
    anchor_ms_ = std::max(wall_ms, alive_ms);
    anchor_monotonic_ms_ = source_->monotonic_ms();
    return alive_ms == 0 ? 0 : anchor_ms_ - alive_ms;
  }
  std::uint64_t now_ms() const { return anchor_ms_ + (source_->monotonic_ms() - anchor_monotonic_ms_); }
  Instant now_s() const { return now_ms() / 1000; }

 private:
  std::shared_ptr<const Clock> source_;
  std::uint64_t anchor_ms_ = 0, anchor_monotonic_ms_ = 0;
};

}  // namespace vigil::storage

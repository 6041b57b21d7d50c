// The machine's clocks. CLOCK_BOOTTIME counts while the machine sleeps, so that a suspended relay does not lose hours.
#include "storage/embedded/clock.hpp"

#include <ctime>

namespace vigil::storage {
namespace {

timespec read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time;
}

class SystemClock final : public Clock {
 public:
  Instant wall_s() const override { return static_cast<Instant>(read(CLOCK_REALTIME).tv_sec); }
  std::uint64_t monotonic_ms() const override {
    const timespec time = read(CLOCK_BOOTTIME);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
  }
};

}  // namespace

std::shared_ptr<const Clock> system_clock() {
  return std::make_shared<SystemClock>();
}

}  // namespace vigil::storage

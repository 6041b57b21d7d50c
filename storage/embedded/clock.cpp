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

std::uint64_t milliseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

class SystemClock final : public Clock {
 public:
  Instant wall_s() const override { return static_cast<Instant>(read(CLOCK_REALTIME).tv_sec); }
  std::uint64_t wall_ms() const override { return milliseconds(read(CLOCK_REALTIME)); }
  std::uint64_t monotonic_ms() const override { return milliseconds(read(CLOCK_BOOTTIME)); }
};

}  // namespace

std::shared_ptr<const Clock> system_clock() {
  return std::make_shared<SystemClock>();
}

}  // namespace vigil::storage

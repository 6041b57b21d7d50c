// The machine's clocks. CLOCK_BOOTTIME counts while the machine sleeps, so that a suspended relay does not lose hours.
#include <ctime>

#include "storage/store.hpp"

namespace vigil::storage {
namespace {

std::uint64_t read_ms(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

class SystemClock final : public Clock {
 public:
  std::uint64_t wall_ms() const override { return read_ms(CLOCK_REALTIME); }
  std::uint64_t monotonic_ms() const override { return read_ms(CLOCK_BOOTTIME); }
};

}  // namespace

std::shared_ptr<const Clock> system_clock() {
  return std::make_shared<SystemClock>();
}

}  // namespace vigil::storage

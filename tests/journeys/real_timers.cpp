// In front of libfaketime in the processes whose clock a journey sets wrong: timers stay the kernel's. libfaketime (0.9.10) moves
// an absolute timerfd by the false clock's distance even where the monotonic clock is not to be touched; Asio sets such a one
// whenever a timer is due already, and a device a day behind then waited for a day.
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): glibc's names are reserved ones
extern "C" int timerfd_settime(int timer, int flags, const itimerspec* wanted, itimerspec* before) noexcept {
  return static_cast<int>(::syscall(SYS_timerfd_settime, timer, flags, wanted, before));
}

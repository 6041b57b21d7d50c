// sd_notify(3) without libsystemd.
#include "server/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace vigil::server {

void notify(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(name);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, name, length);
  if (name[0] == '@') address.sun_path[0] = '\0';  // an abstract one
  const int opened = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (opened < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  ::sendto(opened, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
  ::close(opened);
}

std::chrono::microseconds watchdog_pace() {
  const char *allowed = std::getenv("WATCHDOG_USEC"), *whose = std::getenv("WATCHDOG_PID");
  std::uint64_t microseconds = 0, pid = static_cast<std::uint64_t>(::getpid());
  if (allowed == nullptr) return {};
  std::from_chars(allowed, allowed + std::strlen(allowed), microseconds);
  if (whose != nullptr) std::from_chars(whose, whose + std::strlen(whose), pid);
  return std::chrono::microseconds(pid == static_cast<std::uint64_t>(::getpid()) ? microseconds / 2 : 0);
}

}  // namespace vigil::server

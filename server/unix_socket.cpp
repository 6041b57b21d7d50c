// The blocking end of the console, for commands that ask one question and end.
#include "server/unix_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace vigil::server {
namespace {

constexpr std::size_t answer_bytes_max = 1 << 20;

bool send_all(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(to, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string receive_line(int from) {
  std::string line;
  std::array<char, 4096> piece{};
  while (line.size() < answer_bytes_max) {
    const ssize_t got = ::recv(from, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    line.append(piece.data(), static_cast<std::size_t>(got));
    if (const std::size_t end = line.find('\n'); end != std::string::npos) return line.substr(0, end);
  }
  return {};
}

}  // namespace

ShortPath::ShortPath(const std::filesystem::path& socket)
    : folder_(::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      text_(fmt::format("/proc/self/fd/{}/{}", folder_, socket.filename().string())) {}

ShortPath::~ShortPath() {
  if (folder_ >= 0) ::close(folder_);
}

std::expected<std::string, std::string> ask_console(const std::filesystem::path& socket, const std::string& line,
                                                    std::chrono::seconds patience, pid_t* answering) {
  const std::string not_running = fmt::format("no relay answers at {}; start it with `vigild serve`.", socket.string());
  const ShortPath path(socket);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.text().size() >= sizeof address.sun_path) return std::unexpected("the name of the console's socket is too long.");
  std::memcpy(address.sun_path, path.text().data(), path.text().size());
  const int opened = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (opened < 0) return std::unexpected(fmt::format("no socket can be made: {}.", std::strerror(errno)));
  const timeval wait{patience.count(), 0};
  ::setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  std::string answer;
  if (::connect(opened, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && send_all(opened, line + "\n"))
    answer = receive_line(opened);
  ucred who{};
  socklen_t length = sizeof who;
  if (answering != nullptr && ::getsockopt(opened, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0) *answering = who.pid;
  ::close(opened);
  if (answer.empty()) return std::unexpected(not_running);
  return answer;
}

}  // namespace vigil::server

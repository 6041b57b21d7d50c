#include "client/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "client/files.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

namespace asio = boost::asio;

// Sets a terminal's mode and puts it back.
class TerminalMode {
 public:
  TerminalMode(int fd, tcflag_t without) : fd_(fd) {
    if (tcgetattr(fd_, &before_) != 0) return;
    termios changed = before_;
    changed.c_lflag &= ~without;
    changed_ = tcsetattr(fd_, TCSAFLUSH, &changed) == 0;
  }
  ~TerminalMode() {
    if (changed_) tcsetattr(fd_, TCSANOW, &before_);
  }
  TerminalMode(const TerminalMode&) = delete;
  TerminalMode& operator=(const TerminalMode&) = delete;

 private:
  int fd_;
  termios before_{};
  bool changed_ = false;
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

// A byte at a time, so that nothing behind the line's end is swallowed; 'out' is wiped by the caller.
std::optional<std::size_t> read_line(int fd, std::span<std::uint8_t> out) {
  std::size_t length = 0;
  bool any = false;
  for (;;) {
    std::uint8_t byte = 0;
    const ssize_t got = read(fd, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return any ? std::optional(length) : std::nullopt;
    any = true;
    if (byte == '\n') break;
    if (length == out.size()) return std::nullopt;
    out[length++] = byte;
  }
  if (length > 0 && out[length - 1] == '\r') --length;
  return length;
}

// An input, a byte at a time, without a thread that would outlive whoever asked.
class Input {
 public:
  // 'fd' stays the caller's.
  Input(const asio::any_io_executor& executor, int fd) : descriptor_(executor) {
    const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    boost::system::error_code refused;
    if (own >= 0) descriptor_.assign(own, refused);
    if (own >= 0 && refused) ::close(own);
  }
  // Nothing at the end of the input, or when it was closed.
  asio::awaitable<std::optional<std::uint8_t>> next() {
    for (;;) {
      const auto [error] =
          co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
      // A file is always ready, and epoll says so by refusing to wait for it.
      if (error && error != asio::error::operation_not_supported) co_return std::nullopt;
      pollfd ready{.fd = descriptor_.native_handle(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 0) <= 0) continue;  // another reader of this input was quicker
      std::uint8_t byte = 0;
      const ssize_t got = ::read(descriptor_.native_handle(), &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) co_return std::nullopt;
      co_return byte;
    }
  }
  void close() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
  }

 private:
  asio::posix::stream_descriptor descriptor_;
};

// As read_line(), while a loop runs.
asio::awaitable<std::optional<std::size_t>> read_line_async(int fd, std::span<std::uint8_t> out) {
  Input input(co_await asio::this_coro::executor, fd);
  std::size_t length = 0;
  bool any = false;
  for (;;) {
    const std::optional<std::uint8_t> byte = co_await input.next();
    if (!byte && !any) co_return std::nullopt;
    any = true;
    if (!byte || *byte == '\n') break;
    if (length == out.size()) co_return std::nullopt;
    out[length++] = *byte;
  }
  if (length > 0 && out[length - 1] == '\r') --length;
  co_return length;
}

}  // namespace

std::optional<SecretBytes> ask_secret(int fd, const std::string& prompt) {
  SecretBytes line(pin_bytes_max);
  std::optional<std::size_t> length;
  if (fd >= 0) {
    length = read_line(fd, line.span());
  } else {
    const Descriptor tty(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!tty) return std::nullopt;
    write_all(tty.get(), prompt);
    {
      const TerminalMode silent(tty.get(), ECHO);
      length = read_line(tty.get(), line.span());
    }
    write_all(tty.get(), "\n");
  }
  if (!length || *length == 0) return std::nullopt;
  return SecretBytes(line.view().first(*length));
}

std::optional<std::string> ask_line(const std::string& prompt) {
  if (isatty(STDIN_FILENO) == 1) write_all(STDERR_FILENO, prompt);
  Bytes line(line_bytes_max);
  const auto length = read_line(STDIN_FILENO, line);
  if (!length) return std::nullopt;
  std::string answer(text(View(line).first(*length)));
  wipe(line);
  return answer;
}

asio::awaitable<std::optional<std::string>> ask_line_async(std::string prompt) {
  if (isatty(STDIN_FILENO) == 1) write_all(STDERR_FILENO, prompt);
  Bytes line(line_bytes_max);
  const std::optional<std::size_t> length = co_await read_line_async(STDIN_FILENO, line);
  if (!length) co_return std::nullopt;
  std::string answer(text(View(line).first(*length)));
  wipe(line);
  co_return answer;
}

asio::awaitable<std::optional<SecretBytes>> ask_secret_async(int fd, std::string prompt) {
  SecretBytes line(pin_bytes_max);
  std::optional<std::size_t> length;
  if (fd >= 0) {
    length = co_await read_line_async(fd, line.span());
  } else {
    const Descriptor tty(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!tty) co_return std::nullopt;
    write_all(tty.get(), prompt);
    {
      const TerminalMode silent(tty.get(), ECHO);
      length = co_await read_line_async(tty.get(), line.span());
    }
    write_all(tty.get(), "\n");
  }
  if (!length || *length == 0) co_return std::nullopt;
  co_return SecretBytes(line.view().first(*length));
}

std::optional<std::string> read_input(std::size_t bytes_max) {
  std::string all;
  char block[4096];
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return all;
    all.append(block, static_cast<std::size_t>(got));
    if (all.size() > bytes_max) return std::nullopt;
  }
}

struct Keys::State {
  explicit State(const asio::any_io_executor& executor) : input(executor, STDIN_FILENO) {}
  Input input;
  std::unique_ptr<TerminalMode> mode;
  std::function<void(char)> pressed;
  bool stopped = false;
};

asio::awaitable<void> Keys::read(std::shared_ptr<State> state, bool terminal) {
  while (!state->stopped) {
    const std::optional<std::uint8_t> byte = co_await state->input.next();
    if (!byte || state->stopped) co_return;
    if (terminal || *byte == '\n') state->pressed(static_cast<char>(*byte));
  }
}

Keys::Keys(const asio::any_io_executor& executor, std::function<void(char)> pressed) : state_(std::make_shared<State>(executor)) {
  state_->pressed = std::move(pressed);
  const bool terminal = isatty(STDIN_FILENO) == 1;
  // Only the foreground may change or read the terminal; in the background the keys simply do not exist.
  if (terminal && tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  if (terminal) state_->mode = std::make_unique<TerminalMode>(STDIN_FILENO, static_cast<tcflag_t>(ICANON | ECHO));
  // detached: it holds what it needs, and ends with the input or with this object
  asio::co_spawn(executor, read(state_, terminal), asio::detached);
}

Keys::~Keys() {
  state_->stopped = true;
  state_->input.close();
  state_->mode.reset();
}

}  // namespace vigil::client

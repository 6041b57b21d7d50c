#include "client/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <thread>

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

namespace {

// Runs 'ask' on a thread of its own. The thread is left behind when the command ends first: it only waits for a person.
template <class Answer, class Ask>
asio::awaitable<Answer> on_a_thread(Ask ask) {
  auto start = [ask = std::move(ask)](auto done) {
    auto executor = asio::get_associated_executor(done);
    auto shared = std::make_shared<decltype(done)>(std::move(done));
    auto waiting = asio::make_work_guard(executor);  // the loop goes on while a person thinks
    std::thread([ask, executor, shared, waiting = std::move(waiting)] {
      auto answer = ask();
      asio::post(executor, [shared, answer = std::move(answer)]() mutable { std::move (*shared)(std::move(answer)); });
    }).detach();
  };
  Answer answer =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(std::move(start), asio::use_awaitable);
  co_return answer;
}

}  // namespace

asio::awaitable<std::optional<std::string>> ask_line_async(std::string prompt) {
  auto ask = [prompt = std::move(prompt)] { return ask_line(prompt); };
  std::optional<std::string> line = co_await on_a_thread<std::optional<std::string>>(std::move(ask));
  co_return line;
}

asio::awaitable<std::optional<SecretBytes>> ask_secret_async(int fd, std::string prompt) {
  auto ask = [fd, prompt = std::move(prompt)] { return ask_secret(fd, prompt); };
  std::optional<SecretBytes> secret = co_await on_a_thread<std::optional<SecretBytes>>(std::move(ask));
  co_return secret;
}

struct EchoKept::Saved {
  Descriptor tty{open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)};
  termios before{};
  bool known = false;
};

EchoKept::EchoKept() : saved_(std::make_unique<Saved>()) {
  saved_->known = static_cast<bool>(saved_->tty) && tcgetattr(saved_->tty.get(), &saved_->before) == 0;
}

EchoKept::~EchoKept() {
  if (saved_->known) tcsetattr(saved_->tty.get(), TCSANOW, &saved_->before);
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
  std::atomic<bool> stopped = false;
  std::unique_ptr<TerminalMode> mode;
  std::function<void(char)> pressed;
};

Keys::Keys(asio::any_io_executor executor, std::function<void(char)> pressed) : state_(std::make_shared<State>()) {
  state_->pressed = std::move(pressed);
  const bool terminal = isatty(STDIN_FILENO) == 1;
  // Only the foreground may change or read the terminal; in the background the keys simply do not exist.
  if (terminal && tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  if (terminal) state_->mode = std::make_unique<TerminalMode>(STDIN_FILENO, static_cast<tcflag_t>(ICANON | ECHO));
  std::thread([state = state_, executor, terminal] {
    while (!state->stopped) {
      pollfd wait{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, 200) <= 0) continue;
      char byte = 0;
      const ssize_t got = read(STDIN_FILENO, &byte, 1);
      if (got <= 0 && errno != EINTR) return;
      if (state->stopped || got <= 0 || (!terminal && byte != '\n')) continue;
      asio::post(executor, [state, byte] {
        if (!state->stopped) state->pressed(byte);
      });
    }
  }).detach();
}

Keys::~Keys() {
  state_->stopped = true;
  state_->mode.reset();
}

}  // namespace vigil::client

// Questions to the person: PINs from /dev/tty without echo or from a file descriptor, everything else as lines of standard input,
// keys.
// **Invariant:** no answer ever comes from the command line or the environment, where other programs and the shell's history see
// it. Blocking functions on the caller's thread; the asynchronous ones wait on the caller's
// executor, and nothing of them outlives it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/base/secret_bytes.hpp"

namespace vigil::client {

inline constexpr std::size_t pin_bytes_max = 256;
inline constexpr std::size_t pin_bytes_min = 6;
inline constexpr std::size_t line_bytes_max = 64 * 1024;

// One line of file descriptor 'fd', or of /dev/tty without echo when fd < 0. Nothing: no terminal, an empty line, or too long.
std::optional<SecretBytes> ask_secret(int fd, const std::string& prompt);

// The same while a loop runs. The terminal's echo comes back when the waiting coroutine goes, however it goes.
boost::asio::awaitable<std::optional<SecretBytes>> ask_secret_async(int fd, std::string prompt);

// One line of standard input, without its end. The prompt is shown only when a person types. Nothing at its end.
std::optional<std::string> ask_line(const std::string& prompt);
boost::asio::awaitable<std::optional<std::string>> ask_line_async(std::string prompt);

// Everything of standard input, or nothing when it is longer.
std::optional<std::string> read_input(std::size_t bytes_max);

// Calls 'pressed' on the executor for every byte of a key (terminal) or line's end (pipe) of standard input, until it ends or
// this object goes.
class Keys {
 public:
  Keys(const boost::asio::any_io_executor& executor, std::function<void(char)> pressed);
  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

 private:
  struct State;
  static boost::asio::awaitable<void> read(std::shared_ptr<State> state, bool terminal);
  std::shared_ptr<State> state_;
};

}  // namespace vigil::client

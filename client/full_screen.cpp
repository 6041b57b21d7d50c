#include "client/full_screen.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace vigil::client {
namespace {

constexpr std::string_view take_it = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view give_back = "\033[0m\033[?25h\033[?1049l";
constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t columns_max = 500;
constexpr std::size_t rows_max = 300;

// What a crash must put back. Written before the handlers are installed, read by them; nothing else of a signal is touched.
termios before{};
volatile std::sig_atomic_t taken = 0;

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // nobody is there any more
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

// Only what POSIX allows in a signal handler.
void crashed(int signal) {
  if (taken != 0) {
    write_all(give_back);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

bool FullScreen::possible() {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1 || tcgetpgrp(STDIN_FILENO) != getpgrp()) return false;
  const char* kind = std::getenv("TERM");
  return kind != nullptr && std::strcmp(kind, "dumb") != 0 && *kind != '\0';
}

FullScreen::FullScreen() {
  tcgetattr(STDIN_FILENO, &before);
  for (const int signal : crashes) std::signal(signal, crashed);
  enter();
}

FullScreen::~FullScreen() {
  leave();
  for (const int signal : crashes) std::signal(signal, SIG_DFL);
}

void FullScreen::enter() {
  if (inside_) return;
  inside_ = true;
  taken = 1;
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  write_all(take_it);
  drawn_.clear();
}

void FullScreen::leave() {
  if (!inside_) return;
  inside_ = false;
  write_all(give_back);
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
  taken = 0;
}

std::pair<std::size_t, std::size_t> FullScreen::size() const {
  winsize told{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &told) != 0 || told.ws_col == 0 || told.ws_row == 0) return {80, 24};
  return {std::min<std::size_t>(told.ws_col, columns_max), std::min<std::size_t>(told.ws_row, rows_max)};
}

void FullScreen::draw(const std::vector<Line>& lines, std::size_t width) {
  if (!inside_) return;
  std::string out;
  if (width != width_ || drawn_.size() != lines.size()) {
    out += "\033[2J";
    drawn_.assign(lines.size(), {});
    width_ = width;
  }
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const Line& line = lines[row];
    std::string made = line.look == Look::loud ? "\033[1m" : line.look == Look::dim ? "\033[2m" : "";
    made += line.text + "\033[0m\033[K";
    if (made == drawn_[row]) continue;
    out += "\033[" + std::to_string(row + 1) + ";1H" + made;
    drawn_[row] = std::move(made);
  }
  write_all(out);
}

void FullScreen::bell() {
  if (inside_) write_all("\a");
}

char command_letter(const Key& key) {
  static constexpr std::array<std::pair<std::string_view, char>, 9> same_keys{
      {{"ф", 'a'}, {"а", 'a'}, {"п", 'g'}, {"ь", 'm'}, {"м", 'm'}, {"т", 'n'}, {"с", 'c'}, {"ы", 's'}, {"й", 'q'}}};
  if (key.kind != Key::Kind::text) return 0;
  if (key.bytes.size() == 1) return key.bytes[0];
  for (const auto& [cyrillic, letter] : same_keys) {
    if (key.bytes == cyrillic) return letter;
  }
  return 0;
}

std::optional<Key> KeyReader::feed(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  switch (at_) {
    case At::escape:
      at_ = byte == '[' || byte == 'O' ? At::sequence : At::start;
      if (at_ == At::sequence) return std::nullopt;
      break;
    case At::sequence:
      if (code < 0x40 || code > 0x7E) return std::nullopt;  // its parameters
      at_ = At::start;
      if (byte == 'A') return Key{.kind = Key::Kind::up};
      if (byte == 'B') return Key{.kind = Key::Kind::down};
      return std::nullopt;
    case At::start:
      break;
  }
  if (byte == '\033') {
    at_ = At::escape;
    return Key{.kind = Key::Kind::cancel};
  }
  if (missing_ != 0 && (code & 0xC0) == 0x80) {
    partial_ += byte;
    if (--missing_ != 0) return std::nullopt;
    return Key{.kind = Key::Kind::text, .bytes = std::move(partial_)};
  }
  missing_ = 0;
  if (byte == '\n' || byte == '\r') return Key{.kind = Key::Kind::enter};
  if (byte == '\b' || code == 0x7F) return Key{.kind = Key::Kind::erase};
  if (code < 0x20) return std::nullopt;
  if (code < 0x80) return Key{.kind = Key::Kind::text, .bytes = std::string(1, byte)};
  if (code >= 0xC2 && code < 0xF5) {
    partial_.assign(1, byte);
    missing_ = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : 1;
  }
  return std::nullopt;
}

}  // namespace vigil::client

// `vigild status --watch`: the screen, drawn over itself every two seconds in one write, so that nothing flickers. Signals are
// waited for, never handled: they end the pause.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/status.hpp"

namespace vigil::server {
namespace {

constexpr timespec pace{2, 0};
constexpr std::chrono::seconds patience{2};  // a relay that answers later than this does not answer

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Where the screen goes: over itself on a terminal that can do that, else one below the other.
class Canvas {
 public:
  Canvas() {
    const char* term = std::getenv("TERM");
    over_itself_ = ::isatty(STDOUT_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
    if (over_itself_) write_all("\x1b[?1049h\x1b[?25l\x1b[2J");
  }
  // The last screen stays where the command was typed.
  ~Canvas() {
    if (over_itself_) write_all("\x1b[?25h\x1b[?1049l" + last_);
  }
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  std::size_t columns() const {
    winsize size{};
    const bool known = over_itself_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? std::min<std::size_t>(size.ws_col - 1u, 100) : 80;
  }

  // False: nobody reads any more.
  bool draw(const std::string& screen) {
    last_ = screen;
    if (!over_itself_) return write_all(screen + '\n');
    winsize size{};
    const std::size_t rows = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
    std::string out;
    std::string_view rest = screen;
    for (std::size_t row = 1; row <= rows; ++row) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      out += fmt::format("\x1b[{};1H{}\x1b[K", row, line);
    }
    return write_all(out);
  }

 private:
  bool over_itself_ = false;
  std::string last_;
};

std::string waiting_screen(const NoStatus& no, std::int64_t since_s, std::size_t columns) {
  return "Vigil relay\n\n" + wrapped("  ! ", fmt::format("NO ANSWER for {}: {}", duration_text(since_s), no.why), columns) +
         wrapped("    ", "`systemctl status vigild` or its terminal says why. This screen waits for the relay to come back.",
                 columns);
}

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

int watch_status(const std::filesystem::path& config_file) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail(config.error(), exit_refused);
  sigset_t heard;
  sigemptyset(&heard);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&heard, number);
  sigprocmask(SIG_BLOCK, &heard, nullptr);
  Canvas canvas;
  std::int64_t answered_s = now_s();
  for (;;) {
    const std::expected<StatusNumbers, NoStatus> numbers = ask_status(*config, patience);
    if (numbers) answered_s = now_s();
    const std::string screen = numbers ? status_screen(*numbers, canvas.columns())
                                       : waiting_screen(numbers.error(), now_s() - answered_s, canvas.columns());
    if (!canvas.draw(screen + "\n  Ctrl-C ends this.\n")) return exit_failed;
    const int number = sigtimedwait(&heard, nullptr, &pace);
    if (number > 0 && number != SIGWINCH) return exit_done;
  }
}

}  // namespace vigil::server

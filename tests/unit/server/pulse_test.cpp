// The watchdog hears of a relay only while its committer and every I/O thread are at work. Method: a real vigild with a
// notification socket of ours; one of its threads is held by ptrace, all others go on.
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <deque>
#include <fstream>

#include "process.hpp"

using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

constexpr int pace_ms = 100, held_paces = 20;

// Where systemd would listen.
class Watchdog {
 public:
  explicit Watchdog(const fs::path& file) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(file.string().copy(address.sun_path, sizeof address.sun_path - 1) == file.string().size());
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() { ::close(socket_); }

  // Whether it hears of the relay within this time.
  bool hears(int milliseconds) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
      pollfd ready{socket_, POLLIN, 0};
      if (left < 0 || ::poll(&ready, 1, static_cast<int>(left)) != 1) return false;
      std::array<char, 256> said{};
      const ssize_t got = ::recv(socket_, said.data(), said.size(), 0);
      if (got > 0 && std::string_view(said.data(), static_cast<std::size_t>(got)) == "WATCHDOG=1") return true;
    }
  }

 private:
  int socket_;
};

// One thread of a process, standing still until this goes.
class Held {
 public:
  explicit Held(pid_t thread) : thread_(thread) {
    held_ = ::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) == 0;
    if (held_)
      held_ = ::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) == 0 && ::waitpid(thread_, nullptr, __WALL) == thread_;
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (held_) ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
  }
  explicit operator bool() const { return held_; }

 private:
  pid_t thread_;
  bool held_;
};

std::vector<pid_t> threads_named(pid_t process, const std::string& name) {
  std::vector<pid_t> all;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream in(entry.path() / "comm");
    std::string line;
    if (std::getline(in, line) && line == name) all.push_back(std::stoi(entry.path().filename().string()));
  }
  return all;
}

}  // namespace

TEST_CASE("the watchdog hears nothing while the committer or an I/O thread stands still", "[vigild][watchdog]") {
  const RelayHome home;
  home.configure("\n[limits]\nconnections_max = 100\n");
  const fs::path socket = home.data().parent_path() / "notify";
  const Watchdog watchdog(socket);
  const Serving relay(home, {{"NOTIFY_SOCKET", socket.string()}, {"WATCHDOG_USEC", std::to_string(2 * pace_ms * 1000)}});
  REQUIRE(watchdog.hears(60'000));
  for (const char* name : {"committer", "connections"}) {
    INFO(name);
    const std::vector<pid_t> threads = threads_named(relay.pid(), name);
    REQUIRE_FALSE(threads.empty());
    {
      // One of the connections; the committer's two take turns, and one alone goes on.
      const std::size_t some = name == std::string_view("committer") ? threads.size() : 1;
      std::deque<Held> held;
      for (std::size_t i = 0; i < some; ++i) held.emplace_back(threads[i]);
      if (!held.back()) {
        WARN("only root may hold a thread of the relay: not tried");
        return;
      }
      while (watchdog.hears(0)) continue;  // said before
      (void)watchdog.hears(3 * pace_ms);   // the one beat that was answered before it stood still
      CHECK_FALSE(watchdog.hears(held_paces * pace_ms));
      // The main thread goes on. Who wakes the committer's threads while they are held may be held, too: glibc's condition
      // variables wait for whoever was woken before.
      if (name == std::string_view("connections")) CHECK(relay.number("writable") == 1);
    }
    CHECK(watchdog.hears(60'000));
  }
}

// Starting, watching and ending by the kernel's own numbers.
#include "process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "loopback.hpp"
#include "measure.hpp"

extern char** environ;

namespace vigil::bench {
namespace {

bool listens(std::uint16_t port) {
  const int opened = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(port);
  const bool out = ::connect(opened, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(opened);
  return out;
}

// Whether it gives this "NAME=value" another value.
bool sets(const std::vector<std::string>& environment, std::string_view variable) {
  const std::string_view name = variable.substr(0, variable.find('=') + 1);
  return std::any_of(environment.begin(), environment.end(), [name](const auto& one) { return one.starts_with(name); });
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Process::Process(Order order) : order_(std::move(order)) {
  std::vector<std::string> environment = order_.environment;
  for (char** one = environ; *one != nullptr; ++one)
    if (!sets(order_.environment, *one)) environment.emplace_back(*one);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (!order_.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, order_.folder.c_str());
  if (!order_.output.empty()) {
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, order_.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  }
  std::vector<char*> words = pointers_to(order_.words), variables = pointers_to(environment);
  const int failed = ::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + order_.words[0]);
}

Process::~Process() {
  if (pid_ <= 0) return;
  const std::vector<pid_t> all = tree();
  ::kill(pid_, order_.stop_signal);
  if (order_.stop_signal == SIGKILL)
    for (const pid_t one : all) ::kill(one, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::kill() {
  if (pid_ <= 0) return;
  for (const pid_t one : tree()) ::kill(one, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool Process::ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ <= 0;
}

std::string Process::last_words() const {
  std::ifstream in(order_.output);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  std::string out;
  for (std::size_t at = lines.size() - std::min<std::size_t>(lines.size(), 8); at < lines.size(); ++at) out += lines[at] + '\n';
  return out;
}

void Process::wait_for_port(std::uint16_t port, unsigned patience_s) {
  const Clock::time_point start = Clock::now();
  while (!listens(port)) {
    if (ended()) throw std::runtime_error(order_.words[0] + " ended: " + last_words());
    if (seconds_since(start) > patience_s) throw std::runtime_error(order_.words[0] + " does not listen: " + last_words());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::vector<pid_t> Process::tree() const {
  std::multimap<pid_t, pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) continue;
    if (const auto stat = stat_fields(pid); stat.size() > 1) children.emplace(static_cast<pid_t>(stat[1]), pid);
  }
  std::vector<pid_t> out{pid_};
  for (std::size_t at = 0; at < out.size(); ++at) {
    const auto [first, last] = children.equal_range(out[at]);
    for (auto child = first; child != last; ++child) out.push_back(child->second);
  }
  return out;
}

double Process::cpu_seconds() const {
  double out = 0;
  for (const pid_t one : tree()) out += bench::cpu_seconds(one);
  return out;
}

std::size_t Process::private_bytes() const {
  std::size_t out = 0;
  for (const pid_t one : tree()) out += memory_of(one).private_bytes;
  return out;
}

std::size_t Process::resident_bytes() const {
  std::size_t out = 0;
  for (const pid_t one : tree()) out += memory_of(one).resident_bytes;
  return out;
}

}  // namespace vigil::bench

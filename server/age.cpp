// age as a child: what goes in or comes out in the clear passes through a pair of sockets, never through a file.
#include "server/age.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "server/descriptor.hpp"

extern char** environ;

namespace vigil::server {
namespace {

constexpr std::size_t clear_bytes_max = 4u << 20;

bool make_pair(Descriptor& ours, Descriptor& theirs) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  ours.become(ends[0]);
  theirs.become(ends[1]);
  return true;
}

// Its pid, or why there is none.
std::expected<pid_t, std::string> start(std::vector<std::string> arguments, const Descriptor& in, const Descriptor& out) {
  arguments.insert(arguments.begin(), "age");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.number(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.number(), STDOUT_FILENO);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT) return std::unexpected("the program `age` is not here; install it: apt-get install age");
  if (failed != 0) return std::unexpected(fmt::format("the program `age` cannot be started: {}.", std::strerror(failed)));
  return pid;
}

bool ended_well(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool send_all(const Descriptor& to, std::string_view content) {
  while (!content.empty()) {
    const ssize_t sent = ::send(to.number(), content.data(), content.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Nothing: too much.
std::optional<std::string> receive_all(const Descriptor& from) {
  std::string all;
  std::array<char, 16'384> piece{};
  for (;;) {
    const ssize_t got = ::recv(from.number(), piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return all;
    all.append(piece.data(), static_cast<std::size_t>(got));
    if (all.size() > clear_bytes_max) return std::nullopt;
  }
}

}  // namespace

std::expected<void, std::string> age_encrypt(const AgeRecipients& to, const std::string& content,
                                             const std::filesystem::path& file) {
  Descriptor ours, theirs;
  const Descriptor made(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (made.number() < 0)
    return std::unexpected(fmt::format("{} cannot be made: {}. Nothing was overwritten.", file.string(), std::strerror(errno)));
  std::vector<std::string> arguments{"--encrypt"};
  for (const std::string& key : to.to) arguments.insert(arguments.end(), {"--recipient", key});
  if (!to.to_file.empty()) arguments.insert(arguments.end(), {"--recipients-file", to.to_file.string()});
  if (to.passphrase) arguments.emplace_back("--passphrase");
  std::expected<void, std::string> done;
  if (!make_pair(ours, theirs)) {
    done = std::unexpected(fmt::format("no pair of sockets can be made: {}.", std::strerror(errno)));
  } else if (const std::expected<pid_t, std::string> age = start(std::move(arguments), theirs, made); !age) {
    done = std::unexpected(age.error());
  } else {
    theirs.close();
    const bool sent = send_all(ours, content);
    ours.close();
    if (!ended_well(*age) || !sent)
      done = std::unexpected("age has not encrypted the backup; what it says stands above. No file was made.");
    else if (::fsync(made.number()) != 0)
      done = std::unexpected(fmt::format("{} cannot be synced: {}.", file.string(), std::strerror(errno)));
  }
  if (!done) ::unlink(file.c_str());
  return done;
}

std::expected<std::string, std::string> age_decrypt(const std::filesystem::path& file, const std::filesystem::path& identity) {
  Descriptor ours, theirs;
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.number() < 0) return std::unexpected(fmt::format("{} cannot be read: {}.", file.string(), std::strerror(errno)));
  if (!make_pair(ours, theirs)) return std::unexpected(fmt::format("no pair of sockets can be made: {}.", std::strerror(errno)));
  std::vector<std::string> arguments{"--decrypt"};
  if (!identity.empty()) arguments.insert(arguments.end(), {"--identity", identity.string()});
  const std::expected<pid_t, std::string> age = start(std::move(arguments), opened, theirs);
  if (!age) return std::unexpected(age.error());
  theirs.close();
  std::optional<std::string> content = receive_all(ours);
  ours.close();
  const bool well = ended_well(*age);
  if (!content)
    return std::unexpected(fmt::format("{} holds far more than a relay's backup. Nothing was changed.", file.string()));
  if (!well)
    return std::unexpected(fmt::format(
        "age has not opened {}; what it says stands above. Give the secret key's file with --identity, or the right passphrase.",
        file.string()));
  return *std::move(content);
}

}  // namespace vigil::server

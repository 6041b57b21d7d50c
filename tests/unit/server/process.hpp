// vigild as a real process, for tests: commands that end, and a relay that serves. Ready means its console answers; nothing
// sleeps and hopes.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace vigil::server::test {

struct Ran {
  int code = -1;
  std::string out, err;
};
// Runs vigild with these arguments to its end, with this on its standard input.
Ran run_vigild(const std::vector<std::string>& arguments, const std::string& input = "");
// The same for any program that is found on the path.
Ran run_program(std::vector<std::string> command, const std::string& input = "");

// A folder with a relay in it, that goes with this object. 'more': for init; 'in': on a disk of the test's own.
class RelayHome {
 public:
  explicit RelayHome(const std::vector<std::string>& more = {},
                     const std::filesystem::path& in = std::filesystem::temp_directory_path());
  ~RelayHome();
  RelayHome(const RelayHome&) = delete;
  RelayHome& operator=(const RelayHome&) = delete;

  const Ran& made() const { return made_; }
  std::filesystem::path data() const { return folder_ / "relay"; }
  std::filesystem::path root_file() const { return folder_ / "relay-root"; }
  std::filesystem::path config() const { return data() / "vigild.toml"; }
  std::uint16_t port() const { return port_; }
  Ran run(const std::string& verb, std::vector<std::string> more = {}, const std::string& input = "") const;
  // Appends to the configuration.
  void configure(const std::string& toml) const;
  std::string config_text() const;
  void write_config(const std::string& text) const;

 private:
  std::filesystem::path folder_;
  std::uint16_t port_;
  Ran made_;
};

class Serving {
 public:
  // 'passphrase': given on standard input, with --passphrase-fd.
  explicit Serving(const RelayHome& home, const std::map<std::string, std::string>& environment = {},
                   const std::string& passphrase = "");
  ~Serving();  // SIGKILL if it still runs
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  int wait();  // its exit code; 128 + number for a signal
  // One number of the console's status.
  std::int64_t number(const std::string& name) const;
  // Waits until a number of the console's has this value.
  void await(const std::string& name, std::int64_t value) const;
  // The same, and says whether it came to it; asserts nothing, for threads beside the test's own (Catch2 counts in one).
  bool reaches(const std::string& name, std::int64_t value) const;
  // Everything it has said so far.
  std::string said() const;

 private:
  std::optional<std::int64_t> asked(const std::string& name) const;

  const RelayHome& home_;
  pid_t pid_ = -1;
  std::filesystem::path words_;
};

// The answer of the relay's port to these bytes inside TLS, until it closes.
std::string ask_tls(std::uint16_t port, const std::string& bytes);
// SHA-256 of the public key of the certificate it shows.
std::string pin_shown(std::uint16_t port);

}  // namespace vigil::server::test

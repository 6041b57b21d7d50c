// `vigild doctor` names each fault that is really there, and none that is not. Each is seeded as life would: another program on
// the port, a chmod, a certificate of the wrong day, a proxy that ends TLS. Faults of disks: doctor_disk_test.cpp.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <thread>

#include "diagnosis.hpp"
#include "process.hpp"
#include "server/exit_codes.hpp"
#include "server/relay_keys.hpp"
#include "server/tls_files.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t day_s = 86'400;

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(std::time(nullptr));
}

void write(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::trunc) << content;
}

// A port of loopback that somebody listens at.
class Listening {
 public:
  explicit Listening(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  ~Listening() { ::close(socket_); }
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

std::uint16_t free_port() {
  return Listening(0).port();
}

// What ends TLS in front of a relay: OpenSSL's own server, with a key of its own.
class TlsProxy {
 public:
  TlsProxy(std::uint16_t port, const fs::path& key, const fs::path& certificate) : pid_(::fork()) {
    if (pid_ == 0) {
      const std::string at = "127.0.0.1:" + std::to_string(port);
      const int nothing = ::open("/dev/null", O_RDWR);
      for (const int number : {0, 1, 2}) ::dup2(nothing, number);
      ::execlp("openssl", "openssl", "s_server", "-quiet", "-accept", at.c_str(), "-key", key.c_str(), "-cert",
               certificate.c_str(), nullptr);
      ::_exit(127);
    }
    for (unsigned tries = 0; !is_there(port); ++tries) {
      REQUIRE(tries < 6000);
      REQUIRE(::waitpid(pid_, nullptr, WNOHANG) == 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  TlsProxy(const TlsProxy&) = delete;
  TlsProxy& operator=(const TlsProxy&) = delete;
  ~TlsProxy() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  static bool is_there(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool there = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return there;
  }

  pid_t pid_;
};

// The relay's own key with a certificate that began so many days ago; it is good for 3650.
void certify_since(const RelayHome& home, std::uint64_t days_ago) {
  const KeyFiles files(home.data());
  std::ifstream in(files.tls_key);
  const std::string key((std::istreambuf_iterator<char>(in)), {});
  write(files.tls_certificate, make_certificate(key, "127.0.0.1", now_s() - days_ago * day_s).value());
}

void copy_keys(const RelayHome& from, const RelayHome& to, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    fs::copy_file(from.data() / "keys" / name, to.data() / "keys" / name, fs::copy_options::overwrite_existing);
}

void replace(const RelayHome& home, const std::string& what, const std::string& by) {
  std::string text = home.config_text();
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  home.write_config(text.replace(at, what.size(), by));
}

// From now on this thread and its children cannot change resource limits: EPERM, as systemd's filter answers.
void forbid_limits() {
  const auto refuse = [](std::uint32_t call) {
    return std::array{sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call},
                      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM}};
  };
  const auto one = refuse(SYS_prlimit64), two = refuse(SYS_setrlimit);
  std::array all{sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                 one[0],
                 one[1],
                 two[0],
                 two[1],
                 sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{all.size(), all.data()};
  REQUIRE(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

}  // namespace

TEST_CASE("the doctor finds nothing wrong with a relay that runs as it should", "[doctor]") {
  const WellHome well;
  const Serving relay(well.home);
  const Diagnosis now(well.home);
  INFO(now.ran.out + now.ran.err);
  CHECK(now.wrong.empty());
  const Ran screen = well.home.run("doctor");
  CHECK(screen.out.find("In order: configuration, keys, certificate, files, disk") != std::string::npos);
  if (now.swaps) return;  // a fault of this machine's
  CHECK(screen.code == exit_done);
  CHECK(screen.out.find("Nothing is wrong with this relay.") == 0);
}

TEST_CASE("the doctor names a relay that is not there, not running, or not configured", "[doctor]") {
  const WellHome well;
  CHECK(Diagnosis(well.home).wrong == Names{"not-running"});
  const Ran nowhere = run_vigild({"doctor", "--config", "/no/where/vigild.toml"});
  CHECK(nowhere.code == exit_found);
  CHECK(nowhere.out.find("vigild setup makes one") != std::string::npos);
  well.home.configure("[nonsense]\n");
  const Diagnosis broken(well.home);
  CHECK(broken.wrong == Names{"configuration"});
  CHECK(broken.ran.out.find("nonsense") != std::string::npos);
}

TEST_CASE("the doctor names another program on the relay's port, and an address that the machine has not", "[doctor]") {
  const WellHome well;
  {
    const Listening other(well.home.port());
    CHECK(Diagnosis(well.home).wrong == Names{"not-running", "port-taken"});
  }
  replace(well.home, "addresses = [\"127.0.0.1:", "addresses = [\"192.0.2.77:");
  CHECK(Diagnosis(well.home).wrong == Names{"address-absent", "not-running"});
}

TEST_CASE("the doctor names a running relay that does not listen where its configuration says", "[doctor]") {
  const WellHome well;
  const Serving relay(well.home);
  const std::string now = std::to_string(well.home.port()), then = std::to_string(free_port());
  replace(well.home, "127.0.0.1:" + now, "127.0.0.1:" + then);
  CHECK(Diagnosis(well.home).wrong == Names{"port-closed"});
}

TEST_CASE("the doctor names a proxy that ends TLS where members go", "[doctor]") {
  const std::uint16_t inside = free_port();
  const WellHome well({"--listen", "127.0.0.1:" + std::to_string(inside)}), other;
  const Serving relay(well.home);
  CHECK(Diagnosis(well.home).advice.contains("not-reached"));
  const TlsProxy proxy(well.home.port(), other.home.data() / "keys/tls.key", other.home.data() / "keys/tls.crt");
  CHECK(Diagnosis(well.home).wrong == Names{"proxy-ends-tls"});
}

TEST_CASE("the doctor names what answers at the relay's port without TLS", "[doctor]") {
  const WellHome well;
  const Serving relay(well.home);
  const std::uint16_t old = well.home.port();
  const Listening other(0);  // its backlog takes connections in; nothing ever answers
  replace(well.home, "127.0.0.1:" + std::to_string(old), "127.0.0.1:" + std::to_string(other.port()));
  CHECK(Diagnosis(well.home).wrong == Names{"no-tls"});
}

TEST_CASE("the doctor names a key that was changed and is not shown, and one that members refuse", "[doctor]") {
  const WellHome well, other;
  const Serving relay(well.home);
  copy_keys(other.home, well.home, {"tls.key", "tls.crt"});
  CHECK(Diagnosis(well.home).wrong == Names{"key-differs", "pin", "proxy-ends-tls"});
}

TEST_CASE("the doctor names certificates that ended, end soon, cannot be read, or belong to another key", "[doctor]") {
  const WellHome well, other;
  const auto with_certificate = [&](std::uint64_t days_ago) {
    certify_since(well.home, days_ago);
    return Diagnosis(well.home).wrong;
  };
  CHECK(with_certificate(3653) == Names{"certificate-expired", "not-running"});
  CHECK(with_certificate(3645) == Names{"certificate-soon", "not-running"});
  CHECK(with_certificate(1) == Names{"not-running"});
  copy_keys(other.home, well.home, {"tls.crt"});
  CHECK(Diagnosis(well.home).wrong == Names{"certificate-key", "not-running"});
  write(KeyFiles(well.home.data()).tls_certificate, "no certificate");
  CHECK(Diagnosis(well.home).wrong == Names{"certificate-unreadable", "not-running"});
}

TEST_CASE("the doctor names secrets that others may read, and files of another user", "[doctor]") {
  const WellHome well;
  REQUIRE(::chmod((well.home.data() / "vigild.toml").c_str(), 0644) == 0);
  CHECK(Diagnosis(well.home).wrong == Names{"not-running", "permissions"});
  REQUIRE(::chmod((well.home.data() / "vigild.toml").c_str(), 0600) == 0);
  REQUIRE(::chmod(well.home.data().c_str(), 0755) == 0);
  CHECK(Diagnosis(well.home).wrong == Names{"not-running", "permissions"});
  REQUIRE(::chmod(well.home.data().c_str(), 0700) == 0);
  CHECK(Diagnosis(well.home).wrong == Names{"not-running"});
  if (::geteuid() != 0) return;  // only root gives files away
  REQUIRE(::chown((well.home.data() / "keys/routes").c_str(), 65'534, 65'534) == 0);
  CHECK(Diagnosis(well.home).wrong == Names{"not-running", "owner"});
}

TEST_CASE("the doctor names a root that was left on the machine", "[doctor]") {
  const WellHome well;
  fs::copy_file(well.stick / "root", well.home.root_file());
  CHECK(Diagnosis(well.home).wrong == Names{"not-running", "root-here"});
  fs::rename(well.home.root_file(), well.home.data() / "holiday.txt");  // by its text, whatever its name
  const Diagnosis hidden(well.home);
  CHECK(hidden.wrong == Names{"not-running", "root-here"});
  CHECK(hidden.ran.out.find("holiday.txt") != std::string::npos);
}

TEST_CASE("the doctor names an online key near its end, and a clock that is off", "[doctor]") {
  const WellHome well;
  REQUIRE(well.home.run("certify", {"--root", (well.stick / "root").string(), "--days", "9"}).code == exit_done);
  CHECK(Diagnosis(well.home).wrong == Names{"not-running", "online-key"});
  REQUIRE(well.home.run("certify", {"--root", (well.stick / "root").string()}).code == exit_done);
  CHECK(Diagnosis(well.home).wrong == Names{"not-running"});
  const Ran early = run_program({"faketime", "2020-02-02", VIGILD, "doctor", "--json", "--config", well.home.config().string()});
  CHECK(Diagnosis(early).wrong.contains("clock"));
}

TEST_CASE("the doctor names too few files for the configured connections", "[doctor]") {
  const WellHome well;
  const Serving relay(well.home);
  const rlimit few{300, 300};
  REQUIRE(::prlimit(relay.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  CHECK(Diagnosis(well.home).wrong == Names{"file-limit"});
}

// The relay forbids them itself. Its unit takes the call away that does (SystemCallFilter=~@resources) and sets LimitCORE=0
// instead: here is the same filter without that line.
TEST_CASE("the doctor names core dumps that are on", "[doctor]") {
  rlimit dumps{};
  REQUIRE(::getrlimit(RLIMIT_CORE, &dumps) == 0);
  if (dumps.rlim_max == 0) {
    WARN("this machine lets nobody dump a core: not seeded");
    return;
  }
  const rlimit before = dumps;
  dumps.rlim_cur = dumps.rlim_max;
  REQUIRE(::setrlimit(RLIMIT_CORE, &dumps) == 0);
  const WellHome well;
  std::optional<Serving> relay;
  std::thread([&] {
    forbid_limits();  // of this thread, and what it starts
    relay.emplace(well.home);
  }).join();
  REQUIRE(::setrlimit(RLIMIT_CORE, &before) == 0);
  CHECK(Diagnosis(well.home).wrong == Names{"core-dumps"});
}

// `vigild setup`: three questions, what it warns of, and what it refuses. In this process with a scripted person, and as a real
// process with a real terminal.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "process.hpp"
#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/setup.hpp"

using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

// A folder that goes with this.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "vigil-setup-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

struct Asked {
  int code = -1;
  std::string said;
};

Asked ask(const fs::path& data, const std::string& typed, SetupOrder order = {}) {
  order.init.data = data;
  std::istringstream in(typed);
  std::ostringstream out;
  const int code = setup(order, in, out, true, static_cast<std::uint64_t>(std::time(nullptr)));
  return {code, out.str()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("setup makes a relay from three answers, and says what to do with the root and then", "[setup]") {
  const Folder folder;
  const fs::path data = folder.path / "relay";
  const Asked asked = ask(data, "relay.example.org 203.0.113.5\n127.0.0.1:8080\n\n");
  INFO(asked.said);
  REQUIRE(asked.code == exit_done);
  const auto config = load_config(data / "vigild.toml");
  REQUIRE(config);
  CHECK(config->hosts == std::vector<std::string>{"relay.example.org", "203.0.113.5"});
  CHECK(config->decoy_upstream == "127.0.0.1:8080");
  CHECK(contains(asked.said, "move " + (data / "root").string() + " to a USB stick"));
  CHECK(contains(asked.said, "vigild doctor"));
  CHECK(contains(asked.said, "vigild invite"));
  CHECK_FALSE(contains(asked.said, "!"));
}

TEST_CASE("what is no answer is told, asked again, and makes nothing", "[setup]") {
  const Folder folder;
  const fs::path data = folder.path / "relay";
  const std::vector<std::string> hostile{
      "https://relay.example.org", "a\"]\npaths=[\"",      "relay_1.example",       "-x.example", "a..b", "",
      std::string(5000, 'a'),      std::string("a\0b", 3), "relay.example.org:443", "\x1b[2J"};
  for (const std::string& host : hostile) {
    INFO(host);
    const Asked refused = ask(data, host + "\n");  // and then nothing more
    CHECK(refused.code == exit_refused);
    CHECK(contains(refused.said, host.empty() ? "without a name or an address" : "without https://, port or path"));
    CHECK_FALSE(fs::exists(data));
  }
  for (const char* see : {"8080", "192.0.2.1:80", "/no/where", "../x", "page!"}) {
    INFO(see);
    CHECK(ask(data, std::string("relay.example.org\n") + see + "\n").code == exit_refused);
    CHECK_FALSE(fs::exists(data));
  }
  CHECK(ask(data, "relay.example.org\n\n/no/where /no/key\n").code == exit_refused);
  CHECK(ask(data, "relay.example.org\n\nonly-one\n").code == exit_refused);
  CHECK(ask(data, "!\n!\n!\n!\n!\nrelay.example.org\n\n\n").code == exit_refused);  // five times are enough
  CHECK_FALSE(fs::exists(data));
  CHECK(ask(data, "https://x\nrelay.example.org\nnothing\npage\n\n").code == exit_done);
}

TEST_CASE("setup warns of names that say what the relay is, and goes on only when it is told to", "[setup]") {
  for (const char* host : {"panic.example.org", "my-ALERT.example.org", "lgbthelp.example.org", "vigil.example.org",
                           "queer.example.org", "sos.example.org", "help-sos.example.org"})
    CHECK(telling_word(host));
  for (const char* host : {"relay.example.org", "sosna.example.org", "blog.example.org", "203.0.113.5"})
    CHECK_FALSE(telling_word(host));
  const Folder folder;
  const fs::path data = folder.path / "relay";
  const Asked refused = ask(data, "panic.example.org\n\n\nno\n");
  CHECK(refused.code == exit_refused);
  CHECK(contains(refused.said, "»panic«"));
  CHECK_FALSE(fs::exists(data));
  CHECK(ask(data, "panic.example.org\n\n\nyes\n").code == exit_done);
}

TEST_CASE("setup warns that a certificate of an authority makes the name public", "[setup]") {
  const Folder folder;
  const auto file = [&](const char* name) { return (folder.path / name).string(); };
  const auto openssl = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const Ran done = run_program(std::move(arguments));
    REQUIRE(done.code == 0);
  };
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file("ca.key"), "-out",
           file("ca.crt"), "-subj", "/CN=An Authority", "-days", "30"});
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file("tls.key"), "-out",
           file("asked"), "-subj", "/CN=relay.example.org"});
  openssl({"x509", "-req", "-in", file("asked"), "-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-out", file("tls.crt"),
           "-days", "30"});
  const std::string pair = file("tls.crt") + " " + file("tls.key");
  const Asked asked = ask(folder.path / "relay", "relay.example.org\n\n" + pair + "\nyes\n");
  INFO(asked.said);
  CHECK(asked.code == exit_done);
  CHECK(contains(asked.said, "logs that anybody can search"));
  const std::string own = file("ca.crt") + " " + file("ca.key");  // signed by itself
  const Asked quiet = ask(folder.path / "relay-2", "relay.example.org\n\n" + own + "\n");
  CHECK(quiet.code == exit_done);
  CHECK_FALSE(contains(quiet.said, "logs that anybody"));
}

TEST_CASE("setup runs without a terminal when flags answer, and refuses when they do not", "[setup]") {
  const Folder folder;
  const std::string data = (folder.path / "relay").string();
  const Ran nobody = run_vigild({"setup", "--data", data});
  CHECK(nobody.code == exit_refused);
  CHECK(contains(nobody.err, "vigild setup --yes --host"));
  const Ran no_yes = run_vigild({"setup", "--data", data, "--host", "relay.example.org"});
  CHECK(no_yes.code == exit_refused);
  CHECK(contains(no_yes.err, "--yes"));
  const Ran wrong = run_vigild({"setup", "--data", data, "--yes", "--host", "relay.example.org", "--strangers-see", "8080"});
  CHECK(wrong.code == exit_refused);
  CHECK_FALSE(fs::exists(data));
  const Ran done = run_vigild({"setup", "--data", data, "--yes", "--host", "alert.example.org", "--strangers-see", "page"});
  INFO(done.out + done.err);
  CHECK(done.code == exit_done);
  CHECK(contains(done.out, "»alert«"));
  CHECK(run_vigild({"setup", "--data", data, "--yes", "--host", "relay.example.org"}).code == exit_refused);
}

TEST_CASE("setup asks on a terminal", "[setup]") {
  const Folder folder;
  const std::string data = (folder.path / "relay").string();
  const Ran done =
      run_program({"script", "-qec", std::string(VIGILD) + " setup --data " + data, "/dev/null"}, "relay.example.org\n\n\n");
  INFO(done.out + done.err);
  CHECK(done.code == exit_done);
  CHECK(contains(done.out, "3. Which certificate does it show?"));
  CHECK(fs::exists(data + "/vigild.toml"));
}

TEST_CASE("root who sets up or renews a relay in somebody's folder leaves every file to that user", "[setup]") {
  if (::geteuid() != 0) {
    WARN("this is not root");
    return;
  }
  const Folder folder;
  const fs::path data = folder.path / "relay";
  REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
  fs::create_directory(data);
  REQUIRE(::chown(data.c_str(), 65'534, 65'534) == 0);
  REQUIRE(run_vigild({"setup", "--data", data.string(), "--yes", "--host", "127.0.0.1"}).code == exit_done);
  const fs::path root = folder.path / "root";  // root's own, as on a USB stick
  fs::rename(data / "root", root);
  REQUIRE(::chown(root.c_str(), 0, 0) == 0);
  const Ran renewed = run_vigild({"certify", "--config", (data / "vigild.toml").string(), "--root", root.string()});
  INFO(renewed.err);
  CHECK(renewed.code == exit_done);
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    struct stat is{};
    REQUIRE(::stat(entry.path().c_str(), &is) == 0);
    INFO(entry.path());
    CHECK(is.st_uid == 65'534);
    CHECK(is.st_gid == 65'534);
  }
}

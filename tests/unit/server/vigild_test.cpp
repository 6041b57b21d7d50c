// vigild as operators meet it: real processes, real files, real TLS on loopback.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <regex>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/signed.hpp"
#include "joining.hpp"
#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/init.hpp"
#include "server/invite.hpp"
#include "server/json.hpp"
#include "server/relay_keys.hpp"
#include "server/unix_socket.hpp"
#include "storage/seizure.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat is{};
  REQUIRE(::stat(file.c_str(), &is) == 0);
  return is.st_mode & 0777;
}

}  // namespace

TEST_CASE("init makes a relay whose every file is private and whose root lies apart", "[vigild][init]") {
  const RelayHome home;
  INFO(home.made().err);
  REQUIRE(home.made().code == exit_done);
  CHECK(contains(home.made().out, "move " + home.root_file().string()));
  CHECK(mode_of(home.data()) == 0700);
  unsigned files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home.data())) {
    INFO(entry.path());
    CHECK(mode_of(entry.path()) == (entry.is_directory() ? 0700 : 0600));
    ++files;
  }
  CHECK(files >= 8);
  CHECK(mode_of(home.root_file()) == 0600);

  // The seed stands in the root's file and in no file of the relay, raw or as text.
  const auto root = read_root(home.root_file());
  REQUIRE(root);
  const std::string raw(text(root->seed())), written = base64url(root->seed());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home.data())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    INFO(entry.path());
    CHECK_FALSE(contains(content, raw));
    CHECK_FALSE(contains(content, written));
  }
  CHECK_FALSE(contains(home.made().out + home.made().err, written));
}

TEST_CASE("init refuses to overwrite a relay or a root, and leaves both as they were", "[vigild][init]") {
  const RelayHome home;
  const std::string before = home.config_text();
  const Ran again = run_vigild({"init", "--data", home.data().string(), "--host", "127.0.0.1"});
  CHECK(again.code == exit_refused);
  CHECK(contains(again.err, "A relay lies in"));
  const std::string elsewhere = home.data().string() + "-2";
  const Ran root_there = run_vigild({"init", "--data", elsewhere, "--host", "127.0.0.1", "--root", home.root_file().string()});
  CHECK(root_there.code == exit_refused);
  CHECK(contains(root_there.err, "the root of another relay?"));
  CHECK_FALSE(std::filesystem::exists(elsewhere));
  CHECK(home.config_text() == before);
}

TEST_CASE("init that fails leaves nothing behind", "[vigild][init]") {
  const RelayHome home;
  const std::string elsewhere = home.data().string() + "-2";
  // The root's folder does not exist, which shows only after keys were made.
  const Ran failed = run_vigild({"init", "--data", elsewhere, "--host", "127.0.0.1", "--root", elsewhere + "/no/where/root"});
  CHECK(failed.code == exit_refused);
  CHECK_FALSE(std::filesystem::exists(elsewhere));
}

TEST_CASE("two fresh relays share no key, path, certificate or page date", "[vigild][init]") {
  const RelayHome one, two;
  for (const char* file : {"vigild.toml", "keys/root.public", "keys/online.seed", "keys/tls.key", "keys/tls.crt",
                           "keys/tls-next.key", "keys/routes"}) {
    std::ifstream a(one.data() / file, std::ios::binary), b(two.data() / file, std::ios::binary);
    INFO(file);
    CHECK(std::string((std::istreambuf_iterator<char>(a)), {}) != std::string((std::istreambuf_iterator<char>(b)), {}));
  }
  const auto paths_one = load_config(one.config())->paths, paths_two = load_config(two.config())->paths;
  CHECK(paths_one.front() != paths_two.front());
}

TEST_CASE("init takes an operator's own certificate and key, and refuses a pair that does not belong together",
          "[vigild][init]") {
  const RelayHome other, another;
  const std::string key = (other.data() / "keys/tls.key").string(), certificate = (other.data() / "keys/tls.crt").string();
  const RelayHome home({"--tls-key", key, "--tls-cert", certificate});
  INFO(home.made().err);
  REQUIRE(home.made().code == exit_done);
  CHECK(load_config(home.config())->tls_key == key);
  CHECK_FALSE(std::filesystem::exists(home.data() / "keys/tls.key"));
  const RelayHome wrong({"--tls-key", key, "--tls-cert", (another.data() / "keys/tls.crt").string()});
  CHECK(wrong.made().code == exit_refused);
  CHECK(contains(wrong.made().err, "give a pair that belongs together"));
}

TEST_CASE("serve says file and line of a wrong configuration and does not start", "[vigild][serve]") {
  const RelayHome home;
  home.configure("threads = \"two\"\nworkers = 3\n");
  const Ran refused = home.run("serve");
  CHECK(refused.code == exit_refused);
  CHECK(contains(refused.err, "listen.threads must be a whole number"));
  CHECK(std::regex_search(refused.err, std::regex("vigild\\.toml:[0-9]+: listen.workers is no key")));
  CHECK(home.run("check").code == exit_refused);
}

TEST_CASE("invite and status say that the relay is not running", "[vigild][console]") {
  const RelayHome home;
  CHECK(home.run("status").code == exit_not_running);
  const Ran invite = home.run("invite");
  CHECK(invite.code == exit_not_running);
  CHECK(contains(invite.err, "no relay answers"));
  CHECK(invite.out.empty());
}

TEST_CASE("a member joins with an invite and nothing else; the invite works once, also after a restart", "[vigild][invite]") {
  const RelayHome home;
  std::vector<wire::Invite> invites;
  const SigningKey first = SigningKey::generate();
  {
    Serving relay(home);
    const Ran printed = home.run("invite", {"--count", "3", "--days", "2"});
    INFO(printed.err);
    REQUIRE(printed.code == exit_done);
    for (const std::string& line : lines_of(printed.out)) invites.push_back(read_invite(line));
    REQUIRE(invites.size() == 3);
    CHECK(relay.number("invites") == 3);

    // What the invite says is signed by the root and fits the relay.
    const wire::RouteListBody routes = routes_of(invites[0]);
    CHECK(verify(root_of(invites[0]), *Signature::from(view(invites[0].routes().signature())), labels::routes,
                 {view(invites[0].routes().body())}));
    CHECK(routes.serial() == 1);
    REQUIRE(routes.routes_size() == 1);
    CHECK(routes.routes(0).pin() == pin_shown(home.port()));
    CHECK(routes.routes(0).pin_next().size() == 32);
    CHECK(routes.routes(0).pin_next() != routes.routes(0).pin());

    CHECK(join(invites[0], first) == wire::DONE);
    relay.signal(SIGKILL);
    CHECK(relay.wait() == 128 + SIGKILL);
  }
  Serving relay(home);
  CHECK(relay.number("invites") == 2);
  {
    Member member(home.port(), root_of(invites[0]), routes_of(invites[0]).routes(0).path());
    CHECK(member.prove(first) == wire::DONE);
    CHECK(member.listen() == wire::DONE);
  }
  CHECK(join(invites[0], SigningKey::generate()) == wire::REFUSED);
  const SigningKey owner = SigningKey::generate();
  CHECK(join(invites[1], owner) == wire::DONE);
  CHECK(join(invites[1], owner) == wire::DONE);  // the same again: its answer was lost on the way
  CHECK(join(invites[1], SigningKey::generate()) == wire::REFUSED);
}

TEST_CASE("the relay's disk and words never hold an invite's right", "[vigild][invite]") {
  const RelayHome home;
  std::string right, words;
  {
    Serving relay(home);
    right = read_invite(lines_of(home.run("invite").out).at(0)).right();
    relay.signal(SIGTERM);
    CHECK(relay.wait() == exit_done);
    words = relay.said();
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home.data())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    INFO(entry.path());
    CHECK_FALSE(contains(std::string((std::istreambuf_iterator<char>(in)), {}), right));
  }
  const Hash kept = invite_hash(*Secret::from(view(right)));
  const auto disk = storage::read_seized_disk(home.data() / "store", nullptr,
                                              {Bytes(right.begin(), right.end()), Bytes(kept.bytes.begin(), kept.bytes.end())});
  REQUIRE(disk);
  CHECK(disk->files_with(0) == 0);
  CHECK(contains(words, "1 invites were made"));
  CHECK_FALSE(contains(words, base64url(view(right))));
  CHECK_FALSE(contains(words, "127.0.0.1"));
}

TEST_CASE("invites as JSON and as QR codes", "[vigild][invite]") {
  const RelayHome home;
  Serving relay(home);
  const Ran printed = home.run("invite", {"--json", "--count", "2"});
  const json::value parsed = json::parse(printed.out);
  REQUIRE(parsed.at("invites").as_array().size() == 2);
  const std::string line(parsed.at("invites").at(1).as_string());
  CHECK(read_invite(line).not_after_s() == static_cast<std::uint64_t>(parsed.at("not_after_s").as_int64()));

  const std::vector<std::string> with_code = lines_of(home.run("invite", {"--qr"}).out);
  REQUIRE(with_code.size() > 30);
  read_invite(with_code[0]);
  for (std::size_t i = 1; i + 1 < with_code.size(); ++i)
    CHECK(with_code[i].find_first_not_of(" \xe2\x96\x80\x84\x88") == std::string::npos);
  CHECK(qr_code(std::string(5000, 'a')).empty());
}

TEST_CASE("status is one screen of counts, and JSON for machines", "[vigild][console]") {
  const RelayHome home;
  Serving relay(home);
  const Ran screen = home.run("status");
  REQUIRE(screen.code == exit_done);
  CHECK(contains(screen.out, "All is well."));
  CHECK(contains(screen.out, "Online key    89 days left") != contains(screen.out, "Online key    90 days left"));
  CHECK(lines_of(screen.out).size() <= 24);
  const json::value numbers = json::parse(home.run("status", {"--json"}).out);
  CHECK(numbers.at("writable").as_int64() == 1);
  for (const auto& [name, number] : numbers.as_object()) CHECK(number.is_int64());
}

TEST_CASE("the console belongs to the relay's user and refuses what it does not know", "[vigild][console]") {
  const RelayHome home;
  Serving relay(home);
  const std::filesystem::path socket = home.data() / "console";
  CHECK(mode_of(socket) == 0600);
  for (const char* line : {"", "hello", "[]", "{}", R"({"do":1})", R"({"do":"stop"})", R"({"do":"invites"})",
                           R"({"do":"invites","days":0,"hashes":[]})", R"({"do":"invites","days":1,"hashes":["ab"]})",
                           R"({"do":"invites","days":1,"hashes":[1]})"}) {
    INFO(line);
    const auto answer = ask_console(socket, line);
    REQUIRE(answer);
    CHECK(contains(*answer, R"("done":false)"));
  }
  CHECK_FALSE(ask_console(socket, std::string(300'000, 'x')));  // too long a line ends the connection, not the relay
  CHECK(ask_console(socket, R"({"do":"status"})"));
}

TEST_CASE("a second relay on the same folder is refused while the first one serves", "[vigild][serve]") {
  const RelayHome home;
  Serving relay(home);
  CHECK(home.run("serve").code == exit_failed);
  CHECK(home.run("status").code == exit_done);
}

TEST_CASE("a relay that crashes leaves no core", "[vigild][serve]") {
  const RelayHome home;
  Serving relay(home);
  std::ifstream limits("/proc/" + std::to_string(relay.pid()) + "/limits");
  const std::string all((std::istreambuf_iterator<char>(limits)), {});
  CHECK(std::regex_search(all, std::regex("Max core file size +0 +0 ")));
}

TEST_CASE("SIGTERM ends the relay in good order, SIGKILL's leftovers do not hinder the next start", "[vigild][serve]") {
  const RelayHome home;
  {
    Serving relay(home);
    relay.signal(SIGTERM);
    CHECK(relay.wait() == exit_done);
    CHECK(contains(relay.said(), "Stopped after"));
    CHECK_FALSE(std::filesystem::exists(home.data() / "console"));
  }
  {
    Serving relay(home);
    relay.signal(SIGKILL);
    relay.wait();
    CHECK(std::filesystem::exists(home.data() / "console"));
  }
  Serving relay(home);
  CHECK(home.run("status").code == exit_done);
}

TEST_CASE("SIGHUP puts a good configuration into force and refuses a bad one whole", "[vigild][reload]") {
  const RelayHome home;
  Serving relay(home);
  const std::string good = home.config_text(), page = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  CHECK(contains(ask_tls(home.port(), page), "Welcome to nginx!"));

  std::filesystem::create_directory(home.data() / "site");
  std::ofstream(home.data() / "site/index.html") << "<p>my own site</p>";
  home.write_config(good + "[decoy]\nsite = \"site\"\n");
  relay.signal(SIGHUP);
  relay.await("reloads", 1);
  CHECK(contains(ask_tls(home.port(), page), "my own site"));

  home.write_config(good + "[decoy]\nsite = \"nowhere\"\n");
  relay.signal(SIGHUP);
  relay.await("reloads_refused", 1);
  home.write_config("[relay\n" + good);
  relay.signal(SIGHUP);
  for (unsigned tries = 0; !contains(relay.said().substr(relay.said().find("refused") + 1), "refused") && tries < 3000; ++tries)
    ::usleep(10'000);
  CHECK(contains(ask_tls(home.port(), page), "my own site"));

  home.write_config(good);
  relay.signal(SIGHUP);
  relay.await("reloads", 2);
  CHECK(relay.number("reloads_refused") == 2);
  CHECK(contains(ask_tls(home.port(), page), "Welcome to nginx!"));
}

TEST_CASE("a changed key that needs a restart is told, and the old value stays in force", "[vigild][reload]") {
  const RelayHome home;
  Serving relay(home);
  home.configure("\n[limits]\nlease_s = 60\nkeepalive_s = 100\n");
  relay.signal(SIGHUP);
  relay.await("reloads", 1);
  CHECK(contains(relay.said(), "1 changed keys of the configuration need a restart"));
  const auto config = load_config(home.config());
  Member member(home.port(), *load_root(home.data()), config->paths.front());
  CHECK(member.greeting().keepalive_s() == 100);
  CHECK((member.greeting().limits().lease_s() == 0 || member.greeting().limits().lease_s() == limits::lease_s));
}

TEST_CASE("certify renews online key and routes with the root, and only with this relay's", "[vigild][certify]") {
  const RelayHome home, other;
  Serving relay(home);
  const auto before = load_relay_keys(home.data());
  REQUIRE(before);
  CHECK(home.run("certify", {"--root", other.root_file().string()}).code == exit_refused);
  CHECK(load_relay_keys(home.data())->route_serial == 1);

  REQUIRE(home.run("certify", {"--root", home.root_file().string(), "--days", "30"}).code == exit_done);
  const auto after = load_relay_keys(home.data());
  REQUIRE(after);
  CHECK(after->route_serial == 2);
  CHECK(after->online.public_key() != before->online.public_key());
  wire::RouteListBody body;
  REQUIRE(body.ParseFromString(after->routes.body()));
  CHECK(body.before() == std::string(text(hash(labels::routes, {view(before->routes.body())}).view())));

  // The running relay greets with the new key after SIGHUP.
  relay.signal(SIGHUP);
  relay.await("route_serial", 2);
  CHECK(relay.number("online_key_days") <= 30);
  Member member(home.port(), after->root, load_config(home.config())->paths.front());
  CHECK(member.greeting().online().online_key() == after->certificate.online_key());
  CHECK(verify_greeting(after->online.public_key(), *Signature::from(view(member.greeting().signature())), member.binding(),
                        *Challenge::from(view(member.greeting().challenge()))));
}

TEST_CASE("certify heals an online key whose certificate was lost half-way", "[vigild][certify]") {
  const RelayHome home;
  std::filesystem::copy_file(home.root_file(), home.data() / "keys/online.certificate",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(home.run("serve").code == exit_failed);
  CHECK(home.run("certify", {"--root", home.root_file().string()}).code == exit_done);
  CHECK(home.run("check").code == exit_done);
}

TEST_CASE("the next TLS key takes over, and members who know its pin see no break", "[vigild][certify]") {
  const RelayHome home;
  wire::RouteListBody old_routes;
  REQUIRE(old_routes.ParseFromString(load_relay_keys(home.data())->routes.body()));
  Serving relay(home);
  CHECK(pin_shown(home.port()) == old_routes.routes(0).pin());
  REQUIRE(home.run("certify", {"--root", home.root_file().string(), "--next-tls-key"}).code == exit_done);
  relay.signal(SIGHUP);
  relay.await("reloads", 1);
  CHECK(pin_shown(home.port()) == old_routes.routes(0).pin_next());
  wire::RouteListBody routes;
  REQUIRE(routes.ParseFromString(load_relay_keys(home.data())->routes.body()));
  CHECK(routes.routes(0).pin() == old_routes.routes(0).pin_next());
  CHECK(routes.routes(0).pin_next() != old_routes.routes(0).pin_next());
  CHECK_FALSE(contains(relay.said(), "members will refuse"));
}

TEST_CASE("a TLS key that the route list does not pin is told to the operator", "[vigild][serve]") {
  const RelayHome home, other;
  for (const char* file : {"keys/tls.key", "keys/tls.crt"})
    std::filesystem::copy_file(other.data() / file, home.data() / file, std::filesystem::copy_options::overwrite_existing);
  Serving relay(home);
  CHECK(contains(relay.said(), "members will refuse this relay"));
  CHECK(home.run("check").code == exit_refused);
}

TEST_CASE("systemd hears READY, WATCHDOG and STOPPING", "[vigild][serve]") {
  const RelayHome home;
  const std::string name = (home.data().parent_path() / "notify").string();
  const int notified = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(name.size() < sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  REQUIRE(::bind(notified, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{20, 0};
  ::setsockopt(notified, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto hear = [notified](const std::string& wanted) {
    for (;;) {
      std::array<char, 256> word{};
      const ssize_t got = ::recv(notified, word.data(), word.size(), 0);
      if (got <= 0) return false;
      if (contains(std::string(word.data(), static_cast<std::size_t>(got)), wanted)) return true;
    }
  };
  Serving relay(home, {{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "200000"}});
  CHECK(hear("READY=1"));
  CHECK(hear("WATCHDOG=1"));
  CHECK(hear("WATCHDOG=1"));
  relay.signal(SIGTERM);
  CHECK(hear("STOPPING=1"));
  CHECK(relay.wait() == exit_done);
  ::close(notified);
}

TEST_CASE("strangers meet the ordinary site over TLS, whatever they send", "[vigild][decoy]") {
  const RelayHome home;
  Serving relay(home);
  CHECK(ask_tls(home.port(), "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\n"));
  CHECK(ask_tls(home.port(), "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
  const std::string path = load_config(home.config())->paths.front();
  CHECK(ask_tls(home.port(), "GET " + path + "x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(ask_tls(home.port(), "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(relay.number("strangers") == 4);
}

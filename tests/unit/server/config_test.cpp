// The configuration: what is refused and how it is told, and that deploy/vigild.toml documents exactly what the code knows.
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "server/config.hpp"

using namespace vigil::server;

namespace {

std::string example() {
  std::ifstream in(VIGIL_SOURCE_DIR "/deploy/vigild.toml");
  std::ostringstream content;
  content << in.rdbuf();
  REQUIRE(in.is_open());
  return content.str();
}

std::string refusal(const std::string& text) {
  const auto config = parse_config(text, "/relay/vigild.toml");
  return config ? "accepted" : config.error();
}

}  // namespace

TEST_CASE("the documented example holds every key of the code, and no other", "[server][config]") {
  std::set<std::string> documented;
  std::string section;
  std::istringstream lines(example());
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex(R"(\[(\w+)\])"))) section = match[1];
    if (std::regex_match(line, match, std::regex(R"((\w+) = .*)"))) documented.insert(section + "." + match[1].str());
  }
  std::set<std::string> known;
  for (const std::string& key : config_keys()) known.insert(key);
  CHECK(documented == known);
  CHECK(known.size() > 30);
}

TEST_CASE("the documented example says the defaults", "[server][config]") {
  const auto from_example = parse_config(example(), "/relay/vigild.toml");
  REQUIRE(from_example);
  CHECK(*from_example == *parse_config("", "/relay/vigild.toml"));
  CHECK(from_example->limits == ConfigLimits{});
}

TEST_CASE("each key of the example stands below a comment that explains it", "[server][config]") {
  std::istringstream lines(example());
  bool explained = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) explained = true;
    if (line.empty() || line.starts_with("[")) explained = false;
    INFO(line);
    if (line.find(" = ") != std::string::npos && !line.starts_with("#")) CHECK(explained);
  }
}

TEST_CASE("an unknown key, section or stray word is refused with its line", "[server][config]") {
  CHECK(refusal("[limits]\nlease_s = 900\nleash_s = 900\n").starts_with("/relay/vigild.toml:3: limits.leash_s is no key"));
  CHECK(refusal("\n[limit]\nlease_s = 900\n").starts_with("/relay/vigild.toml:2: limit is no section"));
  CHECK(refusal("threads = 2\n").starts_with("/relay/vigild.toml:1: threads stands outside"));
  CHECK(refusal("listen = 2\n").starts_with("/relay/vigild.toml:1: listen is a section"));
}

TEST_CASE("wrong types and values are refused with what is expected", "[server][config]") {
  CHECK(refusal("[limits]\nlease_s = \"900\"\n") ==
        "/relay/vigild.toml:2: limits.lease_s must be a whole number from 1 to 86400, without quotes.");
  CHECK(refusal("[limits]\nlease_s = -1\n").find("from 1 to 86400") != std::string::npos);
  CHECK(refusal("[limits]\nlease_s = 1.5\n").find("whole number") != std::string::npos);
  CHECK(refusal("[limits]\nfirst_rounds_s = []\n").find("between 1 and 16") != std::string::npos);
  CHECK(refusal("[limits]\nfirst_rounds_s = [10, \"20\"]\n").find("whole number") != std::string::npos);
  CHECK(refusal("[listen]\naddresses = [\"localhost:443\"]\n").find("an IP address with a port") != std::string::npos);
  CHECK(refusal("[listen]\naddresses = [\"::1:443\"]\n").find("an IP address with a port") != std::string::npos);
  CHECK(refusal("[listen]\naddresses = [\"127.0.0.1:0\"]\n").find("an IP address with a port") != std::string::npos);
  CHECK(refusal("[listen]\naddresses = []\n").find("at least one") != std::string::npos);
  CHECK(refusal("[relay]\npaths = [\"/short\"]\n").find("nobody can guess") != std::string::npos);
  CHECK(refusal("[relay]\nhosts = [\"a host\"]\n").find("a host name") != std::string::npos);
  CHECK(refusal("[decoy]\nupstream = \"10.0.0.1:80\"\n").find("on this machine") != std::string::npos);
  CHECK(refusal("[log]\nlevel = \"debug\"\n").find("\"error\", \"warning\" or \"info\"") != std::string::npos);
  CHECK(refusal("[log\n").find("vigild.toml:1: this is not TOML") != std::string::npos);
}

TEST_CASE("metrics are refused on any address but this machine's", "[server][config][metrics]") {
  for (const char* here : {"", "127.0.0.1:9464", "127.9.9.9:1", "[::1]:9464", "unix:/run/vigild/metrics"})
    CHECK(refusal("[metrics]\nlisten = \"" + std::string(here) + "\"\n") == "accepted");
  for (const char* elsewhere : {"0.0.0.0:9464", "10.0.0.1:9464", "[::]:9464", "[::ffff:127.0.0.1]:9464", "localhost:9464",
                                "127.0.0.1", "127.0.0.1:0", "unix:", "unix:/run/", "unix:relative", "9464"})
    CHECK(refusal("[metrics]\nlisten = \"" + std::string(elsewhere) + "\"\n").find("an address of this machine only") !=
          std::string::npos);
}

TEST_CASE("values that contradict each other are refused", "[server][config]") {
  CHECK(refusal("[limits]\nfree_for_urgent_percent = 10\n").find("below limits.free_for_normal_percent") != std::string::npos);
  CHECK(refusal("[decoy]\nsite = \"www\"\nupstream = \"127.0.0.1:80\"\n").find("exclude each other") != std::string::npos);
}

TEST_CASE("every mistake is told at once, in the order of the lines", "[server][config]") {
  const std::string told = refusal("[log]\nlevel = 1\n[limits]\nhold_s = \"x\"\nnonsense = 1\n");
  CHECK(std::count(told.begin(), told.end(), '\n') == 2);
  CHECK(told.find(":2:") < told.find(":4:"));
  CHECK(told.find(":4:") < told.find(":5:"));
}

TEST_CASE("paths are taken from the file's folder, keys and console from the data folder", "[server][config]") {
  const auto config =
      parse_config("[store]\ndirectory = \"data\"\n[decoy]\nsite = \"www\"\n[tls]\nkey = \"/etc/k\"\n", "/relay/vigild.toml");
  REQUIRE(config);
  CHECK(config->data == "/relay/data");
  CHECK(config->decoy_site == "/relay/www");
  CHECK(config->tls_key == "/etc/k");
  CHECK(config->tls_certificate == "/relay/data/keys/tls.crt");
  CHECK(config->console == "/relay/data/console");
  CHECK(parse_config("", "/relay/vigild.toml")->data == "/relay");
}

TEST_CASE("what needs a restart is told by name", "[server][config]") {
  const auto old = parse_config("", "/r/vigild.toml");
  const auto fresh = parse_config("[limits]\nlease_s = 10\nkeepalive_s = 60\n[listen]\nthreads = 3\n", "/r/vigild.toml");
  REQUIRE(fresh);
  CHECK(needs_restart(*old, *fresh) == std::vector<std::string>{"listen.threads", "limits.lease_s"});
  CHECK(needs_restart(*old, *old).empty());
}

// That no id, address or name can reach the log: its interface takes an enum and numbers, and nobody goes around it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>

#include "proto/ids.hpp"
#include "server/log.hpp"

using namespace vigil::server;

namespace {

template <class Argument>
concept CanBeSaid = requires(Argument argument) { say(Say::serving, argument); };

}  // namespace

TEST_CASE("only numbers can be said", "[server][log]") {
  STATIC_REQUIRE(CanBeSaid<std::uint64_t>);
  STATIC_REQUIRE_FALSE(CanBeSaid<const char*>);
  STATIC_REQUIRE_FALSE(CanBeSaid<std::string>);
  STATIC_REQUIRE_FALSE(CanBeSaid<vigil::MailboxId>);
  STATIC_REQUIRE_FALSE(CanBeSaid<vigil::Address>);
  STATIC_REQUIRE_FALSE(CanBeSaid<vigil::View>);
}

TEST_CASE("nobody in the relay writes to the log or to stderr around it", "[server][log]") {
  // Commands that end (commands/, audit, backup, destroy, doctor, invite, restore, status) and a start that fails speak to the
  // operator on std::cerr; what serves never does.
  const std::set<std::string> may_speak{
      "server/audit.cpp",         "server/backup.cpp", "server/destroy.cpp", "server/invite.cpp",     "server/restore.cpp",
      "server/doctor/doctor.cpp", "server/status.cpp", "server/serve.cpp",   "server/exit_codes.cpp", "server/log.cpp"};
  unsigned files = 0;
  for (const char* folder : {"/server", "/storage"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(VIGIL_SOURCE_DIR) + folder)) {
      const std::string name = entry.path().lexically_relative(VIGIL_SOURCE_DIR).string();
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      if (may_speak.contains(name) || name.starts_with("server/commands/")) continue;
      std::ifstream in(entry.path());
      const std::string content((std::istreambuf_iterator<char>(in)), {});
      INFO(entry.path());
      CHECK_FALSE(std::regex_search(
          content, std::regex("spdlog::|std::cerr|std::cout|std::clog|fprintf|\\bprintf\\(|syslog\\(|perror\\(")));
      ++files;
    }
  }
  CHECK(files > 40);
}

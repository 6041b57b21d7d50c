// What an operator's audit finds, and what is left after destroying: real processes, real disks, the real passphrase.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <map>
#include <regex>
#include <thread>

#include "process.hpp"
#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/status.hpp"
#include "server/unix_socket.hpp"

using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the audit finds what it has left, has it forgotten, and then finds nothing", "[vigild][audit]") {
  const RelayHome home;
  home.configure("[limits]\nerase_s = 5\n");
  Serving relay(home);
  const auto age = [&](const char* file, int days) {
    fs::last_write_time(home.data() / "store" / file, fs::file_time_type::clock::now() - std::chrono::days(days));
  };
  age("rows/IDENTITY", 3);
  age("rows/LOCK", 30);
  const Ran audit = home.run("audit", {"--json"});
  INFO(audit.out << audit.err);
  REQUIRE(audit.code == exit_done);
  const json::value said = json::parse(audit.out);
  CHECK(said.at("in_order").as_bool());
  CHECK(said.at("keys_on_disk").as_bool());
  CHECK(said.at("keys_of_gone_files").as_int64() == 0);
  const json::array& marks = said.at("marks").as_array();
  CHECK(marks.size() == 5);
  for (const json::value& mark : marks) {
    CHECK(mark.at("files_before").as_int64() > 0);
    CHECK(mark.at("files_after").as_int64() == 0);
  }
  relay.await("mailboxes", 0);  // and its own mailbox is gone, with every copy
  CHECK(relay.number("copies_normal") + relay.number("copies_urgent") + relay.number("bytes") == 0);
  // What somebody sees besides: counts by kind and age, and nothing that names anybody.
  std::map<std::string, json::object> kinds;
  for (const json::value& kind : said.at("files").as_array()) {
    kinds[std::string(kind.at("kind").as_string())] = kind.as_object();
    CHECK(kind.at("files").as_int64() ==
          kind.at("written_today").as_int64() + kind.at("written_this_week").as_int64() + kind.at("written_before").as_int64());
  }
  CHECK(kinds.at("keys of the files").at("written_today").as_int64() == 1);
  CHECK(kinds.at("tables").at("written_today") == kinds.at("tables").at("files"));
  CHECK(kinds.at("names and settings of the database").at("written_this_week").as_int64() == 1);
  CHECK(kinds.at("names and settings of the database").at("written_before").as_int64() == 1);
  const json::value& oldest = said.at("oldest_file_with_deleted_s");
  CHECK((oldest.is_null() || oldest.as_int64() <= 60));
  CHECK_FALSE(std::regex_search(audit.out, std::regex("[0-9a-fA-F]{12}")));
}

TEST_CASE("the audit says so when a deletion is left out", "[vigild][audit]") {
  // Method: the relay's process is stopped when it has said that it forgot, and before it has written anything anew.
  const RelayHome home;
  home.configure("[limits]\nerase_s = 12\n");
  Serving relay(home);
  const auto config = load_config(home.config());
  REQUIRE(config);
  bool planted_and_gone = false;
  std::thread stopper([&] {
    planted_and_gone = relay.reaches("mailboxes", 1) && relay.reaches("mailboxes", 0);
    // Asked once more, it answers after it has answered the audit.
    (void)ask_console(config->console, R"({"do":"forget"})");
    (void)::kill(relay.pid(), SIGSTOP);
  });
  const Ran audit = home.run("audit");
  stopper.join();
  CHECK(planted_and_gone);
  relay.signal(SIGCONT);
  INFO(audit.out << audit.err);
  CHECK(audit.code == exit_found);
  CHECK(contains(audit.out, "IS STILL THERE"));
  CHECK(contains(audit.out, "NOT IN ORDER"));
  CHECK(contains(audit.out, "The oldest file that may still hold deleted rows was made "));  // the log
}

TEST_CASE("the operator is told when a failing disk keeps the keys of erased files", "[vigild][status]") {
  const auto screen = [](std::int64_t keys) { return status_screen({{"writable", 1}, {"undestroyed_keys", keys}}); };
  CHECK(contains(screen(7), "! THE DISK KEEPS WHAT WAS ERASED: it refuses to overwrite the keys of 7 files"));
  CHECK_FALSE(contains(screen(0), "KEEPS"));
  const RelayHome home;
  const Serving relay(home);
  CHECK(relay.number("undestroyed_keys") == 0);
}

TEST_CASE("a search of the disk finds what lies there under the keys, and nothing that does not", "[vigild][audit]") {
  const RelayHome home;
  {
    Serving relay(home);
  }  // killed
  std::string keys = bytes_of(home.data() / "store" / "keys");
  CHECK(keys.size() == 256 * 1024);
  // A row of every store, in a log that was never closed: its name for the moment.
  CHECK(home.run("audit", {"--find"}, "#meta\nnothing like this\n").code == exit_found);
  CHECK(contains(home.run("audit", {"--find"}, "#meta\nnothing like this\n").out, "1 of 2 texts"));
  CHECK(home.run("audit", {"--find"}, "hex:00ff00ff00ff00ff00ff00ff00ff00ff00\n").code == exit_done);
  CHECK(home.run("audit", {"--find"}).code == exit_refused);
}

TEST_CASE("a store whose key lies in a file elsewhere is nothing without it", "[vigild][keys]") {
  const RelayHome home;
  const fs::path key = home.data().parent_path() / "store-key";
  home.configure("[store]\nkeys = \"file\"\nkey_file = \"" + key.string() + "\"\n");
  CHECK(contains(home.run("serve").err, "store-key"));
  std::ofstream(key) << std::string(31, 'k');
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  CHECK(contains(home.run("serve").err, "too short"));
  std::ofstream(key) << std::string(32, 'k');
  {
    Serving relay(home);
  }
  {
    Serving again(home);
  }
  std::ofstream(key) << std::string(32, 'x');
  const Ran wrong = home.run("serve");
  CHECK(wrong.code == exit_failed);
  CHECK(contains(wrong.err, "the passphrase or key is wrong"));
  // By systemd's name for it.
  std::ofstream(key) << std::string(32, 'k');
  const std::string text = home.config_text();
  home.write_config(std::string(text).replace(text.find(key.string()), key.string().size(), "store-key"));
  {
    Serving relay(home, {{"CREDENTIALS_DIRECTORY", key.parent_path().string()}});
  }
}

TEST_CASE("a passphrase opens the store, a wrong one does not, and none is asked for where nobody can type", "[vigild][keys]") {
  const RelayHome home;
  home.configure("[store]\nkeys = \"passphrase\"\n");
  CHECK(contains(home.run("serve", {"--passphrase-fd", "0"}, "short\n").err, "at least 12 characters"));
  {
    Serving relay(home, {}, "five words drawn by lot\n");
  }
  const Ran wrong = home.run("serve", {"--passphrase-fd", "0"}, "five words drawn by hand\n");
  CHECK(wrong.code == exit_failed);
  CHECK(contains(wrong.err, "the passphrase or key is wrong"));
  {
    Serving relay(home, {}, "five words drawn by lot\n");
  }
  CHECK(contains(home.run("audit", {"--find", "--passphrase-fd", "0"}, "five words drawn by lot\nalive\n").out, "1 of 1 texts"));
}

TEST_CASE("destroying leaves nothing that opens anything, and the relay that runs dies with it", "[vigild][destroy]") {
  const RelayHome home;
  Serving relay(home);
  CHECK(home.run("destroy", {}, "yes\n").code == exit_refused);
  CHECK(relay.number("writable") == 1);
  const fs::path keys = home.data() / "store" / "keys", held = home.data().parent_path() / "held";
  fs::create_hard_link(keys, held);  // what a file-recovery tool would find
  const Ran destroyed = home.run("destroy", {}, "DESTROY\n");
  INFO(destroyed.err);
  CHECK(destroyed.code == exit_done);
  CHECK(relay.wait() == exit_done);
  CHECK_FALSE(fs::exists(home.data() / "store"));
  CHECK_FALSE(fs::exists(home.data() / "store.destroyed"));
  CHECK(bytes_of(held) == std::string(256 * 1024, '\0'));
  {
    Serving anew(home);
  }  // empty
  for (const auto& file : fs::directory_iterator(home.data() / "keys"))
    fs::create_hard_link(file, home.data().parent_path() / ("held-" + file.path().filename().string()));
  CHECK(home.run("destroy", {"--everything", "--yes"}).code == exit_done);
  CHECK_FALSE(fs::exists(home.data()));
  for (const auto& file : fs::directory_iterator(home.data().parent_path())) {
    if (!file.path().filename().string().starts_with("held-")) continue;
    INFO(file.path());
    CHECK(bytes_of(file.path()).find_first_not_of('\0') == std::string::npos);
  }
}

TEST_CASE("a key that cannot be overwritten does not save the others", "[vigild][destroy]") {
  const RelayHome home;
  fs::create_symlink(home.root_file(), home.data() / "keys" / "a-link");  // is not followed
  for (const auto& file : fs::directory_iterator(home.data() / "keys"))
    if (!file.is_symlink()) fs::create_hard_link(file, home.data().parent_path() / ("held-" + file.path().filename().string()));
  fs::create_hard_link(home.config(), home.data().parent_path() / "held-config");  // its turn comes last
  const Ran destroyed = home.run("destroy", {"--everything", "--yes"});
  CHECK(destroyed.code == exit_failed);
  CHECK(contains(destroyed.err, "a-link"));
  std::size_t held = 0;
  for (const auto& file : fs::directory_iterator(home.data().parent_path())) {
    if (!file.path().filename().string().starts_with("held-")) continue;
    ++held;
    INFO(file.path());
    CHECK(bytes_of(file.path()).find_first_not_of('\0') == std::string::npos);
  }
  CHECK(held >= 4);
  CHECK(fs::file_size(home.root_file()) > 0);  // and the root, which lies elsewhere, is untouched
}

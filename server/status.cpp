// The operator's screen.
#include "server/status.hpp"

#include <fmt/format.h>

#include <iostream>

#include "server/config.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/unix_socket.hpp"

namespace vigil::server {
namespace {

class Numbers {
 public:
  explicit Numbers(const StatusNumbers& numbers) : numbers_(numbers) {}
  std::int64_t operator[](std::string_view name) const {
    for (const auto& [known, number] : numbers_)
      if (known == name) return number;
    return 0;
  }

 private:
  const StatusNumbers& numbers_;
};

std::string duration(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86'400);
}

std::string size(std::int64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{} KB", bytes / 1000);
  if (bytes < 10'000'000'000) return fmt::format("{} MB", bytes / 1'000'000);
  return fmt::format("{} GB", bytes / 1'000'000'000);
}

// What an operator has to do something about, the worst first.
std::vector<std::string> worries(const Numbers& is) {
  std::vector<std::string> all;
  if (is["writable"] == 0)
    all.emplace_back("THE DISK TAKES NOTHING. Members are told to try again. Make room, or look at the disk: dmesg, df.");
  if (is["undestroyed_keys"] > 0)
    all.push_back(fmt::format(
        "THE DISK KEEPS WHAT WAS ERASED: it refuses to overwrite the keys of {} files that are gone. The relay goes on "
        "trying. Look at the disk: dmesg, smartctl. If it is dying: vigild destroy, then a new one.",
        is["undestroyed_keys"]));
  if (is["disk_free_percent"] < is["free_for_urgent_percent"])
    all.push_back(
        fmt::format("The disk is full ({} % free): even urgent copies are refused. Make room now.", is["disk_free_percent"]));
  else if (is["disk_free_percent"] < is["free_for_normal_percent"])
    all.push_back(
        fmt::format("The disk is nearly full ({} % free): only urgent copies are taken. Make room.", is["disk_free_percent"]));
  const std::int64_t key = is["online_key_days"], routes = is["route_list_days"];
  if (key < 0)
    all.push_back(fmt::format("The online key ended {} days ago. It still works, but members are warned: vigild certify.", -key));
  else if (key < 14)
    all.push_back(fmt::format("The online key ends in {} days. Fetch the root and renew it: vigild certify.", key));
  if (routes < 14) all.push_back(fmt::format("The route list ends in {} days. Renew it: vigild certify.", routes));
  if (is["failed_syncs"] > 0)
    all.push_back(fmt::format("The disk failed {} times since the start. Look at its health.", is["failed_syncs"]));
  return all;
}

}  // namespace

std::string status_screen(const StatusNumbers& numbers) {
  const Numbers is(numbers);
  std::string out = fmt::format("Vigil relay, up for {}\n\n", duration(is["uptime_s"]));
  const std::vector<std::string> all = worries(is);
  if (all.empty()) out += "  All is well.\n";
  for (const std::string& worry : all) out += "  ! " + worry + '\n';
  const auto row = [&out](std::string_view name, const std::string& text) { out += fmt::format("  {:<14}{}\n", name, text); };
  out += '\n';
  row("Waiting", fmt::format("{} urgent copies, {} normal ones", is["copies_urgent"], is["copies_normal"]));
  row("Vigils", fmt::format("{} being kept", is["vigils"]));
  row("Members",
      fmt::format("{} mailboxes, {} listening now; {} unused invites", is["mailboxes"], is["listeners"], is["invites"]));
  row("Connections", fmt::format("{} open, {} since the start", is["connections"], is["accepted"]));
  row("Disk", fmt::format("{} % free, {} in use", is["disk_free_percent"], size(is["bytes"])));
  row("Erasing", fmt::format("what was fetched or has ended is unreadable within {}", duration(is["erase_bound_s"])));
  row("Online key", fmt::format("{} days left", is["online_key_days"]));
  row("Route list", fmt::format("{} days left", is["route_list_days"]));
  return out;
}

int print_status(const std::filesystem::path& config_file, bool as_json) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return std::cerr << "vigild: " << config.error() << '\n', exit_refused;
  const std::expected<std::string, std::string> reply = ask_console(config->console, R"({"do":"status"})");
  if (!reply) return std::cerr << "vigild: " << reply.error() << '\n', exit_not_running;
  boost::system::error_code error;
  const json::value parsed = json::parse(*reply, error);
  const json::object* answer = error ? nullptr : parsed.if_object();
  const json::value* numbers = answer == nullptr ? nullptr : answer->if_contains("numbers");
  if (numbers == nullptr || !numbers->is_object())
    return std::cerr << "vigild: the relay's console answered something else than this program understands.\n", exit_failed;
  if (as_json) return std::cout << json::serialize(*numbers) << '\n', exit_done;
  StatusNumbers all;
  for (const auto& [name, number] : numbers->as_object())
    if (number.is_int64()) all.emplace_back(std::string(name), number.as_int64());
  std::cout << status_screen(all);
  return exit_done;
}

}  // namespace vigil::server

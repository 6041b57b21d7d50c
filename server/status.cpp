// The operator's screen.
#include "server/status.hpp"

#include <fmt/format.h>

#include <iostream>

#include "server/canary_flight.hpp"
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

std::string size(std::int64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{} KB", bytes / 1000);
  if (bytes < 10'000'000'000) return fmt::format("{} MB", bytes / 1'000'000);
  return fmt::format("{} GB", bytes / 1'000'000'000);
}

// What an operator does when the relay's own alert fails there.
std::string_view cure(CanaryStep at) {
  switch (at) {
    case CanaryStep::none:
      return "";
    case CanaryStep::name:
      return "The relay's own host name is not found: look at DNS.";
    case CanaryStep::connect:
      return "Nobody answers at the relay's public host and port: look at the firewall and the port forward. Some routers let no "
             "machine behind them come back in from outside; then this says nothing, and [canary] every_s = 0 ends it.";
    case CanaryStep::tls:
      return "What answers at the public host and port speaks no TLS 1.3: something stands in between.";
    case CanaryStep::pin:
      return "At the public host and port somebody shows another key: a proxy that ends TLS, another machine, or a new key "
             "without "
             "`vigild certify`. Members refuse it.";
    case CanaryStep::path:
      return "What answers at the public host and port does not know the secret path: another web server, or a new path without "
             "`vigild certify`.";
    case CanaryStep::greeting:
      return "What answers there is no relay of this root: `vigild certify`.";
    case CanaryStep::enrol:
      return "No mailbox could be opened: is the disk full?";
    case CanaryStep::send:
      return "A copy could not be sent: is the disk full, or slow?";
    case CanaryStep::receive:
      return "A copy was taken, and did not arrive within 20 s: is the machine overloaded?";
  }
  return "";
}

void worry_about_canary(const Numbers& is, std::vector<std::string>& all) {
  const std::int64_t failed = is["canary_failed_in_a_row"];
  if (failed == 0) return;
  all.push_back(fmt::format("THE RELAY'S OWN ALERT DOES NOT ARRIVE, {} times in a row. {}", failed,
                            cure(static_cast<CanaryStep>(is["canary_failed_step"]))));
}

// What an operator has to do something about, the worst first.
std::vector<std::string> worries(const Numbers& is) {
  std::vector<std::string> all;
  if (is["writable"] == 0)
    all.emplace_back("THE DISK TAKES NOTHING. Members are told to try again. Make room, or look at the disk: dmesg, df.");
  worry_about_canary(is, all);
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
  if (is["backup_stale"] != 0)
    all.emplace_back("Keys or configuration have changed since the last backup. Make a new one: vigild backup.");
  return all;
}

std::string canary_row(const Numbers& is) {
  if (is["canary_every_s"] == 0) return "off ([canary] every_s)";
  std::string row = is["canary_p50_ms"] < 0 ? std::string("has not arrived in the last hour")
                                            : fmt::format("arrives: half within {} ms, 99 of 100 within {} ms, in the last hour",
                                                          is["canary_p50_ms"], is["canary_p99_ms"]);
  if (is["canary_last_failure_ago_s"] >= 0)
    row += fmt::format("; last failed {} ago", duration_text(is["canary_last_failure_ago_s"]));
  return row;
}

std::string backup_row(const Numbers& is) {
  if (is["backup_age_s"] < 0) return "never made: when this disk dies, its keys die with it (vigild backup)";
  return fmt::format("{} old", duration_text(is["backup_age_s"]));
}

}  // namespace

std::string duration_text(std::int64_t seconds) {
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86'400);
}

std::string wrapped(std::string_view first, std::string_view text, std::size_t columns) {
  const std::size_t width = std::max<std::size_t>(columns, 20 + first.size()) - first.size();
  std::string out;
  std::string begin(first);
  while (!text.empty()) {
    std::size_t end = text.size() <= width ? text.size() : text.rfind(' ', width);
    if (end == std::string_view::npos || end == 0) end = std::min(width, text.size());
    out += begin + std::string(text.substr(0, end)) + '\n';
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    begin.assign(first.size(), ' ');
  }
  return out;
}

std::string status_screen(const StatusNumbers& numbers, std::size_t columns) {
  const Numbers is(numbers);
  std::string out = fmt::format("Vigil relay, up for {}\n\n", duration_text(is["uptime_s"]));
  const std::vector<std::string> all = worries(is);
  if (all.empty()) out += "  All is well.\n";
  for (const std::string& worry : all) out += wrapped("  ! ", worry, columns);
  const auto row = [&out, columns](std::string_view name, const std::string& text) {
    out += wrapped(fmt::format("  {:<14}", name), text, columns);
  };
  out += '\n';
  row("Waiting", fmt::format("{} urgent copies, {} normal ones", is["copies_urgent"], is["copies_normal"]));
  row("Vigils", fmt::format("{} being kept", is["vigils"]));
  row("Members",
      fmt::format("{} mailboxes, {} listening now; {} unused invites", is["mailboxes"], is["listeners"], is["invites"]));
  row("Connections", fmt::format("{} open, {} since the start", is["connections"], is["accepted"]));
  row("Own alert", canary_row(is));
  row("Disk", fmt::format("{} % free, {} in use", is["disk_free_percent"], size(is["bytes"])));
  row("Erasing", fmt::format("what was fetched or has ended is unreadable within {}", duration_text(is["erase_bound_s"])));
  row("Online key", fmt::format("{} days left", is["online_key_days"]));
  row("Route list", fmt::format("{} days left", is["route_list_days"]));
  row("Backup", backup_row(is));
  return out;
}

std::expected<StatusNumbers, NoStatus> ask_status(const Config& config, std::chrono::seconds patience) {
  const std::expected<std::string, std::string> reply = ask_console(config.console, R"({"do":"status"})", patience);
  if (!reply) return std::unexpected(NoStatus{reply.error(), exit_not_running});
  boost::system::error_code error;
  const json::value parsed = json::parse(*reply, error);
  const json::object* answer = error ? nullptr : parsed.if_object();
  const json::value* numbers = answer == nullptr ? nullptr : answer->if_contains("numbers");
  if (numbers == nullptr || !numbers->is_object())
    return std::unexpected(NoStatus{"the relay's console answered something else than this program understands.", exit_failed});
  StatusNumbers all;
  for (const auto& [name, number] : numbers->as_object())
    if (number.is_int64()) all.emplace_back(std::string(name), number.as_int64());
  return all;
}

int show_status(const std::filesystem::path& config_file, const StatusOrder& order) {
  if (order.watch) return watch_status(config_file);
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail(config.error(), exit_refused);
  const std::expected<StatusNumbers, NoStatus> numbers = ask_status(*config, std::chrono::seconds(30));
  if (!numbers) return fail(numbers.error().why, numbers.error().code);
  if (order.json) {
    json::object all;
    for (const auto& [name, number] : *numbers) all[name] = number;
    std::cout << json::serialize(all) << '\n';
  } else {
    std::cout << status_screen(*numbers);
  }
  return exit_done;
}

}  // namespace vigil::server

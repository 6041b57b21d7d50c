// Looks at everything, tells the worst first.
#include "server/doctor/doctor.hpp"

#include <fmt/format.h>

#include <iostream>

#include "server/doctor/findings.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/unix_socket.hpp"

namespace vigil::server {
namespace {

struct Look {
  const char* at;
  void (*look)(const Patient&, Findings&);
};
constexpr Look looks[]{
    {"keys", look_at_keys}, {"certificate", look_at_certificate}, {"files", look_at_files},
    {"disk", look_at_disk}, {"machine", look_at_machine},         {"ports", look_at_ports},
};

std::optional<Running> ask_running(const Config& config) {
  Running running;
  const std::expected<std::string, std::string> reply =
      ask_console(config.console, R"({"do":"status"})", std::chrono::seconds(30), &running.pid);
  if (!reply) return std::nullopt;
  boost::system::error_code error;
  const json::value parsed = json::parse(*reply, error);
  const json::object* answer = error ? nullptr : parsed.if_object();
  const json::value* numbers = answer == nullptr ? nullptr : answer->if_contains("numbers");
  if (numbers != nullptr && numbers->is_object())
    for (const auto& [name, number] : numbers->as_object())
      if (number.is_int64()) running.numbers.emplace_back(std::string(name), number.as_int64());
  return running;
}

void print_json(const Findings& found) {
  json::array all;
  for (const Finding& one : found.all())
    all.push_back(
        json::object{{"name", one.name}, {"wrong", one.weight == Weight::wrong}, {"says", one.says}, {"cure", one.cure}});
  std::cout << json::serialize(json::object{{"well", !found.any_wrong()}, {"findings", std::move(all)}}) << '\n';
}

void print_screen(const Findings& found, const std::vector<std::string>& in_order) {
  const auto print = [&found](Weight weight, std::string_view mark) {
    for (const Finding& one : found.all())
      if (one.weight == weight) std::cout << fmt::format("  {} {}\n      -> {}\n\n", mark, one.says, one.cure);
  };
  const auto wrong = std::ranges::count(found.all(), Weight::wrong, &Finding::weight);
  if (wrong == 0)
    std::cout << "Nothing is wrong with this relay.\n\n";
  else
    std::cout << fmt::format("{} {} wrong. What stands first matters most.\n\n", wrong, wrong == 1 ? "thing is" : "things are");
  print(Weight::wrong, "!");
  print(Weight::advice, "-");
  std::cout << "In order: " << (in_order.empty() ? "nothing else" : fmt::format("{}", fmt::join(in_order, ", "))) << ".\n";
}

}  // namespace

std::int64_t Running::number(std::string_view name) const {
  for (const auto& [known, number] : numbers)
    if (known == name) return number;
  return 0;
}

bool Findings::any_wrong() const {
  return std::ranges::any_of(all_, [](const Finding& one) { return one.weight == Weight::wrong; });
}

int doctor(const std::filesystem::path& config_file, bool as_json, std::uint64_t now_s) {
  Findings found;
  std::vector<std::string> in_order;
  std::error_code ignored;
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config && !std::filesystem::exists(config_file, ignored)) {
    found.wrong("no-relay", fmt::format("There is no relay: {} cannot be read.", config_file.string()),
                "vigild setup makes one; or name another with --config. Only root and the relay's user may look.");
  } else if (!config) {
    found.wrong("configuration", "The relay would not start with this configuration:\n" + config.error(),
                "Mend these lines, then: vigild check");
  } else {
    in_order.emplace_back("configuration");
    const Patient patient{*config, now_s, ask_running(*config)};
    if (!patient.running)
      found.wrong("not-running", "The relay is not running: nothing answers on its console.",
                  "systemctl start vigild; if it ends again, journalctl -u vigild says why");
    for (const auto& [at, look] : looks) {
      const std::size_t before = found.all().size();
      look(patient, found);
      if (found.all().size() == before) in_order.emplace_back(at);
    }
  }
  if (as_json)
    print_json(found);
  else
    print_screen(found, in_order);
  return found.any_wrong() ? exit_found : exit_done;
}

}  // namespace vigil::server

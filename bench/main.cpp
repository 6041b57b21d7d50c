// vigil-load: measures the store, a real relay and its peers on this machine. See --help and README.md; ./dev bench runs it.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <map>

#include "service.hpp"

namespace {

using namespace vigil::bench;

const std::map<std::string, Report (*)(const Options&)> alone{
    {"store", load_store}, {"expiry", load_expiry}, {"limits", load_limits}, {"growth", load_growth}};
const std::map<std::string, Report (*)(Service&, const Options&)> served{
    {"relay", load_relay},     {"reconnect", load_reconnect}, {"drain", load_drain},
    {"online", load_online},   {"latency", load_latency},     {"drain-alert", load_drain_alert},
    {"fan-out", load_fan_out}, {"idle", load_idle},           {"login", load_login},
    {"kills", load_kills}};

// --per-second and --readers where they are not given. Alerts go to many: the relay holds 12 unread ones for each address.
const std::map<std::string, double> usual_rates{{"latency", 1000}, {"fan-out", 2000}, {"drain-alert", 100}};
constexpr unsigned alerted = 32;

std::string all_modes() {
  std::string out;
  for (const auto& [mode, load] : served) out += mode + ", ";
  out += "and of the relay or its store alone:";
  for (const auto& [mode, load] : alone) out += ' ' + mode + ',';
  out.pop_back();
  return out;
}

// Called as bench_relay it is `vigil-load relay`, for ./dev bench.
std::string mode_of(const std::filesystem::path& self) {
  const std::string name = self.filename().string();
  return name.starts_with("bench_") ? name.substr(6) : "";
}

void add_options(CLI::App& app, Options& options) {
  const auto number = [&app](const char* name, auto& into, const char* what, double least, double most) {
    app.add_option(name, into, what)->capture_default_str()->check(CLI::Range(least, most));
  };
  app.add_option("--service", options.service, "vigil, mosquitto, rabbitmq, nats, ejabberd or prosody")->capture_default_str();
  app.add_option("--vigild", options.vigild, "the relay's program")->capture_default_str();
  number("--seconds", options.seconds, "relay, online, latency, store, limits: how long; drain-alert: each time without a drain",
         0.1, 86'400);
  number("--connections", options.connections, "relay, online, kills: senders; reconnect: readers at a time", 1, 1000);
  number("--mailboxes", options.mailboxes, "relay, reconnect, store: mailboxes", 1, 100'000);
  number("--read-back", options.read_back, "relay: mailboxes that are read afterwards", 0, 100'000);
  number("--each", options.each, "reconnect: copies that wait in each mailbox", 1, 1'000'000);
  number("--readers", options.readers,
         "online, latency, fan-out: readers of what comes one by one; drain-alert: of alerts (32 unless given)", 1, 1000);
  number("--frame", options.frame_requests, "copies of 1 KB in a frame", 1, 56);
  number("--ahead", options.frames_ahead, "frames ahead of their answers", 1, 32);
  number("--in-flight", options.in_flight, "store: writes outstanding", 1, 100'000);
  number("--many", options.many, "idle, login, fan-out: connections", 1, 100'000);
  number("--backlog", options.backlog, "drain, drain-alert: copies that wait for one reader", 1, 1'000'000);
  number("--count", options.count, "kills: how many", 1, 100'000);
  number("--threads", options.threads, "threads of the relay; 0: one per core", 0, 256);
  number("--copies", options.copies, "expiry: copies that expire together; growth: that are queued", 2'000, 100'000'000);
  number("--inline-percent", options.inline_percent, "expiry: of them, with an envelope of their own; the rest are of fan-outs",
         0, 100);
  number("--quiet-seconds", options.quiet_s, "expiry: how long before they expire", 0, 86'400);
  number("--per-second", options.per_second,
         "expiry: durable writes beside it; latency: copies (1000 unless given); drain-alert: alerts (100); fan-out: copies to "
         "others behind it (2000)",
         1, 100'000);
  app.add_option("--samples", options.samples, "expiry: a file for every sample: stream, seconds after the expiry, milliseconds");
}

Report measure(const std::string& mode, const Options& options) {
  if (const auto load = alone.find(mode); load != alone.end()) return load->second(options);
  return served.at(mode)(*start_service(options), options);
}

// Thousands of connections, and a thread that is woken when it asked for it.
void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::prctl(PR_SET_TIMERSLACK, 1);
}

}  // namespace

int main(int argc, char* argv[]) {
  prepare_process();
  Options options;
  options.vigild = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "../server/vigild";
  std::string mode = mode_of(argv[0]);
  bool json = false;
  CLI::App app("vigil-load: loads a store, a relay or a peer and prints figures; all samples count, none is thrown away.");
  if (mode.empty()) app.add_option("mode", mode, all_modes())->required();
  add_options(app, options);
  app.add_flag("--json", json, "one JSON object");
  CLI11_PARSE(app, argc, argv);
  if (const auto rate = usual_rates.find(mode); rate != usual_rates.end() && app.count("--per-second") == 0)
    options.per_second = rate->second;
  if (mode == "drain-alert" && app.count("--readers") == 0) options.readers = alerted;
  if (!alone.contains(mode) && !served.contains(mode)) return std::cerr << "vigil-load: no such mode: " << mode << '\n', 2;
  try {
    print(measure(mode, options), json);
  } catch (const std::exception& error) {
    return std::cerr << "vigil-load: " << error.what() << '\n', 1;
  }
  return 0;
}

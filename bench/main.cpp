// vigil-load: measures the store and a real relay on this machine. See --help; ./dev bench runs all of it.
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <map>

#include "loads.hpp"

int main(int argc, char* argv[]) {
  using namespace vigil::bench;
  const std::map<std::string, Report (*)(const Options&)> loads{
      {"store", load_store}, {"relay", load_relay},   {"drain", load_drain},   {"idle", load_idle},
      {"login", load_login}, {"fanout", load_fanout}, {"expiry", load_expiry}, {"growth", load_growth}};
  std::signal(SIGPIPE, SIG_IGN);
  const std::filesystem::path self = std::filesystem::path(argv[0]);
  Options options;
  options.vigild = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "../server/vigild";
  bool json = false;
  // Called as bench_relay it is `vigil-load relay`, for ./dev bench.
  std::string mode = self.filename().string();
  mode = mode.starts_with("bench_") ? mode.substr(6) : "";
  CLI::App app("vigil-load: loads a store or a real relay and prints figures; all samples count, none is thrown away.");
  if (mode.empty()) app.add_option("mode", mode, "store, expiry, relay, drain, idle, login, fanout or growth")->required();
  app.add_option("--vigild", options.vigild, "the relay's program")->capture_default_str();
  app.add_option("--seconds", options.seconds, "store, relay: how long")->capture_default_str();
  app.add_option("--connections", options.connections, "relay: senders")->capture_default_str();
  app.add_option("--mailboxes", options.mailboxes, "store, relay: mailboxes")->capture_default_str();
  app.add_option("--frame", options.frame_requests, "relay: Deliver requests of 1 KB in a frame")
      ->capture_default_str()
      ->check(CLI::Range(1, 56));
  app.add_option("--ahead", options.frames_ahead, "relay: frames ahead of their answers")
      ->capture_default_str()
      ->check(CLI::Range(1, 32));
  app.add_option("--in-flight", options.in_flight, "store: writes outstanding")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--many", options.many, "idle, login, fanout: connections; drain: backlog / 20")->capture_default_str();
  app.add_option("--threads", options.threads, "threads of the relay; 0: one per core")->capture_default_str();
  app.add_option("--copies", options.copies, "expiry: copies that expire together; growth: that are queued")
      ->capture_default_str()
      ->check(CLI::Range(2'000, 100'000'000));
  app.add_option("--inline-percent", options.inline_percent,
                 "expiry: of them, with an envelope of their own; the rest are of fan-outs")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  app.add_option("--quiet-seconds", options.quiet_s, "expiry: how long before they expire")->capture_default_str();
  app.add_option("--per-second", options.per_second, "expiry: durable writes a second beside it")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--samples", options.samples, "expiry: a file for every sample: stream, seconds after the expiry, milliseconds");
  app.add_flag("--json", json, "one JSON object");
  CLI11_PARSE(app, argc, argv);
  const auto load = loads.find(mode);
  if (load == loads.end()) return std::cerr << "vigil-load: no such mode: " << mode << '\n', 2;
  try {
    print(load->second(options), json);
  } catch (const std::exception& error) {
    return std::cerr << "vigil-load: " << error.what() << '\n', 1;
  }
  return 0;
}

// The whole relay: what is made in which order, what SIGHUP changes, and how it ends.
#include "server/serve.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <fstream>
#include <iostream>

#include "crypto/base/encoding.hpp"
#include "server/config.hpp"
#include "server/console.hpp"
#include "server/exit_codes.hpp"
#include "server/listener.hpp"
#include "server/log.hpp"
#include "server/metrics.hpp"
#include "server/notify.hpp"
#include "server/pulse.hpp"
#include "server/relay.hpp"
#include "server/status_numbers.hpp"
#include "server/store_key.hpp"
#include "server/switchboard.hpp"
#include "server/timekeeper.hpp"
#include "storage/embedded/open.hpp"

namespace vigil::server {
namespace {

constexpr std::chrono::seconds drain_grace{5};
constexpr std::chrono::seconds look_pace{10};  // at the disk and the watchdog
constexpr std::int64_t warn_days = 14;

storage::EmbeddedOptions store_options(const Config& config, std::shared_ptr<const storage::Clock> clock) {
  storage::EmbeddedOptions options;
  const ConfigLimits& limits = config.limits;
  options.directory = store_directory(config);
  options.keys_in_memory = config.store_keys == StoreKeys::memory;
  options.block_cache_bytes = config.store_cache_bytes;
  options.free_for_normal_percent = limits.free_for_normal_percent;
  options.free_for_urgent_percent = limits.free_for_urgent_percent;
  options.lease_s = limits.lease_s;
  options.first_rounds_s = limits.first_rounds_s;
  options.hourly_rounds = limits.hourly_rounds;
  options.late_round_s = limits.late_round_s;
  options.vigil_life_s = limits.vigil_life_s;
  options.outage_grace_s = limits.outage_grace_s;
  options.scrub_interval_s = limits.erase_s;
  options.mailbox_unread_days = limits.mailbox_unread_days;
  options.normal_copies_max = limits.normal_copies_max;
  options.normal_bytes_max = limits.normal_bytes_max;
  options.clock = std::move(clock);
  return options;
}

// Keeps members' bytes out of swap where the system lets us; says so where there is swap and it does not.
void lock_memory() {
  rlimit allowed{};
  ::getrlimit(RLIMIT_MEMLOCK, &allowed);
  // With a limit, later allocations would fail when it is reached: then rather no lock.
  const bool unlimited = allowed.rlim_cur == RLIM_INFINITY || ::geteuid() == 0;
  if (unlimited && ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) return;
  const int error = unlimited ? errno : EPERM;
  std::ifstream swaps("/proc/swaps");
  std::string line;
  std::getline(swaps, line);
  if (std::getline(swaps, line)) say(Say::memory_not_locked, error);
}

// A connection costs a descriptor; the usual limit of 1,024 is for programs that wait in select().
void raise_descriptor_limit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

bool pin_is_in_routes(const Config& config, const RelayKeys& keys) {
  const std::expected<Hash, std::string> pin = pin_of_certificate(config.tls_certificate);
  wire::RouteListBody body;
  if (!pin || !body.ParseFromString(keys.routes.body())) return false;
  const std::string_view ours = text(pin->view());
  return std::ranges::all_of(body.routes(),
                             [ours](const wire::Route& route) { return route.pin() == ours || route.pin_next() == ours; });
}

void warn_of_ends(const RelayKeys& keys, std::uint64_t now_s) {
  const std::int64_t days = keys.days_left(now_s);
  if (days < 0)
    say(Say::online_key_ended, -days);
  else if (days < warn_days)
    say(Say::online_key_ends, days);
  if (keys.routes_days_left(now_s) < warn_days)
    say(Say::route_list_ends, std::max<std::int64_t>(0, keys.routes_days_left(now_s)));
}

class Serve {
 public:
  explicit Serve(Config config)
      : config_(std::move(config)), switchboard_([this](std::uint64_t due_ms) { timekeeper_->next_due(due_ms); }) {}

  // A start that failed half-way: the store must not speak to a switchboard that has gone.
  ~Serve() {
    if (store_) store_->close();
  }
  Serve(const Serve&) = delete;
  Serve& operator=(const Serve&) = delete;

  // A sentence when the relay cannot start.
  std::expected<void, std::string> start(int passphrase_fd);
  // Until SIGTERM or SIGINT, then to the end.
  void run();

 private:
  asio::awaitable<void> hear_signals();
  asio::awaitable<void> look_after();
  void look_at_disk();
  Beside beside() const;
  void reload();
  void stop();

  Config config_;
  const std::shared_ptr<const storage::Clock> clock_ = storage::system_clock();
  const storage::Instant started_s_ = clock_->wall_s();
  Counters counters_;
  asio::io_context context_{1};
  asio::signal_set signals_{context_};
  asio::steady_timer pace_{context_};
  Canary canary_{config_.canary_every_s};  // outlives the store
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Timekeeper> timekeeper_;
  Switchboard switchboard_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Console> console_;
  std::unique_ptr<Metrics> metrics_;
  std::optional<Pulse> pulse_;
  bool was_writable_ = true, was_low_ = false, stopping_ = false;
  storage::Instant warned_s_ = 0;
};

std::expected<void, std::string> Serve::start(int passphrase_fd) {
  std::expected<RelayKeys, std::string> keys = load_relay_keys(config_.data);
  if (!keys) return std::unexpected(keys.error());
  const auto shared_keys = std::make_shared<const RelayKeys>(std::move(*keys));
  auto serving = make_serving(config_, shared_keys, nullptr);
  if (!serving) return std::unexpected(serving.error());
  if (!pin_is_in_routes(config_, *shared_keys)) say(Say::pin_differs);

  auto store_keys = store_key(config_, shared_keys->root, passphrase_fd);
  if (!store_keys) return std::unexpected(store_keys.error());
  storage::EmbeddedOptions options = store_options(config_, clock_);
  options.master_key = std::move(*store_keys);
  std::expected<std::unique_ptr<storage::Store>, std::string> store = storage::open_embedded(options);
  if (!store) return std::unexpected(store.error());
  store_ = std::move(*store);
  timekeeper_ = std::make_unique<Timekeeper>(context_, *store_, *clock_, counters_);
  relay_ = std::make_unique<Relay>(*store_, switchboard_, counters_, *clock_, std::move(*serving));
  auto listener = Listener::open(*relay_, config_.listen, config_.threads);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  store_->observe(switchboard_);
  pulse_.emplace(*store_, listener_->executors());
  const auto tell = [this] { return status_numbers(*store_, counters_, *relay_->serving(), beside()); };
  auto console = Console::open(context_, config_.console, *store_, tell);
  if (!console) return std::unexpected(console.error());
  console_ = std::move(*console);
  if (config_.canary_every_s != 0 && !canary_route(relay_->serving()->keys->routes))
    return std::unexpected(
        "[canary] needs a host that is no onion address, in relay.hosts and by `vigild certify` in the routes.");
  if (config_.metrics_listen.empty()) return {};
  auto metrics = Metrics::open(context_, config_.metrics_listen, MetricsPage([this] { return measure(*relay_, beside()); }));
  if (!metrics) return std::unexpected(metrics.error());
  metrics_ = std::move(*metrics);
  return {};
}

Beside Serve::beside() const {
  const storage::Instant now_s = clock_->wall_s();
  return {.now_s = now_s, .started_s = started_s_, .canary = canary_.seen(), .backup = look_at_backup(config_, now_s)};
}

void Serve::run() {
  const auto no_error = [](const std::exception_ptr& thrown) {
    if (thrown) say(Say::internal_error, 5);
  };
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  asio::co_spawn(context_, timekeeper_->run(), no_error);
  asio::co_spawn(context_, hear_signals(), no_error);
  asio::co_spawn(context_, look_after(), no_error);
  listener_->start();
  canary_.start(*relay_);
  say(Say::serving, listener_->ports().size(), listener_->threads());
  notify("READY=1");
  context_.run();  // ends when stop() has left it nothing to do
  listener_.reset();
}

asio::awaitable<void> Serve::hear_signals() {
  while (!stopping_) {
    const auto [error, number] = co_await signals_.async_wait(as_result);
    if (error) co_return;
    if (number == SIGHUP)
      reload();
    else
      stop();
  }
}

asio::awaitable<void> Serve::look_after() {
  const auto watchdog = std::chrono::duration_cast<std::chrono::milliseconds>(watchdog_pace());
  while (!stopping_) {
    if (watchdog.count() > 0 && pulse_->beat()) notify("WATCHDOG=1");
    look_at_disk();
    if (clock_->wall_s() - warned_s_ >= 86'400) {
      warned_s_ = clock_->wall_s();
      warn_of_ends(*relay_->serving()->keys, warned_s_);
    }
    pace_.expires_after(watchdog.count() > 0 ? std::min<std::chrono::milliseconds>(watchdog, look_pace) : look_pace);
    co_await pace_.async_wait(as_result);
  }
}

void Serve::look_at_disk() {
  const storage::Figures figures = store_->figures();
  if (figures.writable != was_writable_) say(figures.writable ? Say::store_writable_again : Say::store_not_writable);
  was_writable_ = figures.writable;
  const bool low = figures.free_percent < config_.limits.free_for_normal_percent;
  if (low && !was_low_) say(Say::disk_low, figures.free_percent);
  was_low_ = low;
}

void Serve::reload() {
  notify(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", Shard::now_ms() * 1000));  // systemd means CLOCK_MONOTONIC
  std::expected<Config, std::string> fresh = load_config(config_.file);
  std::shared_ptr<const Serving> serving;
  if (fresh) {
    const std::vector<std::string> later = needs_restart(config_, *fresh);
    if (!later.empty()) say(Say::reload_needs_restart, later.size());
    *fresh = without_restart(config_, std::move(*fresh));
    std::expected<RelayKeys, std::string> keys = load_relay_keys(fresh->data);
    if (keys) {
      auto made = make_serving(*fresh, std::make_shared<const RelayKeys>(std::move(*keys)), relay_->serving().get());
      if (made) serving = std::move(*made);
    }
  }
  if (serving) {
    config_ = std::move(*fresh);
    set_log_level(config_.log_level);
    if (!pin_is_in_routes(config_, *serving->keys)) say(Say::pin_differs);
    warn_of_ends(*serving->keys, clock_->wall_s());
    relay_->serve_with(std::move(serving));
    counters_.reloads.add();
    say(Say::reloaded);
  } else {
    counters_.reloads_refused.add();
    say(Say::reload_refused);
  }
  notify("READY=1");
}

void Serve::stop() {
  const std::uint64_t begun_ms = clock_->monotonic_ms();
  stopping_ = true;
  notify("STOPPING=1");
  say(Say::draining, counters_.connections.value());
  console_->close();
  if (metrics_) metrics_->close();
  listener_->drain(drain_grace);
  canary_.stop();
  timekeeper_->stop();
  store_->close();
  pace_.cancel();
  signals_.cancel();
  say(Say::stopped, (clock_->monotonic_ms() - begun_ms) / 1000);
}

}  // namespace

int check(const std::filesystem::path& config_file) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail("\n" + config.error(), exit_refused);
  std::expected<RelayKeys, std::string> keys = load_relay_keys(config->data);
  if (!keys) return fail(keys.error(), exit_refused);
  const auto shared = std::make_shared<const RelayKeys>(std::move(*keys));
  const auto serving = make_serving(*config, shared, nullptr);
  if (!serving) return fail(serving.error(), exit_refused);
  if (!pin_is_in_routes(*config, *shared))
    return fail("the TLS key is not the one in the route list, members would refuse this relay: run `vigild certify`.",
                exit_refused);
  std::cout << config_file.string() << " is in order.\n";
  return exit_done;
}

int serve(const std::filesystem::path& config_file, int passphrase_fd) {
  std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail("\n" + config.error(), exit_refused);
  set_log_level(config->log_level);
  ::umask(0077);
  raise_descriptor_limit();
  lock_memory();
  Serve relay(std::move(*config));
  const std::expected<void, std::string> started = relay.start(passphrase_fd);
  if (!started) return fail(started.error(), exit_failed);
  relay.run();
  return exit_done;
}

}  // namespace vigil::server

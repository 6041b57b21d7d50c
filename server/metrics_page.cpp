#include "server/metrics_page.hpp"

#include <fmt/format.h>

#include <bit>

#include "server/counters.hpp"

namespace vigil::server {
namespace {

using Kind = Metric::Kind;
using Pace = Metric::Pace;
using Unit = Metric::Unit;

constexpr std::int64_t step = 10;  // of what people do

struct Times {
  std::string_view number, name, help;
};
constexpr Times times_list[] = {
    {"commit_times", "vigil_commit_seconds", "writing and syncing one batch to the disk"},
    {"answer_times", "vigil_answer_seconds", "from a request's arrival to its durable answer; one at a time of each connection"},
    {"hand_over_times", "vigil_hand_over_seconds",
     "from an urgent copy's way to the disk until its listener's connection has it; of those that go together, the first"},
    {"release_times", "vigil_release_seconds", "from the moment a vigil was due until its copies lay durably in their mailboxes"},
};

// What the relay and its machine do, whoever its members are. The counters that are missing here are people's.
const std::vector<Metric> of_the_machine{
    {"uptime_s", "vigil_uptime_seconds", Kind::gauge, Pace::minute, Unit::as_is, "since the relay was started"},
    {"memory_bytes", "vigil_memory_bytes", Kind::gauge, Pace::minute, Unit::power_of_two,
     "resident memory, up to a power of two"},
    {"writable", "vigil_writable", Kind::gauge, Pace::minute, Unit::as_is, "1: the disk takes writes"},
    {"disk_free_percent", "vigil_disk_free_percent", Kind::gauge, Pace::minute, Unit::as_is, "of the store's disk"},
    {"failed_syncs", "vigil_failed_syncs_total", Kind::counter, Pace::minute, Unit::as_is, "batches that the disk did not take"},
    {"slow_commits", "vigil_slow_commits_total", Kind::counter, Pace::minute, Unit::as_is,
     "batches that the disk took longer than half a second for"},
    {"undestroyed_keys", "vigil_undestroyed_keys", Kind::gauge, Pace::minute, Unit::as_is,
     "keys of erased files that a failing disk keeps"},
    {"erase_bound_s", "vigil_erase_bound_seconds", Kind::gauge, Pace::minute, Unit::as_is,
     "what was fetched or has ended is unreadable within this"},
    {"online_key_days", "vigil_online_key_left_seconds", Kind::gauge, Pace::minute, Unit::days,
     "in whole days, until it ends; negative: ended"},
    {"route_list_days", "vigil_route_list_left_seconds", Kind::gauge, Pace::minute, Unit::days,
     "in whole days, until it ends; negative: ended"},
    {"connections_used_percent", "vigil_connections_used_percent", Kind::gauge, Pace::minute, Unit::as_is,
     "of limits.connections_max, in tens"},
    {"accept_failures", "vigil_accept_failures_total", Kind::counter, Pace::minute, Unit::as_is,
     "times a connection could not be accepted: no descriptors left"},
    {"connections_refused", "vigil_connections_refused_total", Kind::counter, Pace::minute, Unit::as_is,
     "connections closed at once: connections_max reached"},
    {"backup_age_s", "vigil_backup_age_seconds", Kind::gauge, Pace::minute, Unit::as_is, "since `vigild backup`; -1: never"},
    {"backup_stale", "vigil_backup_stale", Kind::gauge, Pace::minute, Unit::as_is,
     "1: keys or configuration are newer than the last backup"},
    {"canary_every_s", "vigil_canary_every_seconds", Kind::gauge, Pace::minute, Unit::as_is,
     "how often the relay's own alert flies; 0: never"},
    {"canary_flights", "vigil_canary_flights_total", Kind::counter, Pace::minute, Unit::as_is,
     "flights of the relay's own alert"},
    {"canary_failures", "vigil_canary_failures_total", Kind::counter, Pace::minute, Unit::as_is, "flights that failed"},
    {"canary_failed_in_a_row", "vigil_canary_failed_in_a_row", Kind::gauge, Pace::minute, Unit::as_is,
     "flights that have failed since the last one that arrived"},
    {"canary_p50_ms", "vigil_canary_p50_seconds", Kind::gauge, Pace::minute, Unit::milliseconds,
     "from the press to the reader, of the last hour; missing: none arrived"},
    {"canary_p99_ms", "vigil_canary_p99_seconds", Kind::gauge, Pace::minute, Unit::milliseconds,
     "from the press to the reader, of the last hour; missing: none arrived"},
    {"reloads", "vigil_reloads_total", Kind::counter, Pace::minute, Unit::as_is, "configurations taken by SIGHUP"},
    {"reloads_refused", "vigil_reloads_refused_total", Kind::counter, Pace::minute, Unit::as_is,
     "configurations refused at SIGHUP"},
};

const std::vector<Metric> of_the_store{
    {"mailboxes", "vigil_mailboxes", Kind::gauge, Pace::hour, Unit::as_is, "mailboxes of members"},
    {"addresses", "vigil_addresses", Kind::gauge, Pace::hour, Unit::as_is, "addresses granted"},
    {"invites", "vigil_invites", Kind::gauge, Pace::hour, Unit::as_is, "unused invites"},
    {"copies_urgent", "vigil_copies_urgent", Kind::gauge, Pace::hour, Unit::as_is, "urgent copies that wait"},
    {"copies_normal", "vigil_copies_normal", Kind::gauge, Pace::hour, Unit::as_is, "normal copies that wait"},
    {"vigils", "vigil_vigils", Kind::gauge, Pace::hour, Unit::as_is, "vigils being kept"},
    {"bytes", "vigil_store_bytes", Kind::gauge, Pace::hour, Unit::power_of_two, "of what waits, up to a power of two"},
    {"commits", "vigil_commits_total", Kind::counter, Pace::hour, Unit::as_is, "batches written"},
    {"store_requests", "vigil_store_requests_total", Kind::counter, Pace::hour, Unit::as_is,
     "writes that the store has answered"},
    {"stored", "vigil_stored_total", Kind::counter, Pace::hour, Unit::as_is, "copies stored"},
    {"store_acknowledged", "vigil_forgotten_total", Kind::counter, Pace::hour, Unit::as_is,
     "copies that the store has forgotten"},
    {"expired", "vigil_expired_total", Kind::counter, Pace::hour, Unit::as_is, "copies that expired unfetched"},
    {"refused", "vigil_refused_total", Kind::counter, Pace::hour, Unit::as_is, "writes refused"},
};

std::vector<Metric> make_list() {
  std::vector<Metric> all = of_the_machine;
  all.insert(all.end(), of_the_store.begin(), of_the_store.end());
  const auto add = [&all](const char* number, const char* name, Kind kind, const char* help) {
    for (const Metric& known : of_the_machine)
      if (known.number == number) return;
    all.push_back({number, name, kind, Pace::hour, Unit::as_is, help});
  };
#define VIGIL_COUNTED(name, meaning) add(#name, "vigil_" #name "_total", Kind::counter, meaning);
#define VIGIL_GAUGED(name, meaning) add(#name, "vigil_" #name, Kind::gauge, meaning);
  VIGIL_COUNTERS(VIGIL_COUNTED, VIGIL_GAUGED)
#undef VIGIL_COUNTED
#undef VIGIL_GAUGED
  return all;
}

void head(std::string& page, std::string_view name, std::string_view kind, std::string_view help) {
  page += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

std::string value_text(const Metric& metric, std::int64_t value) {
  switch (metric.unit) {
    case Unit::milliseconds:
      return fmt::format("{}", static_cast<double>(value) / 1000);
    case Unit::days:
      return fmt::format("{}", value * 86'400);
    case Unit::power_of_two:
      return fmt::format("{}", value <= 0 ? 0 : std::bit_ceil(static_cast<std::uint64_t>(value)));
    case Unit::as_is:
      break;
  }
  return fmt::format("{}", metric.pace == Pace::hour ? value / step * step : value);
}

std::string numbers_text(const Measured& measured, Pace pace) {
  std::string page;
  for (const Metric& metric : metrics_list()) {
    if (metric.pace != pace) continue;
    for (const auto& [name, value] : measured.numbers) {
      if (name != metric.number || (metric.unit == Unit::milliseconds && value < 0)) continue;
      head(page, metric.name, metric.kind == Kind::counter ? "counter" : "gauge", metric.help);
      page += fmt::format("{} {}\n", metric.name, value_text(metric, value));
    }
  }
  return page;
}

// Counted up from bucket to bucket, as Prometheus wants it; each in tens. No sum: it would tell a single one.
std::string times_text(const Measured& measured) {
  std::string page;
  for (const Times& times : times_list) {
    for (const auto& [name, counts] : measured.durations) {
      if (name != times.number) continue;
      head(page, times.name, "histogram", times.help);
      std::uint64_t up_to = 0;
      for (std::size_t i = 0; i < counts.size(); ++i) {
        up_to += counts[i];
        const bool last = i == storage::Durations::bounds.size();
        const std::string bound =
            last ? "+Inf" : fmt::format("{}", static_cast<double>(storage::Durations::bounds[i].count()) / 1000);
        page += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", times.name, bound, up_to / step * step);
      }
      page += fmt::format("{}_count {}\n", times.name, up_to / step * step);
    }
  }
  return page;
}

}  // namespace

const std::vector<Metric>& metrics_list() {
  static const std::vector<Metric> all = make_list();
  return all;
}

std::string MetricsPage::at(std::uint64_t now_s) {
  const std::uint64_t minute = now_s / 60, hour = now_s / 3600;
  if (minute_ != minute) {
    const Measured measured = look_();
    minute_ = minute;
    of_minute_ = numbers_text(measured, Pace::minute);
    if (hour_ != hour) {
      hour_ = hour;
      of_hour_ = numbers_text(measured, Pace::hour) + times_text(measured);
    }
  }
  return of_minute_ + of_hour_;
}

}  // namespace vigil::server

// Gathering: store's figures, our counters, keys' days. Nothing per mailbox, address or peer.
#include "server/status_numbers.hpp"

#include <unistd.h>

#include <fstream>

namespace vigil::server {
namespace {

// Resident, as the kernel counts it.
std::int64_t memory_bytes() {
  std::ifstream in("/proc/self/statm");
  std::int64_t whole = 0, resident = 0;
  in >> whole >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// Of commits: those of the buckets above half a second.
std::uint64_t slow_ones(const storage::Durations::Counts& times) {
  constexpr std::chrono::milliseconds slow{500};
  std::uint64_t count = times.back();
  for (std::size_t i = 0; i < storage::Durations::bounds.size(); ++i)
    if (storage::Durations::bounds[i] > slow) count += times[i];
  return count;
}

}  // namespace

StatusNumbers status_numbers(const storage::Store& store, const Counters& counters, const Serving& serving,
                             const Beside& beside) {
  const auto [now_s, started_s, canary, backup] = beside;
  StatusNumbers all;
  const auto add = [&all](const char* name, auto number) { all.emplace_back(name, static_cast<std::int64_t>(number)); };
  const storage::Figures figures = store.figures();
  add("uptime_s", now_s - std::min(now_s, started_s));
  add("mailboxes", figures.mailboxes);
  add("addresses", figures.addresses);
  add("copies_urgent", figures.copies_urgent);
  add("copies_normal", figures.copies_normal);
  add("bytes", figures.bytes);
  add("vigils", figures.vigils);
  add("invites", figures.invites);
  add("commits", figures.commits);
  add("store_requests", figures.requests);
  add("stored", figures.stored);
  add("store_acknowledged", figures.acknowledged);
  add("expired", figures.expired);
  add("refused", figures.refused);
  add("failed_syncs", figures.failed_syncs);
  add("undestroyed_keys", figures.undestroyed_keys);
  add("slow_commits", slow_ones(figures.commit_times));
  add("disk_free_percent", figures.free_percent);
  add("writable", figures.writable);
  add("free_for_normal_percent", serving.limits.free_for_normal_percent);
  add("free_for_urgent_percent", serving.limits.free_for_urgent_percent);
  add("erase_bound_s", store.guarantees().erase_bound.count());
  add("online_key_days", serving.keys->days_left(now_s));
  add("route_list_days", serving.keys->routes_days_left(now_s));
  add("route_serial", serving.keys->route_serial);
  add("memory_bytes", memory_bytes());
  add("connections_max", serving.limits.connections_max);
  add("connections_used_percent",
      static_cast<std::uint64_t>(counters.connections.value()) * 10 / serving.limits.connections_max * 10);
  add("canary_every_s", canary.every_s);
  add("canary_flights", canary.flights);
  add("canary_failures", canary.failures);
  add("canary_failed_in_a_row", canary.failed_in_a_row);
  add("canary_failed_step", canary.last_failed_at);
  add("canary_last_failure_ago_s", canary.last_failure_ago_s);
  add("canary_p50_ms", canary.p50_ms);
  add("canary_p99_ms", canary.p99_ms);
  add("backup_age_s", backup.age_s);
  add("backup_stale", backup.stale);
#define VIGIL_NUMBER(name, meaning) add(#name, counters.name.value());
  VIGIL_COUNTERS(VIGIL_NUMBER, VIGIL_NUMBER)
#undef VIGIL_NUMBER
  return all;
}

Measured measure(const Relay& relay, const Beside& beside) {
  Measured out{.numbers = status_numbers(relay.store, relay.counters, *relay.serving(), beside), .durations = {}};
  out.durations.emplace_back("commit_times", relay.store.figures().commit_times);
  out.durations.emplace_back("hand_over_times", relay.switchboard.hand_over_times());
#define VIGIL_DURATION(name, meaning) out.durations.emplace_back(#name, relay.counters.name.counts());
  VIGIL_DURATIONS(VIGIL_DURATION)
#undef VIGIL_DURATION
  return out;
}

}  // namespace vigil::server

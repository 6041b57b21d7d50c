// Gathering: store's figures, our counters, keys' days. Nothing per mailbox, address or peer.
#include "server/status_numbers.hpp"

namespace vigil::server {

StatusNumbers status_numbers(const storage::Store& store, const Counters& counters, const Serving& serving,
                             storage::Instant now_s, storage::Instant started_s) {
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
  add("disk_free_percent", figures.free_percent);
  add("writable", figures.writable);
  add("free_for_normal_percent", serving.limits.free_for_normal_percent);
  add("free_for_urgent_percent", serving.limits.free_for_urgent_percent);
  add("erase_bound_s", store.guarantees().erase_bound.count());
  add("online_key_days", serving.keys->days_left(now_s));
  add("route_list_days", serving.keys->routes_days_left(now_s));
  add("route_serial", serving.keys->route_serial);
#define VIGIL_NUMBER(name, meaning) add(#name, counters.name.value());
  VIGIL_COUNTERS(VIGIL_NUMBER, VIGIL_NUMBER)
#undef VIGIL_NUMBER
  return all;
}

}  // namespace vigil::server

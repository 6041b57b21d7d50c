// Every key of the configuration, named once: parsing, comparing and listing are visitors over this one list. Used by config.cpp
// only.
#pragma once

#include "server/config.hpp"

namespace vigil::server {

enum class Change { live, restart };  // what a new value needs: SIGHUP, or a restart

template <class Visitor>
void each_limit(Visitor& visit, ConfigLimits& limits) {
  constexpr std::uint64_t day = 86'400;
  visit.number("limits.hold_s", limits.hold_s, 0, 600, Change::live);
  visit.number("limits.lease_s", limits.lease_s, 1, day, Change::restart);
  visit.numbers("limits.first_rounds_s", limits.first_rounds_s, 1, day, Change::restart);
  visit.number("limits.hourly_rounds", limits.hourly_rounds, 0, 1000, Change::restart);
  visit.number("limits.late_round_s", limits.late_round_s, 1, 7 * day, Change::restart);
  visit.number("limits.vigil_life_s", limits.vigil_life_s, 60, 30 * day, Change::restart);
  visit.number("limits.outage_grace_s", limits.outage_grace_s, 0, day, Change::restart);
  visit.number("limits.mailbox_unread_days", limits.mailbox_unread_days, 1, 3650, Change::restart);
  visit.number("limits.normal_copies_max", limits.normal_copies_max, 16, 1'000'000, Change::restart);
  visit.number("limits.normal_bytes_max", limits.normal_bytes_max, limits::envelope_bytes_max, std::uint64_t{1} << 34,
               Change::restart);
  visit.number("limits.free_for_normal_percent", limits.free_for_normal_percent, 1, 90, Change::restart);
  visit.number("limits.free_for_urgent_percent", limits.free_for_urgent_percent, 1, 90, Change::restart);
  visit.number("limits.erase_s", limits.erase_s, 1, 3600, Change::restart);
  visit.number("limits.connections_max", limits.connections_max, 1, 10'000'000, Change::live);
  visit.number("limits.window_copies", limits.window_copies, limits::window_urgent_copies + 1, 1024, Change::live);
  visit.number("limits.handshake_s", limits.handshake_s, 1, 120, Change::live);
  visit.number("limits.greeting_s", limits.greeting_s, 1, 300, Change::live);
  visit.number("limits.keepalive_s", limits.keepalive_s, 10, 600, Change::live);
  visit.number("limits.write_s", limits.write_s, 1, 600, Change::live);
  visit.number("limits.requests_per_s", limits.requests_per_s, 1, 10'000'000, Change::live);
  visit.number("limits.owner_requests_per_s", limits.owner_requests_per_s, 1, 10'000'000, Change::live);
  visit.number("limits.urgent_per_address_per_min", limits.urgent_per_address_per_min, 1, 10'000'000, Change::live);
  visit.number("limits.prekey_fetches_per_address_per_h", limits.prekey_fetches_per_address_per_h, 1, 10'000'000, Change::live);
}

template <class Visitor>
void each_key(Visitor& visit, Config& config) {
  visit.hosts("relay.hosts", config.hosts, Change::restart);
  visit.number("relay.port", config.public_port, 1, 65'535, Change::restart);
  visit.host("relay.server_name", config.server_name, Change::restart);
  visit.paths("relay.paths", config.paths, Change::live);
  visit.sockets("listen.addresses", config.listen, Change::restart);
  visit.number("listen.threads", config.threads, 0, 256, Change::restart);
  visit.file("store.directory", config.data, Change::restart);
  visit.number("store.cache_bytes", config.store_cache_bytes, 1 << 20, std::uint64_t{1} << 40, Change::restart);
  visit.store_keys("store.keys", config.store_keys, Change::restart);
  visit.file("store.key_file", config.store_key_file, Change::restart);
  visit.file("tls.key", config.tls_key, Change::live);
  visit.file("tls.certificate", config.tls_certificate, Change::live);
  visit.file("decoy.site", config.decoy_site, Change::live);
  visit.upstream("decoy.upstream", config.decoy_upstream, Change::live);
  visit.file("console.socket", config.console, Change::restart);
  visit.only_here("metrics.listen", config.metrics_listen, Change::restart);
  visit.number("canary.every_s", config.canary_every_s, 0, 86'400, Change::restart);
  visit.level("log.level", config.log_level, Change::live);
  each_limit(visit, config.limits);
}

}  // namespace vigil::server

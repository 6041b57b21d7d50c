// What an operator may change, read once from a TOML file. Used by everybody in server/; deploy/vigild.toml documents every key.
// A Config is a plain value: made whole or refused whole, never changed afterwards. SIGHUP makes a new one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "proto/limits.hpp"

namespace vigil::server {

enum class LogLevel { error, warning, info };

// Where the key to the store's keys lies (deploy/README.md, "Where the keys lie"): beside them, in memory only, in a file
// elsewhere, or in the operator's head.
enum class StoreKeys { disk, memory, file, passphrase };

struct ListenAt {
  std::string address;  // an IP literal
  std::uint16_t port = 443;
  bool operator==(const ListenAt&) const = default;
};

// The changeable ones of proto/limits.hpp, under their names there. * = a new value needs a restart, the others need only SIGHUP.
struct ConfigLimits {
  // vigils
  std::uint32_t hold_s = limits::hold_s;    // told to clients, which put it into their plans
  std::uint32_t lease_s = limits::lease_s;  // *
  std::vector<std::uint32_t> first_rounds_s{limits::first_rounds_s.begin(), limits::first_rounds_s.end()};  // *
  std::uint32_t hourly_rounds = limits::hourly_rounds;                                                      // *
  std::uint32_t late_round_s = limits::late_round_s;                                                        // *
  std::uint32_t vigil_life_s = limits::vigil_life_s;                                                        // *
  std::uint32_t outage_grace_s = limits::outage_grace_s;                                                    // *
  // room
  std::uint32_t mailbox_unread_days = limits::mailbox_unread_days;     // *
  std::size_t normal_copies_max = limits::normal_copies_max;           // *
  std::size_t normal_bytes_max = limits::normal_bytes_max;             // *
  unsigned free_for_normal_percent = limits::free_for_normal_percent;  // *
  unsigned free_for_urgent_percent = limits::free_for_urgent_percent;  // *
  std::uint32_t erase_s = limits::erase_s;                             // *
  // connections
  std::size_t connections_max = limits::connections_max;
  std::uint32_t window_copies = limits::window_copies;
  std::uint32_t handshake_s = limits::handshake_s;
  std::uint32_t greeting_s = limits::greeting_s;
  std::uint32_t keepalive_s = limits::keepalive_s;
  std::uint32_t write_s = limits::write_s;
  // floods
  std::uint32_t requests_per_s = limits::requests_per_s;
  std::uint32_t owner_requests_per_s = limits::owner_requests_per_s;
  std::uint32_t urgent_per_address_per_min = limits::urgent_per_address_per_min;
  std::uint32_t prekey_fetches_per_address_per_h = limits::prekey_fetches_per_address_per_h;
  bool operator==(const ConfigLimits&) const = default;
};

struct Config {
  std::filesystem::path file;  // where it was read; relative paths below were resolved against its folder

  // how members reach this relay: signed into the route list by `vigild certify`
  std::vector<std::string> hosts;
  std::uint16_t public_port = 443;
  std::string server_name;         // SNI that clients send; empty: the host
  std::vector<std::string> paths;  // secret, each starts with '/'; shared by all members

  std::vector<ListenAt> listen{{"0.0.0.0", 443}, {"::", 443}};
  unsigned threads = 0;  // 0: one per core
  std::filesystem::path data;
  std::filesystem::path tls_key, tls_certificate;  // PEM
  std::filesystem::path decoy_site;                // a folder, or empty
  std::string decoy_upstream;                      // host:port on loopback, or empty
  std::filesystem::path console;                   // Unix socket
  std::size_t store_cache_bytes = 96u << 20;       // *
  StoreKeys store_keys = StoreKeys::disk;          // *
  std::filesystem::path store_key_file;            // *
  std::string metrics_listen;                      // "127.0.0.1:9464" or "unix:/run/vigild/metrics"; empty: none *
  std::uint32_t canary_every_s = 0;                // 0: off *
  LogLevel log_level = LogLevel::info;
  ConfigLimits limits;
  bool operator==(const Config&) const = default;
};

// The configuration, or sentences for the operator, one a line: "FILE:LINE: what is wrong; what to do".
std::expected<Config, std::string> load_config(const std::filesystem::path& file);
// The same from text, for tests: 'file' is only named.
std::expected<Config, std::string> parse_config(std::string_view toml, const std::filesystem::path& file);
// What one value may be, for commands that ask for it: a host name, an IP address or an onion address; a web server on this
// machine, as decoy.upstream takes it.
bool is_host(const std::string& text);
bool is_local_web_server(const std::string& text);
// Every key that parse_config knows, as "section.key".
std::vector<std::string> config_keys();
// What needs a restart to change and differs between the two, as "section.key".
std::vector<std::string> needs_restart(const Config& old, const Config& fresh);
// 'fresh' with those keys as 'old' has them: what SIGHUP may put into force.
Config without_restart(const Config& old, Config fresh);

}  // namespace vigil::server

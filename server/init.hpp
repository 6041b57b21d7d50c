// Making a relay, and renewing what its root signs. Used by the commands init, setup and certify; on the operator's machine,
// never while serving.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crypto/base/sign.hpp"

namespace vigil::server {

struct InitOrder {
  std::filesystem::path data;      // made; refused when a relay lies there
  std::filesystem::path root;      // file for the root's seed; empty: DATA-root
  std::vector<std::string> hosts;  // how members reach it
  std::uint16_t port = 443;
  std::vector<std::string> listen;                 // "ip:port"; empty: by host
  std::filesystem::path tls_certificate, tls_key;  // both or none; none: a new key and a certificate signed by itself
  unsigned paths = 1;
  std::filesystem::path decoy_site;  // what strangers see: a folder of the operator's own,
  std::string decoy_upstream;        // or a web server on this machine; both empty: the built-in page
};

struct Made {
  std::filesystem::path config, root;
};

// A whole relay on disk, or a sentence; then what was begun is gone again.
std::expected<Made, std::string> init_relay(const InitOrder& order, std::uint64_t now_s);

struct CertifyOrder {
  std::filesystem::path root, config;
  unsigned days = 90;
  bool new_online_key = true;  // false: only the route list
  bool next_tls_key = false;   // the next TLS key becomes the present one, with a fresh certificate signed by itself
};

// A fresh online key, certificate and route list. The relay takes them at its next start or SIGHUP. Otherwise a sentence.
std::expected<void, std::string> certify(const CertifyOrder& order, std::uint64_t now_s);

// ---- the root's file: text, so that it can be printed and typed
std::string root_file_text(const SigningKey& root, const std::string& host);
std::expected<SigningKey, std::string> read_root(const std::filesystem::path& file);

}  // namespace vigil::server

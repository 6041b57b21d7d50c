// Who this relay is: root (public half only), online key with the root's certificate, signed route list. Immutable while serving.
// Files lie in DATA/keys, mode 0600, made by `vigild init`, renewed by `vigild certify`. The root's seed is never there.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "crypto/base/sign.hpp"
#include "proto/wire.pb.h"
#include "server/config.hpp"

struct evp_pkey_st;

namespace vigil::server {

struct RelayKeys {
  PublicKey root;
  SigningKey online;
  wire::RootCertificate certificate;  // of 'online', by the root
  wire::RouteList routes;             // signed by the root
  std::uint64_t route_serial = 0;

  // The signature of Greeting: over label "vigil greeting" | version | root | exporter | challenge.
  Signature sign_greeting(const Exporter& exporter, const Challenge& challenge) const;
  // Days until the certificate ends, at 'now_s'; negative: ended so many days ago (a warning, never a refusal).
  std::int64_t days_left(std::uint64_t now_s) const;
  // The same of the route list.
  std::int64_t routes_days_left(std::uint64_t now_s) const;
};

// Reads and checks DATA/keys; otherwise a sentence for the operator.
std::expected<RelayKeys, std::string> load_relay_keys(const std::filesystem::path& data);
// Only the root's public half.
std::expected<PublicKey, std::string> load_root(const std::filesystem::path& data);

// ---- what the root does, on the operator's own machine or right at init

inline constexpr unsigned online_days_max = 90;
inline constexpr unsigned routes_days = 365;

struct Pins {
  Hash now;                  // SHA-256 of the TLS key's SubjectPublicKeyInfo
  std::optional<Hash> next;  // and of the one that will follow it
};

// Good for 'days' (at most online_days_max) from 'now_s'.
wire::RootCertificate certify_online_key(const SigningKey& root, const PublicKey& online, std::uint64_t now_s, unsigned days);
// The list that follows 'before' (may be null): one route per host and path.
wire::RouteList sign_routes(const SigningKey& root, const Config& config, const Pins& pins, const wire::RouteList* before,
                            std::uint64_t now_s);

// ---- files

// The pin of a PEM certificate, and of a PEM private key.
std::expected<Hash, std::string> pin_of_certificate(const std::filesystem::path& certificate);
std::expected<Hash, std::string> pin_of_key(const std::filesystem::path& key);
// The same of a key in OpenSSL's hands (EVP_PKEY).
Hash pin_of_public_key(evp_pkey_st* key);
struct KeyFiles {
  std::filesystem::path folder, online, certificate, root, routes, tls_key, tls_certificate, tls_key_next;
  explicit KeyFiles(const std::filesystem::path& data);
};

}  // namespace vigil::server

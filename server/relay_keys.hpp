// Who this relay is: root (public half only), online key with the root's certificate, signed route list. Immutable while serving.
// Files lie in DATA/keys, mode 0600, made by `vigild init`, renewed by `vigild certify`. The root's seed is never there.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "crypto/base/sign.hpp"
#include "proto/wire.pb.h"
#include "server/config.hpp"

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
};

// Reads and checks DATA/keys; otherwise a sentence for the operator.
std::expected<RelayKeys, std::string> load_relay_keys(const std::filesystem::path& data);

// What the root does, on the operator's own machine or right at init. The certificate is good for 'days' (at most 90) from
// 'now_s'.
wire::RootCertificate certify_online_key(const SigningKey& root, const PublicKey& online, std::uint64_t now_s, unsigned days);
// The list after 'before' (may be null): one route per host and path, pinned to 'pin'; good for a year.
wire::RouteList sign_routes(const SigningKey& root, const Config& config, const Hash& pin, const wire::RouteList* before,
                            std::uint64_t now_s);
// SHA-256 of the SubjectPublicKeyInfo of a PEM certificate.
std::expected<Hash, std::string> pin_of(const std::filesystem::path& certificate);

// Where each file lies.
std::filesystem::path keys_directory(const std::filesystem::path& data);

}  // namespace vigil::server

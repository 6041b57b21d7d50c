// A TLS key and a certificate signed by itself, for operators who bring none; and what a certificate says. Used by init, setup
// and doctor.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

namespace vigil::server {

// A P-256 key in PEM form.
std::expected<std::string, std::string> make_tls_key();
// A certificate for 'host' over a PEM key, good for ten years, as `openssl req -x509` makes it.
std::expected<std::string, std::string> make_certificate(const std::string& key_pem, const std::string& host,
                                                         std::uint64_t now_s);

struct CertificateFacts {
  bool signed_by_itself = false;  // else by an authority, which publishes its names
  std::int64_t from_s = 0, until_s = 0;
};
// Of the first certificate of a PEM file, or a sentence.
std::expected<CertificateFacts, std::string> certificate_facts(const std::filesystem::path& file);

}  // namespace vigil::server

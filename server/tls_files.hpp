// A TLS key and a certificate signed by itself, for operators who bring none. Used by init only.
#pragma once

#include <expected>
#include <string>

namespace vigil::server {

// A P-256 key in PEM form.
std::expected<std::string, std::string> make_tls_key();
// A certificate for 'host' over a PEM key, good for ten years, as `openssl req -x509` makes it.
std::expected<std::string, std::string> make_certificate(const std::string& key_pem, const std::string& host,
                                                         std::uint64_t now_s);

}  // namespace vigil::server

// The relay's TLS: version 1.3 only, its own key, no client certificates, no early data. Made at the start and again at SIGHUP;
// an open connection keeps the one it began with.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

struct ssl_ctx_st;

namespace vigil::server {

using TlsContext = std::shared_ptr<ssl_ctx_st>;

struct TlsFiles {
  std::filesystem::path key, certificate;  // PEM
  // A ticket links two connections of one client, so a sender's and an owner's could be tied together: none are given. A relay
  // behind which clients keep one cache per role may switch them on; every context has its own ticket keys, in memory only.
  bool tickets = false;
};

// The context, or a sentence for the operator.
std::expected<TlsContext, std::string> make_tls_context(const TlsFiles& files);

}  // namespace vigil::server

#include "server/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace vigil::server {
namespace {

// What OpenSSL says about the last failure; it names files and formats, never key material.
std::string reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? "unknown reason" : text;
}

}  // namespace

std::expected<TlsContext, std::string> make_tls_context(const TlsFiles& files) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return std::unexpected("TLS cannot start: " + reason());
  SSL_CTX* const tls = context.get();
  SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
  SSL_CTX_set_max_early_data(tls, 0);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);  // as nginx: no alert to a peer that has gone
  SSL_CTX_set_num_tickets(tls, files.tickets ? 1 : 0);
  if (!files.tickets) SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);
  // RELEASE_BUFFERS: an idle connection holds no record buffers (32 KB). The others: our write buffer is shared by the thread.
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One system call brings as many records as have arrived, not one for each header and one for each body.
  SSL_CTX_set_read_ahead(tls, 1);
  // The cheapest first: one key share is computed, the client's guess is nearly always right.
  SSL_CTX_set1_groups_list(tls, "X25519:P-256");
  if (SSL_CTX_use_certificate_chain_file(tls, files.certificate.c_str()) != 1)
    return std::unexpected("cannot read the TLS certificate " + files.certificate.string() + ": " + reason());
  if (SSL_CTX_use_PrivateKey_file(tls, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return std::unexpected("cannot read the TLS key " + files.key.string() + ": " + reason());
  if (SSL_CTX_check_private_key(tls) != 1)
    return std::unexpected("TLS key and certificate do not belong together: " + files.key.string());
  return context;
}

}  // namespace vigil::server

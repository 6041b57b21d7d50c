#include "server/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <new>

#include "crypto/base/labels.hpp"
#include "crypto/base/secret_bytes.hpp"

namespace vigil::server {

void TlsStream::FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsStream::TlsStream(Socket socket, ssl_ctx_st* context) : socket_(std::move(socket)), ssl_(SSL_new(context)) {
  if (!ssl_) throw std::bad_alloc();
  socket_.native_non_blocking(true);
  SSL_set_fd(ssl_.get(), socket_.native_handle());
  SSL_set_accept_state(ssl_.get());
}

TlsStream::~TlsStream() = default;

void TlsStream::wipe_gathered() {
  wipe(gathered());
}

std::array<std::uint8_t, TlsStream::record_bytes>& TlsStream::gathered() {
  thread_local std::array<std::uint8_t, record_bytes> bytes;
  return bytes;
}

TlsStream::Step TlsStream::step_after(int result) {
  const int saved_errno = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.wait = Step::to_read};
    case SSL_ERROR_WANT_WRITE:
      return {.wait = Step::to_write};
    case SSL_ERROR_ZERO_RETURN:
      return {.error = asio::error::eof};
    case SSL_ERROR_SYSCALL:
      failed_ = true;
      if (saved_errno != 0) return {.error = error_code(saved_errno, boost::system::system_category())};
      return {.error = asio::error::eof};
    default:
      break;  // int, not an enum: everything else is a broken protocol
  }
  failed_ = true;
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST) spoke_http_ = true;
  ERR_clear_error();
  return {.error = asio::error::connection_aborted};
}

TlsStream::Step TlsStream::handshake_step() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return {};
  return step_after(result);
}

TlsStream::Step TlsStream::read_step(asio::mutable_buffer into) {
  if (into.size() == 0) return {};
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  // Always OpenSSL first, then the socket: what it holds already (SSL_pending, read ahead) makes no socket readable.
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  if (result == 1) return {.bytes = bytes};
  // Nothing is left to be used of what Beast keeps in its buffer: while it waits, that buffer says nothing.
  if (into.size() <= beast_buffer_bytes) wipe({static_cast<std::uint8_t*>(into.data()), into.size()});
  return step_after(result);
}

TlsStream::Step TlsStream::write_record(View record) {
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &bytes);
  if (result == 1) return {.bytes = bytes};
  return step_after(result);
}

Exporter TlsStream::exporter() const {
  Exporter made;
  const int result = SSL_export_keying_material(ssl_.get(), made.bytes.data(), made.bytes.size(), labels::tls_exporter.data(),
                                                labels::tls_exporter.size(), nullptr, 0, 0);
  if (result != 1) throw std::bad_alloc();
  return made;
}

bool TlsStream::peer_has_gone() const {
  return BIO_eof(SSL_get_rbio(ssl_.get())) != 0;
}

void TlsStream::hold() {
  held_ = std::make_unique<Bytes>();
}

void TlsStream::close_notify() {
  if (failed_ || peer_has_gone() || !socket_.is_open() || SSL_in_init(ssl_.get()) != 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

asio::awaitable<void> TlsStream::linger() {
  constexpr std::size_t thrown_away_max = 1024 * 1024;
  if (peer_has_gone()) co_return;
  close_notify();
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  for (std::size_t thrown_away = 0; thrown_away < thrown_away_max;) {
    const auto [waited] = co_await socket_.async_wait(Socket::wait_read, as_result);
    if (waited) co_return;
    const ssize_t bytes = ::recv(socket_.native_handle(), gathered().data(), gathered().size(), MSG_DONTWAIT);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) co_return;
    if (bytes > 0) thrown_away += static_cast<std::size_t>(bytes);
  }
}

void TlsStream::close() {
  error_code ignored;
  socket_.close(ignored);
}

void teardown(boost::beast::role_type, TlsStream& stream, error_code& error) {
  stream.close_notify();
  error = {};
}

}  // namespace vigil::server

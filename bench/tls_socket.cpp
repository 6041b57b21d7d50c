// TLS and frames by hand.
#include "tls_socket.hpp"

#include <openssl/ssl.h>
#include <poll.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "loopback.hpp"

namespace vigil::bench {
namespace {

constexpr std::size_t message_bytes_max = 16u << 20;
constexpr unsigned char continued = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10;

SSL_CTX* shared_context() {
  static SSL_CTX* const made = [] {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    return context;
  }();
  return made;
}

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(what);
}

// Whether something can be read before 'until'.
bool readable(int descriptor, Clock::time_point until) {
  const Clock::time_point now = until == at_once ? until : Clock::now();
  const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until > now ? until - now : Clock::duration::zero());
  pollfd one{descriptor, POLLIN, 0};
  const timespec patience{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
  return ::ppoll(&one, 1, &patience, nullptr) > 0;
}

}  // namespace

TlsSocket::TlsSocket(const Where& where)
    : message_opcode_(where.text ? text : binary), descriptor_(connect_to(where.port)), ssl_(SSL_new(shared_context())) {
  try {
    SSL_set_fd(ssl_, descriptor_);
    if (SSL_connect(ssl_) != 1) fail("TLS handshake failed");
    std::string head = "GET " + where.path +
                       " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    if (!where.protocol.empty()) head += "Sec-WebSocket-Protocol: " + where.protocol + "\r\n";
    send_bytes(head + "\r\n");
    while (unread_.find("\r\n\r\n") == std::string::npos) read_more(forever);
    if (!unread_.starts_with("HTTP/1.1 101 ")) fail("no WebSocket");
    unread_.erase(0, unread_.find("\r\n\r\n") + 4);
  } catch (...) {
    SSL_free(ssl_);
    ::close(descriptor_);
    throw;
  }
}

TlsSocket::~TlsSocket() {
  SSL_free(ssl_);
  ::close(descriptor_);
}

void TlsSocket::send_bytes(std::string_view bytes) {
  std::size_t sent = 0;
  if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent) != 1) fail("the other side closed the connection");
}

void TlsSocket::send_frame(unsigned char opcode, std::string_view payload) {
  out_.clear();
  add_frame(opcode, payload);
  send_bytes(out_);
}

void TlsSocket::add_frame(unsigned char opcode, std::string_view payload) {
  out_ += static_cast<char>(0x80 | opcode);
  if (payload.size() < 126) {
    out_ += static_cast<char>(0x80 | payload.size());
  } else {
    const auto size = static_cast<std::uint64_t>(payload.size());
    const int bytes = size < 65536 ? 2 : 8;
    out_ += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) out_ += static_cast<char>(size >> (8 * i) & 0xff);
  }
  out_.append(4, '\0');  // a mask of zeros leaves the payload as it is
  out_ += payload;
}

void TlsSocket::send(std::string_view message) {
  send_frame(message_opcode_, message);
}

void TlsSocket::send_all(std::span<const std::string> messages) {
  out_.clear();
  for (const std::string& message : messages) add_frame(message_opcode_, message);
  send_bytes(out_);
}

bool TlsSocket::read_more(Clock::time_point until) {
  unread_.erase(0, std::exchange(taken_, 0));
  if (until != forever && SSL_has_pending(ssl_) == 0 && !readable(descriptor_, until)) return false;
  const std::size_t had = unread_.size();
  constexpr std::size_t record_bytes = 16 * 1024;
  unread_.resize(had + record_bytes);
  std::size_t got = 0;
  const int read = SSL_read_ex(ssl_, unread_.data() + had, record_bytes, &got);
  unread_.resize(had + got);
  if (read != 1) fail("the other side closed the connection, or said nothing for 60 s");
  return true;
}

bool TlsSocket::have(std::size_t bytes, Clock::time_point until) {
  while (unread_.size() - taken_ < bytes)
    if (!read_more(until)) return false;
  return true;
}

std::optional<TlsSocket::Frame> TlsSocket::frame(Clock::time_point until) {
  if (!have(2, until)) return std::nullopt;
  const auto octet = [this](std::size_t at) { return static_cast<unsigned char>(unread_[taken_ + at]); };
  std::size_t size = octet(1), head = 2;
  if (size >= 126) {
    head += size == 126 ? 2 : 8;
    if (!have(head, until)) return std::nullopt;
    size = 0;
    for (std::size_t i = 2; i < head; ++i) size = size << 8 | octet(i);
  }
  if (size > message_bytes_max) fail("too large a frame");
  if (!have(head + size, until)) return std::nullopt;
  const Frame out{static_cast<unsigned char>(octet(0) & 0x0f), (octet(0) & 0x80) != 0,
                  std::string_view(unread_).substr(taken_ + head, size)};
  taken_ += head + size;
  return out;
}

std::optional<std::string_view> TlsSocket::receive(Clock::time_point until) {
  for (;;) {
    const std::optional<Frame> next = frame(until);
    if (!next) return std::nullopt;
    if (next->opcode == closing) fail("the other side said goodbye");
    if (next->opcode == ping) send_frame(pong, next->payload);
    if (next->opcode != message_opcode_ && next->opcode != continued) continue;
    if (next->opcode == message_opcode_ && next->last) return next->payload;
    if (!std::exchange(in_pieces_, true)) pieces_.clear();
    pieces_ += next->payload;
    if (!next->last) continue;
    in_pieces_ = false;
    return pieces_;
  }
}

void TlsSocket::round_trip() {
  send_frame(ping, {});
  for (;;) {
    const std::optional<Frame> next = frame(forever);
    if (next->opcode == pong) return;
    if (next->opcode != ping) fail("a message came where none was due");
  }
}

}  // namespace vigil::bench

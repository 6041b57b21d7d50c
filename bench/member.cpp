// TLS and frames by hand.
#include "member.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::bench {
namespace {

SSL_CTX* shared_context() {
  static SSL_CTX* const made = [] {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
  }();
  return made;
}

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(what);
}

int connect_to(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{30, 0};
  const int yes = 1;
  ::setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) fail("cannot connect");
  return made;
}

}  // namespace

void must(Status status, const char* what) {
  if (status != wire::DONE) throw std::runtime_error(fmt::format("{}: {}", what, meaning(status)));
}

Member::Member(std::uint16_t port, const PublicKey& root, const std::string& path)
    : descriptor_(connect_to(port)), ssl_(SSL_new(shared_context())) {
  SSL_set_fd(ssl_, descriptor_);
  if (SSL_connect(ssl_) != 1) fail("TLS handshake failed");
  send_bytes("GET " + path +
             " HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  while (unread_.find("\r\n\r\n") == std::string::npos) read_more();
  if (!unread_.starts_with("HTTP/1.1 101 ")) fail("no WebSocket");
  unread_.erase(0, unread_.find("\r\n\r\n") + 4);
  binding_.root = root;
  if (SSL_export_keying_material(ssl_, binding_.exporter.bytes.data(), binding_.exporter.bytes.size(),
                                 labels::tls_exporter.data(), labels::tls_exporter.size(), nullptr, 0, 0) != 1)
    fail("no exporter");
  const auto challenge = Challenge::from(view(receive().greeting().challenge()));
  if (!challenge) fail("no challenge");
  challenge_ = *challenge;
}

Member::~Member() {
  SSL_free(ssl_);
  ::close(descriptor_);
}

void Member::send_bytes(std::string_view bytes) {
  std::size_t sent = 0;
  if (SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent) != 1) fail("the relay closed the connection");
}

void Member::read_more() {
  unread_.erase(0, std::exchange(taken_, 0));
  const std::size_t had = unread_.size();
  constexpr std::size_t record_bytes = 16 * 1024;
  unread_.resize(had + record_bytes);
  std::size_t got = 0;
  const int read = SSL_read_ex(ssl_, unread_.data() + had, record_bytes, &got);
  unread_.resize(had + got);
  if (read != 1) fail("the relay closed the connection, or said nothing for 30 s");
}

std::string Member::take(std::size_t bytes) {
  while (unread_.size() - taken_ < bytes) read_more();
  taken_ += bytes;
  return unread_.substr(taken_ - bytes, bytes);
}

void Member::send(const wire::ClientFrame& frame) {
  const std::string payload = frame.SerializeAsString();
  std::string out("\x82");
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    const auto size = static_cast<std::uint64_t>(payload.size());
    const int bytes = size < 65536 ? 2 : 8;
    out += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xff);
  }
  out.append(4, '\0');  // a mask of zeros leaves the payload as it is
  send_bytes(out + payload);
}

wire::RelayFrame Member::receive() {
  for (;;) {
    const std::string head = take(2);
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
      const std::string longer = take(size == 126 ? 2 : 8);
      size = 0;
      for (const char byte : longer) size = size << 8 | static_cast<unsigned char>(byte);
    }
    if (size > limits::frame_bytes_max) fail("too large a frame");
    const std::string payload = take(size);
    const int opcode = head[0] & 0x0f;
    if (opcode == 8) fail("the relay said goodbye");
    if (opcode != 2) continue;
    wire::RelayFrame frame;
    if (!frame.ParseFromString(payload)) fail("not a frame of this protocol");
    return frame;
  }
}

Status Member::ask(wire::Request request) {
  request.set_id(1);
  wire::ClientFrame frame;
  *frame.add_requests() = std::move(request);
  send(frame);
  for (;;) {
    const wire::RelayFrame answer = receive();
    if (answer.answers_size() > 0) return answer.answers(0).status();
  }
}

Status Member::prove(const SigningKey& owner) {
  wire::Request request;
  request.mutable_prove()->set_version(limits::protocol_version);
  request.mutable_prove()->set_owner_key(as_string(owner.public_key()));
  request.mutable_prove()->set_signature(as_string(sign_proof(owner, binding_, challenge_)));
  return ask(std::move(request));
}

Status Member::open_mailbox(const Secret& invite) {
  wire::Request request;
  request.mutable_open_mailbox()->set_invite(as_string(invite));
  return ask(std::move(request));
}

Status Member::grant(const SigningKey& owner, const Address& address) {
  wire::Request request;
  wire::Grant& grant = *request.mutable_grant();
  grant.set_address_hash(as_string(address_hash(address)));
  grant.set_urgent(true);
  grant.set_normal(true);
  grant.set_vigils(true);
  grant.set_life_max(wire::THIRTY_DAYS);
  sign_grant(owner, binding_, grant);
  return ask(std::move(request));
}

Status Member::listen() {
  wire::Request request;
  request.mutable_listen();
  return ask(std::move(request));
}

void Member::acknowledge(std::uint64_t first, std::uint64_t last) {
  wire::ClientFrame frame;
  frame.add_acknowledged(first);
  frame.add_acknowledged(last);
  send(frame);
}

wire::Request deliver_request(const Address& address, const std::string& envelope, wire::Lane lane) {
  wire::Request request;
  wire::Deliver& deliver = *request.mutable_deliver();
  deliver.set_id(as_string(random_id<FanoutId>()));
  deliver.set_lane(lane);
  deliver.set_lifetime(wire::ONE_DAY);
  deliver.set_envelope(envelope);
  deliver.set_addresses(as_string(address));
  return request;
}

}  // namespace vigil::bench

// The wire by hand: sockets, TLS, WebSocket frames, and the requests that tests make most.
#include "member.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::server::test {

int connect_to(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int yes = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  REQUIRE(::connect(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  return made;
}

Line::Line(std::uint16_t port)
    : descriptor_(connect_to(port)), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_)) {
  SSL_set_fd(ssl_, descriptor_);
  REQUIRE(SSL_connect(ssl_) == 1);
  REQUIRE(SSL_version(ssl_) == TLS1_3_VERSION);
}

Line::~Line() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(descriptor_);
}

void Line::send(std::string_view bytes) {
  std::size_t sent = 0;
  if (!bytes.empty()) SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent);  // the relay may have closed already: reading tells
}

std::string Line::receive() {
  if (!ahead_.empty()) return std::exchange(ahead_, {});
  std::string bytes(65536, '\0');
  std::size_t received = 0;
  errno = 0;
  if (SSL_read_ex(ssl_, bytes.data(), bytes.size(), &received) != 1) {
    if (errno == EAGAIN) FAIL("the relay said nothing for ten seconds");
    return {};
  }
  bytes.resize(received);
  return bytes;
}

std::optional<std::string> Line::receive_exactly(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) {
    const std::string piece = receive();
    if (piece.empty()) return std::nullopt;
    out += piece;
  }
  ahead_ = out.substr(bytes) + ahead_;
  out.resize(bytes);
  return out;
}

std::string Line::receive_all() {
  std::string out;
  for (std::string piece = receive(); !piece.empty(); piece = receive()) out += piece;
  return out;
}

Exporter Line::exporter() const {
  Exporter made;
  REQUIRE(SSL_export_keying_material(ssl_, made.bytes.data(), made.bytes.size(), labels::tls_exporter.data(),
                                     labels::tls_exporter.size(), nullptr, 0, 0) == 1);
  return made;
}

void Line::stop_reading(int receive_buffer_bytes) {
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
}

unsigned Frame::close_code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned>(static_cast<std::uint8_t>(payload[0])) << 8 | static_cast<std::uint8_t>(payload[1]);
}

std::string client_frame(unsigned opcode, std::string_view payload, bool last) {
  std::string out;
  out.push_back(static_cast<char>((last ? 0x80 : 0) | opcode));
  const std::size_t size = payload.size();
  if (size < 126) {
    out.push_back(static_cast<char>(0x80 | size));
  } else if (size < 65536) {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(size >> 8));
    out.push_back(static_cast<char>(size));
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  }
  const std::array<char, 4> mask{'\x11', '\x22', '\x33', '\x44'};
  out.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  return out;
}

Member::Member(std::uint16_t port, const PublicKey& root, const std::string& path) : line_(port) {
  line_.send("GET " + path +
             " HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::optional<std::string> byte = line_.receive_exactly(1);
    REQUIRE(byte);
    head += *byte;
  }
  REQUIRE(head.starts_with("HTTP/1.1 101 "));
  binding_ = {.root = root, .exporter = line_.exporter()};
  greeting_ = receive().greeting();
}

void Member::send(const wire::ClientFrame& frame) {
  send_frame(2, frame.SerializeAsString());
}

void Member::send_frame(unsigned opcode, std::string_view payload, bool last) {
  line_.send(client_frame(opcode, payload, last));
}

std::optional<Frame> Member::receive_frame() {
  const std::optional<std::string> head = line_.receive_exactly(2);
  if (!head) return std::nullopt;
  const auto first = static_cast<std::uint8_t>((*head)[0]);
  REQUIRE((first & 0x80) != 0);  // the relay never splits a frame
  std::size_t size = static_cast<std::uint8_t>((*head)[1]);
  if (size >= 126) {
    const std::optional<std::string> longer = line_.receive_exactly(size == 126 ? 2 : 8);
    if (!longer) return std::nullopt;
    size = 0;
    for (const char byte : *longer) size = size << 8 | static_cast<std::uint8_t>(byte);
  }
  REQUIRE(size <= limits::frame_bytes_max);
  if (size == 0) return Frame{.opcode = first & 0x0fu, .payload = {}};
  std::optional<std::string> payload = line_.receive_exactly(size);
  if (!payload) return std::nullopt;
  return Frame{.opcode = first & 0x0fu, .payload = std::move(*payload)};
}

wire::RelayFrame Member::receive() {
  const std::optional<Frame> frame = receive_frame();
  REQUIRE(frame);
  INFO("opcode " << frame->opcode << " close code " << frame->close_code());
  REQUIRE(frame->opcode == 2);
  wire::RelayFrame out;
  REQUIRE(out.ParseFromString(frame->payload));
  return out;
}

unsigned Member::receive_close() {
  for (;;) {
    const std::optional<Frame> frame = receive_frame();
    if (!frame) return 0;
    if (frame->opcode == 8) {
      send_frame(8, frame->payload);
      return frame->close_code();
    }
    if (frame->opcode != 2) continue;
    wire::RelayFrame out;
    REQUIRE(out.ParseFromString(frame->payload));
    sort(out);
  }
}

void Member::sort(const wire::RelayFrame& frame) {
  for (const wire::Answer& one : frame.answers()) answers.push_back(one);
  for (const wire::Delivery& one : frame.deliveries()) deliveries.push_back(one);
  if (frame.has_event()) events.push_back(frame.event().kind());
}

wire::Answer Member::ask(wire::Request request) {
  request.set_id(++last_id_);
  wire::ClientFrame frame;
  *frame.add_requests() = request;
  send(frame);
  for (;;) {
    for (auto at = answers.begin(); at != answers.end(); ++at) {
      if (at->id() != last_id_) continue;
      wire::Answer found = *at;
      answers.erase(at);
      return found;
    }
    sort(receive());
  }
}

wire::Delivery Member::next_delivery() {
  while (deliveries.empty()) sort(receive());
  wire::Delivery next = deliveries.front();
  deliveries.pop_front();
  return next;
}

wire::Event::Kind Member::next_event() {
  while (events.empty()) sort(receive());
  const wire::Event::Kind next = events.front();
  events.pop_front();
  return next;
}

Status Member::prove(const SigningKey& owner) {
  const std::optional<Challenge> challenge = Challenge::from(view(greeting_.challenge()));
  REQUIRE(challenge);
  wire::Request request;
  request.mutable_prove()->set_version(limits::protocol_version);
  request.mutable_prove()->set_owner_key(bytes_of(owner.public_key()));
  request.mutable_prove()->set_signature(bytes_of(sign_proof(owner, binding_, *challenge)));
  return ask(request).status();
}

Status Member::open_mailbox(const Secret& invite) {
  wire::Request request;
  request.mutable_open_mailbox()->set_invite(bytes_of(invite));
  return ask(request).status();
}

Status Member::grant(const SigningKey& owner, const Address& address, const std::function<void(wire::Grant&)>& change) {
  wire::Request request;
  wire::Grant& grant = *request.mutable_grant();
  grant.set_address_hash(bytes_of(address_hash(address)));
  grant.set_urgent(true);
  grant.set_normal(true);
  grant.set_vigils(true);
  grant.set_life_max(wire::THIRTY_DAYS);
  grant.set_prekeys_max(8);
  change(grant);
  if (grant.signature().empty()) sign_grant(owner, binding_, grant);
  return ask(request).status();
}

Status Member::listen(std::uint32_t window) {
  wire::Request request;
  request.mutable_listen()->set_window(window);
  return ask(request).status();
}

void Member::acknowledge(std::uint64_t first, std::uint64_t last) {
  wire::ClientFrame frame;
  frame.add_acknowledged(first);
  frame.add_acknowledged(last);
  send(frame);
}

wire::Answer Member::deliver(const Address& address, const std::string& envelope, wire::Lane lane) {
  return ask(deliver_request(address, envelope, lane));
}

wire::Request deliver_request(const Address& address, const std::string& envelope, wire::Lane lane) {
  wire::Request request;
  wire::Deliver& deliver = *request.mutable_deliver();
  deliver.set_id(bytes_of(random_id<FanoutId>()));
  deliver.set_lane(lane);
  deliver.set_lifetime(wire::ONE_DAY);
  deliver.set_envelope(envelope);
  deliver.set_addresses(bytes_of(address));
  return request;
}

std::string envelope_of(char filling, std::size_t bytes) {
  return std::string(bytes, filling);
}

}  // namespace vigil::server::test

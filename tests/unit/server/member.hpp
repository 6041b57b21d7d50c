// A member's side for tests: blocking TLS and WebSocket frames by hand, so that a test can also send what no honest client would.
// Every wait ends after ten seconds, as a failure.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/base/signed.hpp"
#include "proto/status.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace vigil::server::test {

// TLS 1.3 to a relay on loopback.
class Line {
 public:
  explicit Line(std::uint16_t port);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  void send(std::string_view bytes);
  // At least one byte; empty: closed.
  std::string receive();
  // Exactly so many; nothing: closed before.
  std::optional<std::string> receive_exactly(std::size_t bytes);
  // Until the peer closes.
  std::string receive_all();
  Exporter exporter() const;
  int descriptor() const { return descriptor_; }
  // No TLS close, no more reading: a peer that has vanished keeps its socket.
  void stop_reading(int receive_buffer_bytes);

 private:
  int descriptor_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  std::string ahead_;  // received and not asked for
};

int connect_to(std::uint16_t port);

struct Frame {
  unsigned opcode = 2;
  std::string payload;
  // Of a close frame.
  unsigned close_code() const;
};
std::string client_frame(unsigned opcode, std::string_view payload, bool last = true);

// One member's WebSocket.
class Member {
 public:
  explicit Member(std::uint16_t port, const PublicKey& root, const std::string& path = "/the/secret/path");

  Line& line() { return line_; }
  const Binding& binding() const { return binding_; }
  const wire::Greeting& greeting() const { return greeting_; }

  void send(const wire::ClientFrame& frame);
  void send_frame(unsigned opcode, std::string_view payload, bool last = true);
  // The next frame, control frames too; nothing: closed.
  std::optional<Frame> receive_frame();
  wire::RelayFrame receive();
  // The close code that ends the connection; 0: closed without one.
  unsigned receive_close();

  // Sends one request and waits for its answer; what arrives meanwhile is kept.
  wire::Answer ask(wire::Request request);
  wire::Delivery next_delivery();
  wire::Event::Kind next_event();
  // Everything that has arrived and was not asked for.
  std::deque<wire::Delivery> deliveries;
  std::deque<wire::Event::Kind> events;
  std::deque<wire::Answer> answers;

  // An owner's requests
  Status prove(const SigningKey& owner);
  Status open_mailbox(const Secret& invite);
  Status grant(
      const SigningKey& owner, const Address& address, const std::function<void(wire::Grant&)>& change = [](wire::Grant&) {});
  Status listen(std::uint32_t window = 0);
  void acknowledge(std::uint64_t first, std::uint64_t last);
  // A sender's
  wire::Answer deliver(const Address& address, const std::string& envelope, wire::Lane lane = wire::NORMAL);

 private:
  void sort(const wire::RelayFrame& frame);
  Line line_;
  Binding binding_;
  wire::Greeting greeting_;
  std::uint64_t last_id_ = 0;
};

wire::Request deliver_request(const Address& address, const std::string& envelope, wire::Lane lane = wire::NORMAL);
std::string envelope_of(char filling, std::size_t bytes = 1024);
template <class Id>
std::string bytes_of(const Id& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

}  // namespace vigil::server::test

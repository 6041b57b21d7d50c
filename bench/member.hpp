// A member for loads: blocking TLS 1.3 and WebSocket frames, as cheap as it can be, so that the relay is what is measured. One
// thread each. What a relay does wrong is an exception that ends the load.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crypto/base/signed.hpp"
#include "proto/status.hpp"

struct ssl_st;

namespace vigil::bench {

class Member {
 public:
  // Connects, upgrades and reads the greeting.
  Member(std::uint16_t port, const PublicKey& root, const std::string& path);
  ~Member();
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void send(const wire::ClientFrame& frame);
  wire::RelayFrame receive();
  // The status of one request; deliveries that arrive meanwhile are lost to the caller, so not while listening.
  Status ask(wire::Request request);

  // An owner's
  Status prove(const SigningKey& owner);
  Status open_mailbox(const Secret& invite);
  Status grant(const SigningKey& owner, const Address& address);
  Status listen();
  // Everything up to 'last'.
  void acknowledge(std::uint64_t first, std::uint64_t last);

  int descriptor() const { return descriptor_; }

 private:
  void send_bytes(std::string_view bytes);
  void read_more();
  std::string take(std::size_t bytes);

  int descriptor_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string unread_;
  std::size_t taken_ = 0;
  Binding binding_;
  Challenge challenge_;
};

// One copy for one address; more addresses may be appended.
wire::Request deliver_request(const Address& address, const std::string& envelope, wire::Lane lane);

template <class Id>
std::string as_string(const Id& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

// Throws with 'what' unless it is DONE.
void must(Status status, const char* what);

}  // namespace vigil::bench

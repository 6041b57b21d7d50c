// A member for loads: the relay's own language over a TlsSocket. Used by relay_process and vigil_service. One thread each. What a
// relay does wrong is an exception that ends the load.
#pragma once

#include <optional>
#include <string>

#include "crypto/base/signed.hpp"
#include "proto/status.hpp"
#include "tls_socket.hpp"

namespace vigil::bench {

class Member {
 public:
  // Connects, upgrades and reads the greeting.
  Member(std::uint16_t port, const PublicKey& root, const std::string& path);

  void send(const wire::ClientFrame& frame);
  // None when 'until' has come first.
  std::optional<wire::RelayFrame> receive(Clock::time_point until = forever);
  // The status of one request; deliveries that arrive meanwhile are lost to the caller, so not while listening.
  Status ask(wire::Request request);

  // An owner's
  Status prove(const SigningKey& owner);
  Status open_mailbox(const Secret& invite);
  Status grant(const SigningKey& owner, const Address& address);
  Status listen();
  // Everything up to 'last'.
  void acknowledge(std::uint64_t first, std::uint64_t last);

  TlsSocket& socket() { return socket_; }
  const TlsSocket& socket() const { return socket_; }

 private:
  TlsSocket socket_;
  Binding binding_;
  Challenge challenge_;
};

// One copy for one address; more addresses may be appended.
wire::Request deliver_request(const Address& address, std::string envelope, wire::Lane lane);

template <class Id>
std::string as_string(const Id& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

// Throws with 'what' unless it is DONE.
void must(Status status, const char* what);

}  // namespace vigil::bench

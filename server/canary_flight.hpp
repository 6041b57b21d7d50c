// One flight of the canary: a member of the relay's own, over its public route, as any stranger with an invite: TLS with the key
// that the route list pins, the secret path, the greeting, a mailbox, an address; then an urgent copy, posted over a second
// connection as senders do, and read where its owner listens. Used by canary; on its thread, blocking.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <expected>

#include "crypto/base/sign.hpp"
#include "proto/ids.hpp"
#include "proto/wire.pb.h"

namespace vigil::server {

// Where a flight failed, in its order. Numbers in status and log; status.cpp says what each asks of the operator.
enum class CanaryStep : std::uint8_t {
  none,
  name,      // the host is not found
  connect,   // nobody answers at the public host and port
  tls,       // no TLS 1.3
  pin,       // another key than the route list pins: somebody stands in between, or certify is due
  path,      // a web server that knows no such path
  greeting,  // not signed by this relay for this connection
  enrol,     // no mailbox, no address, or no listening
  send,      // the copy was not answered as done
  receive,   // it was, and did not come
};

struct FlightPlan {
  wire::Route route;
  PublicKey root;
  Secret invite;
};

class Flight {
 public:
  // 'owner' owns the mailbox that is opened; whoever calls sees to it that it goes.
  Flight(const FlightPlan& plan, const SigningKey& owner) : plan_(plan), owner_(owner) {}

  // From the press, before the sender connects, until the copy is with its reader; or where it failed, time being up included.
  std::expected<std::chrono::milliseconds, CanaryStep> fly(std::chrono::seconds patience);
  // Ends it; any thread.
  void stop() { context_.stop(); }

 private:
  class Reader;
  boost::asio::awaitable<void> whole();
  boost::asio::awaitable<bool> enrol(Reader& reader, const Address& address);
  boost::asio::awaitable<bool> send(const Address& address, const std::string& envelope);
  boost::asio::awaitable<bool> receive(Reader& reader, const std::string& envelope);

  const FlightPlan& plan_;
  const SigningKey& owner_;
  boost::asio::io_context context_{1};
  CanaryStep at_ = CanaryStep::name;  // where it is, and where it failed when it ends there
  std::chrono::milliseconds took_{};
};

}  // namespace vigil::server

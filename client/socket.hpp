// TLS 1.3 to one route of a relay: a WebSocket, or one POST. The client's only file that includes Beast is socket.cpp.
// All of it on one io_context and thread. Used by relay_link and its tests only.
//
// The pin is checked inside the handshake, whatever the system's trust store says, and only it: names, dates and issuers of the
// certificate mean nothing. **Invariant:** with a wrong key not one application byte leaves. No session, ticket or early data is
// ever reused: each connection has a TLS context of its own, so two roles share nothing that a relay could link.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "client/routes.hpp"
#include "proto/limits.hpp"

namespace vigil::client {

namespace asio = boost::asio;

struct Patience {
  std::chrono::milliseconds connect{15'000};  // name, TCP, TLS and HTTP answer together; blocked networks throttle beyond 4 s
  std::chrono::milliseconds write{60'000};
  std::chrono::milliseconds answer{30'000};  // a POST's whole answer, after the connection stands
};

class Socket {
 public:
  // Completes when the WebSocket stands. wrong_key, timed_out, closed, not_a_relay, not_this_protocol, unsupported_route.
  static asio::awaitable<Outcome<std::unique_ptr<Socket>>> connect(Route route, Patience patience);
  ~Socket();  // closes at once, without ceremony
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  const Exporter& exporter() const;
  // One binary frame of at most frame_bytes_max. One reader at a time. timed_out after the idle time.
  asio::awaitable<Outcome<Bytes>> read();
  // The same with a deadline, after which the socket is closed: timed_out. For the greeting, before set_idle.
  asio::awaitable<Outcome<Bytes>> read_within(std::chrono::milliseconds time);
  // One writer at a time.
  asio::awaitable<Outcome<void>> write(const Bytes& frame);
  asio::awaitable<Outcome<void>> ping();
  // From now on a peer that sends nothing (not even a pong) for so long is closed.
  void set_idle(std::chrono::seconds idle);
  // Ends reader and writer with `stopped`.
  void stop();

 private:
  struct Stream;
  explicit Socket(std::unique_ptr<Stream> stream);
  std::unique_ptr<Stream> stream_;
};

// One request of its own connection: the body of the answer, at most post_bytes_max. Faults as above.
asio::awaitable<Outcome<Bytes>> post_once(Route route, Bytes body, Patience patience);

}  // namespace vigil::client

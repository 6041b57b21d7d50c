// What strangers get: an ordinary web site. Used by connection, for every request whose path is not a secret one.
// Built in is what Debian 12's nginx shows after installation; or a folder of the operator's (decoy.site), or his own web server
// on loopback (decoy.upstream), to which everything is replayed raw. A Decoy is immutable and shared by all threads.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <span>

#include "proto/ids.hpp"
#include "server/config.hpp"

namespace vigil::server {

// What a decoy needs of a connection. The TLS stream of connection satisfies it through a small adapter; tests use a plain
// socket.
class DecoyStream {
 public:
  // At least one byte into 'into'; 0 when the peer has closed, on any error, or after 'wait'.
  virtual boost::asio::awaitable<std::size_t> read_some(std::span<std::uint8_t> into, std::chrono::seconds wait) = 0;
  // All of it, or false.
  virtual boost::asio::awaitable<bool> write_all(View bytes) = 0;
  // Says goodbye and ends what is outstanding on both sides.
  virtual void close() = 0;

 protected:
  ~DecoyStream() = default;
};

class Decoy {
 public:
  virtual ~Decoy() = default;
  // Serves the peer until one of both closes; the caller then shuts the stream down. 'already' is everything read so far: part of
  // a head, a whole one, one that is too large, or bytes that are no HTTP at all. Never throws.
  virtual boost::asio::awaitable<void> serve(DecoyStream& stream, View already) = 0;
};

// The one that the configuration asks for; or a sentence for the operator.
std::expected<std::shared_ptr<Decoy>, std::string> make_decoy(const Config& config);
std::expected<std::shared_ptr<Decoy>, std::string> make_upstream_decoy(const std::string& address);

// What nginx answers, in the clear, to plain HTTP on a TLS port (first byte is not a handshake's 0x16). Then the connection
// closes.
Bytes plain_http_on_tls_port();

}  // namespace vigil::server

// Whoever has just connected, until it is clear who it is: TLS handshake, the raw head of a request, then a member's WebSocket
// (which becomes a Connection), a member's one-shot, or a stranger for the decoy. Used by listener; lives on one I/O thread,
// owned by its shard.
#pragma once

#include <memory>

#include "server/connection.hpp"
#include "server/decoy.hpp"
#include "server/head.hpp"

namespace vigil::server {

class Arrival final : public Peer, private DecoyStream {
 public:
  Arrival(Relay& relay, Shard& shard, Socket socket);
  ~Arrival() override;

  // Begins one on its shard's thread.
  static void begin(Relay& relay, Shard& shard, Socket socket);

  void go_away() override;
  void cut() override;

 private:
  static constexpr std::uint32_t closing_s = 5;
  asio::awaitable<void> run();
  asio::awaitable<void> serve();
  asio::awaitable<HeadState> read_head(Head& head);
  // False: the connection ends.
  asio::awaitable<bool> answer_post(const Head& head);
  asio::awaitable<bool> read_body(std::string& body, std::size_t already, std::size_t length);
  void become_connection();
  View read_so_far() { return {buffer_.data(), used_}; }

  // DecoyStream
  asio::awaitable<std::size_t> read_some(std::span<std::uint8_t> into, std::chrono::seconds wait) override;
  asio::awaitable<bool> write_all(View bytes) override;
  void close() override;
  // Deadline
  void expired(std::uint64_t now_s) override;
  void deadline_in(std::uint32_t seconds);

  Relay& relay_;
  Shard& shard_;
  const std::shared_ptr<const Serving> serving_;
  Counted counted_;
  TlsStream stream_;
  FrameBuffer buffer_;
  std::size_t used_ = 0;
  bool going_away_ = false;
  bool between_requests_ = false;
  bool upgraded_ = false;  // the stream is a Connection's now
};

}  // namespace vigil::server

// One WebSocket of a member: greeting, then requests in and answers and deliveries out, until one of both ends it. Made by
// arrival when a secret path asked for an upgrade; lives on one I/O thread, owned by its shard.
//
// One reader (the coroutine run()), one writer (a chain of writes that exists while the outbox is not empty). While the
// connection is idle it holds no buffers: the reader is parked on the first bytes of the next frame.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <optional>

#include "server/listening.hpp"
#include "server/outbox.hpp"
#include "server/relay.hpp"
#include "server/requests/intake.hpp"
#include "server/shard.hpp"
#include "server/tls_stream.hpp"

namespace vigil::server {

// Counts a connection as open for as long as it lives.
class Counted {
 public:
  explicit Counted(Gauge& gauge) : gauge_(&gauge) { gauge.add(1); }
  Counted(Counted&& other) noexcept : gauge_(std::exchange(other.gauge_, nullptr)) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (gauge_ != nullptr) gauge_->add(-1);
  }

 private:
  Gauge* gauge_;
};

class Connection final : public Peer, private Intake::Replies, private Listening::Way {
 public:
  // 'stream' has just brought 'head', a whole upgrade request of 'head_bytes' with whatever came behind it.
  Connection(Relay& relay, Shard& shard, std::shared_ptr<const Serving> serving, TlsStream stream, Counted counted);
  ~Connection() override;

  asio::awaitable<void> run(FrameBuffer head, std::size_t head_bytes);

  // Peer
  void go_away() override;
  void cut() override;

 private:
  using WebSocket = boost::beast::websocket::stream<TlsStream, false>;
  using CloseCode = boost::beast::websocket::close_code;
  static constexpr std::uint32_t frame_s = 120;  // from the first byte of a frame to its last
  static constexpr std::uint32_t closing_s = 5;

  asio::awaitable<bool> open(FrameBuffer head, std::size_t head_bytes);
  asio::awaitable<bool> read_rest(std::size_t have);
  asio::awaitable<void> finish();
  asio::awaitable<void> woken();
  wire::RelayFrame greeting(const Exporter& exporter) const;

  void take(View frame);
  bool acknowledge(const wire::ClientFrame& frame);
  void end(CloseCode code);
  bool must_pause() const;
  bool quiet() const;
  void wake();
  void wake_writer();
  void write_next();
  void written(error_code error);
  void close_when_quiet();
  std::uint64_t deadline_s() const;
  void set_deadline();

  // Peer's Deadline
  void expired(std::uint64_t now_s) override;
  // Intake::Replies
  void reply(const wire::Answer& answer, bool urgent) override;
  void reply(std::uint64_t id, Status status, bool urgent) override;
  Status listen(const MailboxId& mailbox, std::uint32_t window) override;
  void settled() override;
  void fail() override;
  // Listening::Way
  bool open() const override;
  void deliver(std::uint64_t number, const storage::StoredCopy& copy) override;
  void displaced() override;
  void list_begun() override;
  void list_ended(bool failed) override;

  Relay& relay_;
  Shard& shard_;
  const std::shared_ptr<const Serving> serving_;
  Counted counted_;
  std::optional<Counted> counted_listening_;
  WebSocket ws_;
  Challenge challenge_;
  std::optional<Intake> intake_;          // after the handshake
  std::unique_ptr<Listening> listening_;  // of an owner who listens or has listened
  Outbox outbox_;
  Bytes writing_;                                // the frame on its way
  std::array<std::uint8_t, 64> first_;           // of the next frame: whole acknowledgements fit
  FrameBuffer rest_;                             // while a larger frame is on its way
  std::unique_ptr<asio::steady_timer> waiting_;  // while the reader waits for something else than a frame
  std::uint64_t heard_s_, frame_since_s_ = 0, write_since_s_ = 0, closing_since_s_ = 0;
  CloseCode code_ = CloseCode::none;
  std::uint8_t lists_ = 0;
  std::uint32_t said_answers_ = 0, said_deliveries_ = 0;  // since the last frame
  bool reading_ = true;                                   // no end of the connection is in sight
  bool alive_ = true;                                     // the socket can be written to
  bool writer_ = false;                                   // the writer exists
  bool opened_ = false;                                   // greeted
  bool going_away_ = false;
  bool closing_ = false;  // a close is on its way
};

}  // namespace vigil::server

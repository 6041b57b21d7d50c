// One I/O thread of the relay and what its peers share: the loop, deadlines, buffers, the next tick. Everything in it is used on
// its own thread only; others post to context().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "proto/wire.pb.h"
#include "server/awaiting.hpp"
#include "server/deadlines.hpp"

namespace vigil::server {

// Whoever is at the other end: a stranger, a one-shot, a WebSocket. Owned by its shard from arrival to end.
class Peer : public Deadline {
 public:
  // The relay is closing: say so, finish what is outstanding, end.
  virtual void go_away() = 0;
  // End at once: close the socket. What is outstanding in the store is still waited for.
  virtual void cut() = 0;

 private:
  friend class Shard;
  std::list<std::unique_ptr<Peer>>::iterator at_;
};

// A buffer for one frame, lent by the shard while the frame is on its way.
class FrameBuffer {
 public:
  FrameBuffer() = default;
  explicit FrameBuffer(std::size_t bytes) : bytes_(new std::uint8_t[bytes]) {}  // not zeroed: only touched pages count
  std::uint8_t* data() { return bytes_.get(); }
  explicit operator bool() const { return bytes_ != nullptr; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
};

class Shard {
 public:
  explicit Shard(unsigned index);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  unsigned index() const { return index_; }
  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }
  Deadlines& deadlines() { return deadlines_; }
  static std::uint64_t now_s();  // monotonic
  static std::uint64_t now_ms();

  // Runs the loop until stop() and until no peer is left.
  void run();
  // From any thread: everybody is told to go away, and whoever is left after 'grace' is cut.
  void stop(std::chrono::milliseconds grace);

  Peer& add(std::unique_ptr<Peer> peer);
  void remove(Peer& peer);  // destroys it
  std::size_t peers() const { return peers_.size(); }

  // Runs 'act' at the next full 100 ms of the clock, with everything else that was left for that tick.
  void at_next_tick(std::function<void()> act);

  FrameBuffer take_buffer();
  void give_back(FrameBuffer buffer);
  std::vector<std::uint8_t> take_bytes();
  void give_back(std::vector<std::uint8_t> bytes);
  // Decoding reuses one message, so that a frame costs no allocations for its own structure.
  wire::ClientFrame& frame() {
    used_ = true;
    return frame_;
  }

 private:
  void turn_every_second();
  void forget_what_passed();
  void end_if_done();
  void go_away();
  void cut_all();

  static constexpr std::size_t spare_buffers_max = 64;
  static constexpr std::size_t spare_bytes_max = 128 * 1024;  // larger ones are freed
  static constexpr unsigned tick_ms = 100;

  const unsigned index_;
  asio::io_context context_{1};
  Deadlines deadlines_;
  asio::steady_timer seconds_, tick_;
  std::vector<std::function<void()>> tick_acts_;        // bounded: the requests outstanding in the store
  std::list<std::unique_ptr<Peer>> peers_;              // bounded: connections_max
  std::vector<FrameBuffer> spare_buffers_;              // bounded: spare_buffers_max
  std::vector<std::vector<std::uint8_t>> spare_bytes_;  // bounded: spare_buffers_max
  wire::ClientFrame frame_;
  bool used_ = false;  // since the last second
  bool stopping_ = false;
  std::uint64_t cut_at_ms_ = 0;
};

}  // namespace vigil::server

#include "server/shard.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "crypto/base/secret_bytes.hpp"
#include "proto/limits.hpp"
#include "server/tls_stream.hpp"

namespace vigil::server {

using namespace std::chrono;

Shard::Shard(unsigned index) : index_(index), deadlines_(now_s()), seconds_(context_), tick_(context_) {}

Shard::~Shard() = default;

std::uint64_t Shard::now_ms() {
  return static_cast<std::uint64_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

std::uint64_t Shard::now_s() {
  return now_ms() / 1000;
}

void Shard::run() {
  turn_every_second();
  context_.run();
}

void Shard::stop(milliseconds grace) {
  asio::post(context_, [this, grace] {
    stopping_ = true;
    cut_at_ms_ = now_ms() + static_cast<std::uint64_t>(grace.count());
    go_away();
    if (grace.count() == 0) cut_all();
    end_if_done();
  });
}

void Shard::end_if_done() {
  if (!stopping_ || !peers_.empty()) return;
  seconds_.cancel();
}

void Shard::turn_every_second() {
  if (stopping_ && peers_.empty()) return;
  seconds_.expires_after(seconds(1));
  seconds_.async_wait([this](error_code) {
    deadlines_.turn(now_s());
    if (stopping_ && now_ms() >= cut_at_ms_) cut_all();
    forget_what_passed();
    turn_every_second();
  });
}

// What lies ready to be used again still holds members' bytes: it goes back to the heap, which wipes it.
void Shard::forget_what_passed() {
  if (!std::exchange(used_, false)) return;
  spare_buffers_.clear();
  spare_bytes_.clear();
  frame_ = wire::ClientFrame();
  TlsStream::wipe_gathered();
  wipe_stack_and_registers();
}

Peer& Shard::add(std::unique_ptr<Peer> peer) {
  peers_.push_front(std::move(peer));
  Peer& added = *peers_.front();
  added.at_ = peers_.begin();
  return added;
}

void Shard::remove(Peer& peer) {
  deadlines_.clear(peer);
  peers_.erase(peer.at_);
  end_if_done();
}

// A peer may end inside the call, so the next one is found first.
void Shard::go_away() {
  for (auto at = peers_.begin(); at != peers_.end();) {
    Peer& peer = **at++;
    peer.go_away();
  }
}

void Shard::cut_all() {
  for (auto at = peers_.begin(); at != peers_.end();) {
    Peer& peer = **at++;
    peer.cut();
  }
}

void Shard::at_next_tick(std::function<void()> act) {
  tick_acts_.push_back(std::move(act));
  if (tick_acts_.size() > 1) return;
  const std::uint64_t now = now_ms();
  const std::uint64_t next = (now / tick_ms + 1) * tick_ms;
  tick_.expires_at(steady_clock::time_point(milliseconds(next)));
  tick_.async_wait([this](error_code) {
    for (const auto& due : std::exchange(tick_acts_, {})) due();
  });
}

FrameBuffer Shard::take_buffer() {
  used_ = true;
  if (spare_buffers_.empty()) return FrameBuffer(limits::frame_bytes_max);
  FrameBuffer taken = std::move(spare_buffers_.back());
  spare_buffers_.pop_back();
  return taken;
}

void Shard::give_back(FrameBuffer buffer) {
  if (buffer && spare_buffers_.size() < spare_buffers_max) spare_buffers_.push_back(std::move(buffer));
}

std::vector<std::uint8_t> Shard::take_bytes() {
  used_ = true;
  if (spare_bytes_.empty()) return {};
  std::vector<std::uint8_t> taken = std::move(spare_bytes_.back());
  spare_bytes_.pop_back();
  return taken;
}

void Shard::give_back(std::vector<std::uint8_t> bytes) {
  if (bytes.capacity() == 0 || bytes.capacity() > spare_bytes_max || spare_bytes_.size() >= spare_buffers_max) return;
  bytes.clear();
  spare_bytes_.push_back(std::move(bytes));
}

}  // namespace vigil::server

#include "server/arrival.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "server/log.hpp"
#include "server/post.hpp"

namespace vigil::server {

Arrival::Arrival(Relay& relay, Shard& shard, Socket socket)
    : relay_(relay),
      shard_(shard),
      serving_(relay.serving()),
      counted_(relay.counters.connections),
      stream_(std::move(socket), serving_->tls.get()) {}

Arrival::~Arrival() {
  shard_.give_back(std::move(buffer_));
}

void Arrival::begin(Relay& relay, Shard& shard, Socket socket) {
  auto made = std::make_unique<Arrival>(relay, shard, std::move(socket));
  Arrival& arrival = *made;
  shard.add(std::move(made));
  asio::co_spawn(shard.context(), arrival.run(), [&shard, &arrival](const std::exception_ptr& thrown) {
    if (thrown) say(Say::internal_error, 2);
    if (arrival.upgraded_ && !arrival.going_away_ && !thrown) arrival.become_connection();
    shard.remove(arrival);
  });
}

void Arrival::go_away() {
  going_away_ = true;
  if (between_requests_) cut();
}

void Arrival::cut() {
  if (!upgraded_) stream_.close();
}

void Arrival::expired(std::uint64_t) {
  cut();
}

void Arrival::deadline_in(std::uint32_t seconds) {
  shard_.deadlines().set(*this, Shard::now_s() + seconds);
}

asio::awaitable<void> Arrival::run() {
  deadline_in(serving_->limits.handshake_s);
  const auto [error, nothing] = co_await stream_.async_handshake(as_result);
  if (error) {
    relay_.counters.handshakes_failed.add();
    if (stream_.spoke_http()) {
      const Bytes page = plain_http_on_tls_port();
      co_await asio::async_write(stream_.socket(), asio::buffer(page), as_result);
    }
    co_return;
  }
  buffer_ = shard_.take_buffer();
  co_await serve();
  if (upgraded_) co_return;
  deadline_in(closing_s);
  co_await stream_.linger();
  stream_.close();
}

asio::awaitable<void> Arrival::serve() {
  while (!going_away_) {
    deadline_in(serving_->limits.greeting_s);
    Head head;
    const HeadState state = co_await read_head(head);
    if (state == HeadState::incomplete) co_return;  // the peer has gone
    // Compared for everybody, so that a stranger's answer takes no less time.
    const bool secret = serving_->paths.contain(head.path);
    const bool member = state == HeadState::whole && secret && head.http_1_1;
    if (member && head.upgrade && head.method == "GET") {
      upgraded_ = true;
      co_return;
    }
    const bool one_shot = member && head.method == "POST" && !head.chunked && head.content_length.has_value() &&
                          *head.content_length <= limits::post_bytes_max;
    if (!one_shot) {
      relay_.counters.strangers.add();
      co_await serving_->decoy->serve(*this, read_so_far());
      co_return;
    }
    const bool go_on = co_await answer_post(head);
    if (!go_on) co_return;
  }
}

// incomplete: the peer has closed or was too slow.
asio::awaitable<HeadState> Arrival::read_head(Head& head) {
  for (;;) {
    const HeadState state = parse_head(read_so_far(), head);
    if (state != HeadState::incomplete) co_return state;
    const auto room = asio::buffer(buffer_.data() + used_, limits::request_head_bytes_max - used_);
    between_requests_ = used_ == 0;
    const auto [error, bytes] = co_await stream_.async_read_some(room, as_result);
    between_requests_ = false;
    if (error) co_return HeadState::incomplete;
    used_ += bytes;
  }
}

// In a handler of its own, so that nothing of the arrival's coroutine is left in an idle connection's memory.
void Arrival::become_connection() {
  auto made = std::make_unique<Connection>(relay_, shard_, serving_, std::move(stream_), std::move(counted_));
  Connection& connection = *made;
  Shard& shard = shard_;
  shard.add(std::move(made));
  asio::co_spawn(shard.context(), connection.run(std::exchange(buffer_, {}), used_),
                 [&shard, &connection](const std::exception_ptr& thrown) {
                   if (thrown) say(Say::internal_error, 3);
                   shard.remove(connection);
                 });
}

asio::awaitable<std::size_t> Arrival::read_some(std::span<std::uint8_t> into, std::chrono::seconds wait) {
  deadline_in(static_cast<std::uint32_t>(wait.count()));
  const auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
  co_return error ? 0 : bytes;
}

asio::awaitable<bool> Arrival::write_all(View bytes) {
  deadline_in(serving_->limits.write_s);
  const auto [error, written] = co_await asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()), as_result);
  co_return !error;
}

void Arrival::close() {
  stream_.close_notify();
  stream_.close();
}

}  // namespace vigil::server

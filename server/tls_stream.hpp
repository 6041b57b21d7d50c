// TLS by OpenSSL on the socket itself: what Beast's WebSocket reads from and writes to. Used by arrival, connection and post;
// belongs to one I/O thread. (asio::ssl::stream holds 34 KB of buffers per connection; this one holds nothing while it is idle.)
//
// One read and one write may be outstanding. Closing the socket ends both with operation_aborted. Movable while nothing is
// outstanding.
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>

#include "proto/ids.hpp"
#include "server/awaiting.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace vigil::server {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

class TlsStream {
 public:
  using executor_type = Executor;

  TlsStream(Socket socket, ssl_ctx_st* context);
  TlsStream(TlsStream&&) noexcept = default;
  TlsStream& operator=(TlsStream&&) = delete;
  ~TlsStream();

  executor_type get_executor() noexcept { return socket_.get_executor(); }
  Socket& socket() { return socket_; }

  // void(error_code, std::size_t), the number without meaning.
  template <class Token>
  auto async_handshake(Token&& token);
  // void(error_code, std::size_t): asio's AsyncReadStream and AsyncWriteStream. The end of the stream is asio::error::eof, with
  // or without close_notify: frames and Content-Length say themselves where they end.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token);
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token);

  // What is written next waits, and goes out in one record with what is written after it.
  void hold();

  // RFC 9266: what binds a signature to this connection. After the handshake.
  Exporter exporter() const;
  // The handshake failed because the peer spoke plain HTTP.
  bool spoke_http() const { return spoke_http_; }
  // Sends close_notify if the socket takes it at once and somebody is there; never waits.
  void close_notify();
  // The relay's own end of a stream: close_notify, then what the peer still sends is read and thrown away until it closes too.
  // Closing at once would make the kernel throw away our last words with it. Bounded in bytes; the caller bounds the time by
  // close().
  asio::awaitable<void> linger();
  // Ends everything that is outstanding.
  void close();
  // What this thread has written last lies in a buffer of its own. For threads between two pieces of work.
  static void wipe_gathered();

 private:
  // What one call to OpenSSL came to. If 'wait' is set the socket must be ready for it first; else 'error' and 'bytes' are the
  // outcome.
  struct Step {
    std::size_t bytes = 0;
    error_code error{};
    enum Wait : std::uint8_t { nothing, to_read, to_write } wait = nothing;
  };
  Step handshake_step();
  Step read_step(asio::mutable_buffer into);
  // Gathers buffers into whole records and writes until the socket is full or a budget is spent.
  template <class Buffers>
  Step write_step(const Buffers& from);
  Step write_record(View record);
  Step step_after(int result);
  bool peer_has_gone() const;

  template <class TakeStep, class Handler>
  struct Operation;
  template <class TakeStep, class Handler>
  void start(TakeStep take_step, Handler handler);

  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };
  static constexpr std::size_t record_bytes = 16 * 1024;
  static constexpr std::size_t beast_buffer_bytes = 2048;  // at least what boost::beast::websocket reads ahead into
  static constexpr std::size_t write_budget_bytes =
      64 * 1024;                                              // per turn, so that one reader of much does not hold up the others
  static std::array<std::uint8_t, record_bytes>& gathered();  // of this thread; what is in it is used before the call returns

  Socket socket_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  bool failed_ = false;  // OpenSSL forbids close_notify after a fatal error
  bool spoke_http_ = false;
  std::unique_ptr<Bytes> held_;  // empty: what is written next is to be held; then at most one record, gone once it is written
};

// How Beast ends a WebSocket on this stream (found by argument-dependent look-up).
inline void beast_close_socket(TlsStream& stream) {
  stream.close();
}
void teardown(boost::beast::role_type role, TlsStream& stream, error_code& error);
template <class Handler>
void async_teardown(boost::beast::role_type, TlsStream& stream, Handler&& handler) {
  stream.close_notify();
  asio::post(stream.get_executor(), [moved = std::forward<Handler>(handler)]() mutable { std::move(moved)(error_code{}); });
}

// ---- the operations

// One asynchronous operation: take a step; while it has to wait, wait for the socket and take it again. Completes on the
// handler's executor, never inside the call that starts it.
template <class TakeStep, class Handler>
struct TlsStream::Operation {
  TlsStream& stream;
  TakeStep take_step;
  Handler handler;
  Step step;

  using executor_type = asio::associated_executor_t<Handler, Executor>;
  executor_type get_executor() const noexcept { return asio::get_associated_executor(handler, stream.socket_.get_executor()); }
  using allocator_type = asio::associated_allocator_t<Handler>;
  allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(handler); }

  void operator()(error_code waited = {}) {
    if (step.wait != Step::nothing) {
      step = waited ? Step{.error = waited} : take_step(stream);
      if (step.wait != Step::nothing) return wait();
    }
    std::move(handler)(step.error, step.bytes);
  }
  void wait() {
    const auto readiness = step.wait == Step::to_read ? Socket::wait_read : Socket::wait_write;
    Socket& socket = stream.socket_;
    socket.async_wait(readiness, std::move(*this));
  }
};

template <class TakeStep, class Handler>
void TlsStream::start(TakeStep take_step, Handler handler) {
  const Step first = take_step(*this);
  Operation<TakeStep, Handler> operation{*this, std::move(take_step), std::move(handler), first};
  if (first.wait == Step::nothing)
    asio::post(socket_.get_executor(), std::move(operation));
  else
    operation.wait();
}

template <class Token>
auto TlsStream::async_handshake(Token&& token) {
  return asio::async_initiate<Token, void(error_code, std::size_t)>(
      [](auto handler, TlsStream* self) {
        self->start([](TlsStream& stream) { return stream.handshake_step(); }, std::move(handler));
      },
      token, this);
}

template <class Buffers, class Token>
auto TlsStream::async_read_some(const Buffers& into, Token&& token) {
  return asio::async_initiate<Token, void(error_code, std::size_t)>(
      [](auto handler, TlsStream* self, const Buffers& buffers) {
        asio::mutable_buffer first;
        for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers) && first.size() == 0; ++at)
          first = *at;
        self->start([first](TlsStream& stream) { return stream.read_step(first); }, std::move(handler));
      },
      token, this, into);
}

template <class Buffers, class Token>
auto TlsStream::async_write_some(const Buffers& from, Token&& token) {
  return asio::async_initiate<Token, void(error_code, std::size_t)>(
      [](auto handler, TlsStream* self, const Buffers& buffers) {
        self->start([buffers](TlsStream& stream) { return stream.write_step(buffers); }, std::move(handler));
      },
      token, this, from);
}

template <class Buffers>
TlsStream::Step TlsStream::write_step(const Buffers& from) {
  if (held_ && held_->empty()) {
    held_->resize(std::min(asio::buffer_size(from), record_bytes));
    return {.bytes = asio::buffer_copy(asio::buffer(*held_), from)};
  }
  std::size_t done = 0;
  auto& record = gathered();
  while (done < write_budget_bytes) {
    std::size_t skip = done;
    const std::size_t held = held_ ? asio::buffer_copy(asio::buffer(record), asio::buffer(*held_)) : 0;
    std::size_t size = held;
    for (auto at = asio::buffer_sequence_begin(from); at != asio::buffer_sequence_end(from) && size < record.size(); ++at) {
      const asio::const_buffer part = asio::const_buffer(*at) + skip;
      skip -= std::min(skip, asio::const_buffer(*at).size());
      size += asio::buffer_copy(asio::buffer(record) + size, part);
    }
    if (size == 0) break;
    const Step step = write_record({record.data(), size});
    // What has gone out is reported; the rest is written again from its first byte, as OpenSSL demands.
    if (step.wait != Step::nothing || step.error) return done > 0 && !step.error ? Step{.bytes = done} : step;
    done += step.bytes - held;
    held_.reset();
  }
  return {.bytes = done};
}

}  // namespace vigil::server

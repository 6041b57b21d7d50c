#include "server/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "crypto/base/random.hpp"
#include "crypto/base/secret_bytes.hpp"
#include "server/log.hpp"

namespace vigil::server {

Connection::Connection(Relay& relay, Shard& shard, std::shared_ptr<const Serving> serving, TlsStream stream, Counted counted)
    : relay_(relay),
      shard_(shard),
      serving_(std::move(serving)),
      counted_(std::move(counted)),
      ws_(std::move(stream)),
      challenge_(random_id<Challenge>()),
      outbox_(shard),
      heard_s_(Shard::now_s()) {}

Connection::~Connection() {
  shard_.give_back(std::move(rest_));
  shard_.give_back(std::move(writing_));
}

asio::awaitable<void> Connection::run(FrameBuffer head, std::size_t head_bytes) {
  try {
    reading_ = co_await open(std::move(head), head_bytes);
    while (reading_) {
      if (must_pause()) {
        co_await woken();
        continue;
      }
      const auto [error, bytes] = co_await ws_.async_read_some(asio::buffer(first_), as_result);
      if (error) break;
      if (ws_.is_message_done()) {
        take({first_.data(), bytes});
        wipe(first_);
        continue;
      }
      const bool whole = co_await read_rest(bytes);
      if (!whole) break;
    }
  } catch (...) {
    say(Say::internal_error, 1);  // our bug, or no memory: this connection ends, the relay does not
  }
  co_await finish();
}

// The rest of a frame that is larger than first_: into a buffer that is only held until the frame is whole.
asio::awaitable<bool> Connection::read_rest(std::size_t have) {
  rest_ = shard_.take_buffer();
  std::copy_n(first_.begin(), have, rest_.data());
  wipe(first_);
  frame_since_s_ = Shard::now_s();
  set_deadline();
  while (!ws_.is_message_done()) {
    const auto room = asio::buffer(rest_.data() + have, limits::frame_bytes_max + 1 - have);
    const auto [error, bytes] = co_await ws_.async_read_some(room, as_result);
    if (error) co_return false;
    have += bytes;
  }
  frame_since_s_ = 0;
  take({rest_.data(), have});
  shard_.give_back(std::exchange(rest_, {}));
  co_return true;
}

void Connection::take(View bytes) {
  relay_.counters.frames_in.add();
  heard_s_ = Shard::now_s();
  if (!ws_.got_binary()) return end(CloseCode::unknown_data);
  wire::ClientFrame& frame = shard_.frame();
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return end(CloseCode::bad_payload);
  if (static_cast<std::size_t>(frame.requests_size()) > limits::requests_per_frame_max) return end(CloseCode::policy_error);
  relay_.counters.requests.add(static_cast<std::uint64_t>(frame.requests_size()));
  // Places are free before the requests are admitted: what they wake may already use them.
  if (frame.acknowledged_size() > 0 && !acknowledge(frame)) return end(CloseCode::policy_error);
  for (wire::Request& request : *frame.mutable_requests()) intake_->admit(request);
  set_deadline();
}

// False: it acknowledges what was never given, or is no list of pairs.
bool Connection::acknowledge(const wire::ClientFrame& frame) {
  const auto& numbers = frame.acknowledged();
  const auto count = static_cast<std::size_t>(numbers.size());
  if (!listening_ || count % 2 != 0 || count / 2 > limits::acknowledged_ranges_max) return false;
  std::vector<storage::Position> positions;
  for (int i = 0; i < numbers.size(); i += 2)
    if (!listening_->acknowledge(numbers.Get(i), numbers.Get(i + 1), positions)) return false;
  intake_->acknowledge(std::move(positions));
  listening_->acknowledged();
  return true;
}

// ---- the end

void Connection::end(CloseCode code) {
  if (code == CloseCode::unknown_data || code == CloseCode::bad_payload || code == CloseCode::policy_error) {
    relay_.counters.invalid.add();
    relay_.counters.cut_off.add();
  }
  reading_ = false;
  code_ = code;
}

void Connection::cut() {
  reading_ = false;
  alive_ = false;
  ws_.next_layer().close();
  wake();
}

void Connection::fail() {
  cut();
}

void Connection::go_away() {
  if (going_away_ || !reading_) return;
  going_away_ = true;
  if (!opened_) return cut();
  if (listening_) listening_->stop();
  outbox_.event(wire::Event::GOING_AWAY);
  wake_writer();
  close_when_quiet();
}

// Everything that was asked has been answered, and everything to say has been said.
bool Connection::quiet() const {
  return (!intake_ || intake_->outstanding() == 0) && lists_ == 0 && !writer_ && !closing_;
}

void Connection::close_when_quiet() {
  if (!going_away_ || !reading_ || !quiet()) return;
  closing_ = true;
  closing_since_s_ = Shard::now_s();
  set_deadline();
  // The reader, parked in its read, is told of the end by the peer's own close.
  ws_.async_close(CloseCode::going_away, [this](error_code) {
    closing_ = false;
    cut();
  });
}

asio::awaitable<void> Connection::finish() {
  reading_ = false;
  if (listening_) listening_->stop();
  // The peer has gone, or broke the WebSocket's own rules: nothing more is said.
  if (code_ == CloseCode::none && !closing_ && writer_) cut();
  while (!quiet()) co_await woken();
  if (alive_) {
    closing_since_s_ = Shard::now_s();
    set_deadline();
    if (code_ != CloseCode::none) co_await ws_.async_close(code_, as_result);
    co_await ws_.next_layer().linger();
  }
  cut();
}

// ---- the reader's other waits

bool Connection::must_pause() const {
  return intake_->outstanding() >= limits::pending_requests_max || outbox_.bytes() >= limits::outbox_bytes_max;
}

asio::awaitable<void> Connection::woken() {
  waiting_ = std::make_unique<asio::steady_timer>(shard_.context(), asio::steady_timer::time_point::max());
  co_await waiting_->async_wait(as_result);
  waiting_.reset();
}

void Connection::wake() {
  if (waiting_) waiting_->cancel();
}

// ---- the writer

void Connection::wake_writer() {
  const bool peer_gone = !reading_ && code_ == CloseCode::none;
  if (writer_ || !alive_ || closing_ || peer_gone) return;
  writer_ = true;
  // Posted, so that everything this turn of the loop has to say goes into one frame.
  asio::post(shard_.context(), [this] { write_next(); });
}

void Connection::write_next() {
  if (outbox_.empty() || !alive_) {
    writer_ = false;
    write_since_s_ = 0;
    close_when_quiet();
    wake();
    return;
  }
  if (writing_.capacity() == 0) writing_ = shard_.take_bytes();
  outbox_.take_frame(writing_, limits::frame_bytes_max);
  relay_.counters.frames_out.add();
  relay_.counters.answers.add(std::exchange(said_answers_, 0));
  relay_.counters.deliveries.add(std::exchange(said_deliveries_, 0));
  write_since_s_ = Shard::now_s();
  set_deadline();
  ws_.async_write(asio::buffer(writing_), [this](error_code error, std::size_t) { written(error); });
}

void Connection::written(error_code error) {
  shard_.give_back(std::exchange(writing_, {}));
  if (error) cut();
  if (alive_ && listening_) listening_->resume();
  if (!must_pause()) wake();
  write_next();
}

void Connection::reply(const wire::Answer& answer, bool urgent) {
  if (!alive_) return;
  ++said_answers_;
  outbox_.answer(answer, urgent);
  wake_writer();
}

void Connection::reply(std::uint64_t id, Status status, bool urgent) {
  if (!alive_) return;
  ++said_answers_;
  outbox_.answer(id, status, urgent);
  wake_writer();
}

void Connection::settled() {
  if (!waiting_ && !going_away_) return;
  close_when_quiet();
  wake();
}

// ---- listening

Status Connection::listen(const MailboxId& mailbox, std::uint32_t window) {
  if (!reading_ || going_away_) return wire::UNAVAILABLE;
  if (listening_) {
    // Again after it was displaced, or only again.
    if (!counted_listening_) counted_listening_.emplace(relay_.counters.listeners);
    listening_->start();
    return wire::DONE;
  }
  const std::uint32_t most = serving_->limits.window_copies;
  const std::uint32_t width = window == 0 ? most : std::min(window, most);
  listening_ =
      std::make_unique<Listening>(relay_.store, relay_.switchboard, shard_, mailbox, width, static_cast<Listening::Way&>(*this));
  counted_listening_.emplace(relay_.counters.listeners);
  listening_->start();
  return wire::DONE;
}

bool Connection::open() const {
  return alive_ && !going_away_ && outbox_.bytes() < limits::outbox_bytes_max;
}

void Connection::deliver(std::uint64_t number, const storage::StoredCopy& copy) {
  ++said_deliveries_;
  outbox_.deliver(number, copy);
  wake_writer();
}

void Connection::displaced() {
  relay_.counters.displaced.add();
  counted_listening_.reset();
  if (!alive_) return;
  outbox_.event(wire::Event::DISPLACED);
  wake_writer();
}

void Connection::list_begun() {
  ++lists_;
}

void Connection::list_ended(bool failed) {
  --lists_;
  if (failed) fail();  // the store cannot read: the client comes again, over another route if there is one
  if (waiting_ || going_away_) settled();
}

// ---- deadlines

std::uint64_t Connection::deadline_s() const {
  std::uint64_t at = heard_s_ + serving_->limits.keepalive_s * 5 / 2;
  if (frame_since_s_ != 0) at = std::min(at, frame_since_s_ + frame_s);
  if (write_since_s_ != 0) at = std::min(at, write_since_s_ + serving_->limits.write_s);
  if (closing_since_s_ != 0) at = std::min(at, closing_since_s_ + closing_s);
  if (!opened_) at = std::min(at, heard_s_ + serving_->limits.greeting_s);
  if (intake_) at = std::min(at, intake_->parts_until_s());
  return at;
}

void Connection::set_deadline() {
  shard_.deadlines().set(*this, deadline_s());
}

void Connection::expired(std::uint64_t now_s) {
  if (intake_) intake_->forget_old_parts(now_s);
  const std::uint64_t at = deadline_s();
  if (at > now_s) return shard_.deadlines().set(*this, at);  // it was for something that is over
  relay_.counters.cut_off.add();
  cut();
}

}  // namespace vigil::server

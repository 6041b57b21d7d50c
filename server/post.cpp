#include "server/post.hpp"

#include <fmt/format.h>

#include <boost/asio/write.hpp>
#include <ctime>

#include "server/arrival.hpp"

namespace vigil::server {
namespace {

std::string http_date(std::uint64_t now_s) {
  const auto seconds = static_cast<std::time_t>(now_s);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

// Bytes of bodies on their way, of all connections together.
class Charge {
 public:
  Charge(Relay& relay, std::size_t bytes) : relay_(relay), bytes_(bytes) {
    good_ = relay.parts_bytes.fetch_add(bytes) + bytes <= Relay::parts_bytes_max;
  }
  ~Charge() { relay_.parts_bytes.fetch_sub(bytes_); }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  bool good() const { return good_; }

 private:
  Relay& relay_;
  const std::size_t bytes_;
  bool good_;
};

}  // namespace

Post::Post(Relay& relay, Shard& shard, const Serving& serving)
    : relay_(relay), intake_(relay, shard, serving, static_cast<Intake::Replies&>(*this)), waiting_(shard.context()) {}

asio::awaitable<std::string> Post::answer(const std::string& body) {
  wire::Post post;
  if (!post.ParseFromString(body)) {
    refuse(wire::INVALID, "the body is no Post");
  } else if (post.version() != limits::protocol_version) {
    refuse(wire::UNSUPPORTED, "unknown version");
  } else if (static_cast<std::size_t>(post.requests_size()) > limits::requests_per_frame_max) {
    refuse(wire::TOO_LARGE, "too many requests");
  } else {
    relay_.counters.requests.add(static_cast<std::uint64_t>(post.requests_size()));
    for (wire::Request& request : *post.mutable_requests()) intake_.admit(request);
  }
  while (intake_.outstanding() > 0) {
    waiting_.expires_at(asio::steady_timer::time_point::max());
    co_await waiting_.async_wait(as_result);
  }
  co_return answers_.SerializeAsString();
}

void Post::refuse(Status status, const char* why) {
  wire::Answer& answer = *answers_.add_answers();
  answer.set_status(status);
  answer.set_why(why);
}

void Post::reply(const wire::Answer& answer, bool) {
  *answers_.add_answers() = answer;
}

void Post::reply(std::uint64_t id, Status status, bool) {
  wire::Answer& answer = *answers_.add_answers();
  answer.set_id(id);
  answer.set_status(status);
}

Status Post::listen(const MailboxId&, std::uint32_t) {
  return wire::WRONG_ROLE;
}

void Post::settled() {
  waiting_.cancel();
}

std::string post_response(std::uint64_t now_s, const std::string& body, bool keep_alive) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: {}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n"
      "Connection: {}\r\n\r\n{}",
      http_date(now_s), body.size(), keep_alive ? "keep-alive" : "close", body);
}

std::string post_refused_response(std::uint64_t now_s) {
  return fmt::format(
      "HTTP/1.1 503 Service Unavailable\r\nServer: nginx/1.22.1\r\nDate: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      http_date(now_s));
}

// ---- the arrival's part: body in, response out

asio::awaitable<bool> Arrival::answer_post(const Head& head) {
  relay_.counters.posts.add();
  const auto length = static_cast<std::size_t>(*head.content_length);
  const std::size_t head_bytes = head.bytes;
  const bool keep_alive = head.keep_alive && !going_away_;
  const Charge charge(relay_, length);
  if (!charge.good()) {
    const std::string full = post_refused_response(relay_.clock.wall_s());
    co_await write_all(vigil::view(full));
    co_return false;
  }
  if (head.expects_continue) {
    const bool told = co_await write_all(vigil::view("HTTP/1.1 100 Continue\r\n\r\n"));
    if (!told) co_return false;
  }
  std::string body;
  const bool whole = co_await read_body(body, head_bytes, length);
  if (!whole) co_return false;
  shard_.deadlines().clear(*this);  // the store always answers
  Post post(relay_, shard_, *serving_);
  const std::string answers = co_await post.answer(body);
  const std::string response = post_response(relay_.clock.wall_s(), answers, keep_alive);
  const bool written = co_await write_all(vigil::view(response));
  co_return written&& keep_alive;
}

// What came with the head, then the rest; what comes behind the body stays for the next head. Every piece renews the deadline, up
// to a bound for all of it: a link that has become slow is no flood, one that trickles is.
asio::awaitable<bool> Arrival::read_body(std::string& body, std::size_t already, std::size_t length) {
  const std::size_t here = std::min(length, used_ - already);
  body.assign(reinterpret_cast<const char*>(buffer_.data()) + already, here);
  used_ -= already + here;
  std::memmove(buffer_.data(), buffer_.data() + already + here, used_);
  const std::uint64_t last_s = Shard::now_s() + 10 * serving_->limits.greeting_s;
  constexpr std::size_t piece_bytes = 16 * 1024;
  while (body.size() < length) {
    shard_.deadlines().set(*this, std::min(last_s, Shard::now_s() + serving_->limits.greeting_s));
    const std::size_t have = body.size();
    body.resize(std::min(length, have + piece_bytes));
    const auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(body.data() + have, body.size() - have), as_result);
    body.resize(have + bytes);
    if (error) co_return false;
  }
  co_return true;
}

}  // namespace vigil::server

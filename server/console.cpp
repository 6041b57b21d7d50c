// The console's accept loop and its questions.
#include "server/console.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "crypto/base/encoding.hpp"
#include "server/exit_codes.hpp"
#include "server/json.hpp"
#include "server/log.hpp"
#include "server/unix_socket.hpp"

namespace vigil::server {
namespace {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t line_bytes_max = 256 * 1024;  // a thousand invites
constexpr std::size_t invites_per_line_max = 1000;
constexpr unsigned open_max = 8;
constexpr std::chrono::seconds line_wait{30};

bool is_ours(Socket& peer) {
  ucred who{};
  socklen_t length = sizeof who;
  return ::getsockopt(peer.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 &&
         (who.uid == ::geteuid() || who.uid == 0);
}

std::string refusal(std::string_view why) {
  return json::serialize(json::object{{"done", false}, {"why", why}});
}

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

// The hashes and days of a request, or why not.
std::expected<storage::AddInvites, std::string_view> invites_of(const json::object& asked) {
  storage::AddInvites write;
  const json::value *hashes = asked.if_contains("hashes"), *days = asked.if_contains("days");
  if (hashes == nullptr || !hashes->is_array() || days == nullptr || !days->is_int64() || days->as_int64() < 1 ||
      days->as_int64() > 90)
    return std::unexpected("needs 'hashes', a list, and 'days', from 1 to 90");
  for (const json::value& entry : hashes->as_array()) {
    std::optional<Bytes> bytes;
    if (entry.is_string()) bytes = from_hex(std::string_view(entry.as_string()));
    const std::optional<Hash> hash = bytes ? Hash::from(*bytes) : std::nullopt;
    if (!hash || write.rights.size() == invites_per_line_max)
      return std::unexpected("needs at most 1000 hashes of 64 hex digits");
    write.rights.push_back(*hash);
  }
  if (write.rights.empty()) return std::unexpected("needs at least one hash");
  write.expires = now_s() + static_cast<std::uint64_t>(days->as_int64()) * 86'400;
  return write;
}

std::string_view why_not(Status status) {
  if (status == wire::FULL) return "there are too many unused invites already; wait until some are used or have ended";
  return meaning(status);
}

}  // namespace

std::expected<std::unique_ptr<Console>, std::string> Console::open(asio::io_context& context, const std::filesystem::path& socket,
                                                                   storage::Store& store, Tell tell) {
  std::unique_ptr<Console> made(new Console(context, socket, store, std::move(tell)));
  const ShortPath path(socket);
  Socket probe(context);
  boost::system::error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(path.text()), error);
  if (!error) return std::unexpected(fmt::format("a relay runs already: it answers at {}.", socket.string()));
  ::unlink(socket.c_str());
  made->acceptor_.open({}, error);
  // Nobody may connect between bind and chmod: a socket that does not listen yet refuses everyone.
  if (!error) made->acceptor_.bind(asio::local::stream_protocol::endpoint(path.text()), error);
  if (!error && ::chmod(socket.c_str(), 0600) != 0) error.assign(errno, boost::system::system_category());
  if (!error) made->acceptor_.listen(open_max, error);
  if (error) return std::unexpected(fmt::format("the console's socket {} cannot be made: {}.", socket.string(), error.message()));
  asio::co_spawn(context, made->accept_loop(), [](const std::exception_ptr& thrown) {
    if (thrown) say(Say::internal_error, 1);
  });
  return made;
}

Console::Console(asio::io_context& context, std::filesystem::path path, storage::Store& store, Tell tell)
    : context_(context), path_(std::move(path)), store_(store), tell_(std::move(tell)), marks_(store), acceptor_(context) {}

Console::~Console() {
  close();
}

void Console::close() {
  if (!acceptor_.is_open()) return;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (Socket* peer : peers_) peer->shutdown(Socket::shutdown_both, ignored);
  ::unlink(path_.c_str());
}

asio::awaitable<void> Console::accept_loop() {
  asio::steady_timer pause(context_);
  while (acceptor_.is_open()) {
    auto [error, peer] = co_await acceptor_.async_accept(as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      say(Say::console_failed, error.value());
      pause.expires_after(std::chrono::seconds(1));  // out of descriptors: others need time to close
      co_await pause.async_wait(as_result);
      continue;
    }
    if (peers_.size() == open_max || !is_ours(peer)) continue;
    asio::co_spawn(context_, serve_one(std::move(peer)), [](const std::exception_ptr& thrown) {
      if (thrown) say(Say::internal_error, 2);
    });
  }
}

asio::awaitable<void> Console::serve_one(Socket peer) {
  peers_.insert(&peer);
  co_await converse(peer);
  peers_.erase(&peer);
}

asio::awaitable<void> Console::converse(Socket& peer) {
  std::string buffer;
  asio::steady_timer deadline(context_);
  for (;;) {
    deadline.expires_after(line_wait);
    deadline.async_wait([&peer](boost::system::error_code error) {
      boost::system::error_code ignored;
      if (!error) peer.shutdown(Socket::shutdown_both, ignored);
    });
    const auto [read_error, length] =
        co_await asio::async_read_until(peer, asio::dynamic_buffer(buffer, line_bytes_max), '\n', as_result);
    deadline.cancel();
    if (read_error || !acceptor_.is_open()) co_return;
    std::string line = buffer.substr(0, length - 1);
    buffer.erase(0, length);
    std::string reply = co_await answer(std::move(line));
    reply += '\n';
    const auto [write_error, written] = co_await asio::async_write(peer, asio::buffer(reply), as_result);
    if (write_error) co_return;
  }
}

asio::awaitable<std::string> Console::answer(std::string line) {
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  const json::object* asked = error ? nullptr : parsed.if_object();
  const json::value* verb = asked == nullptr ? nullptr : asked->if_contains("do");
  if (verb == nullptr || !verb->is_string()) co_return refusal("not a JSON object with 'do'");
  if (verb->as_string() == "status") {
    json::object numbers;
    for (const auto& [name, number] : tell_()) numbers[name] = number;
    co_return json::serialize(json::object{{"done", true}, {"numbers", std::move(numbers)}});
  }
  if (verb->as_string() == "mark") co_return co_await leave_marks();
  if (verb->as_string() == "forget") {
    const Status forgotten = co_await marks_.forget();
    co_return forgotten == wire::DONE ? json::serialize(json::object{{"done", true}}) : refusal(meaning(forgotten));
  }
  if (verb->as_string() == "die") ::_exit(exit_done);  // nothing is written any more, to anything
  if (verb->as_string() != "invites") co_return refusal("knows 'status', 'invites', 'mark', 'forget' and 'die'");
  std::expected<storage::AddInvites, std::string_view> write = invites_of(*asked);
  if (!write) co_return refusal(write.error());
  const std::size_t count = write->rights.size();
  const storage::Outcome outcome = co_await storage::apply(store_, std::move(*write));
  if (outcome.status != wire::DONE) co_return refusal(why_not(outcome.status));
  say(Say::invites_made, count);
  co_return json::serialize(json::object{{"done", true}});
}

asio::awaitable<std::string> Console::leave_marks() {
  const auto left = co_await marks_.leave();
  if (!left) co_return refusal(meaning(left.error()));
  json::array marks;
  for (const Mark& mark : *left)
    marks.push_back(json::object{{"what", mark.what}, {"hex", hex(mark.bytes)}, {"expires", mark.expires}});
  co_return json::serialize(json::object{{"done", true}, {"marks", std::move(marks)}});
}

}  // namespace vigil::server

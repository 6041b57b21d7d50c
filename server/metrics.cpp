// HTTP as little as a scraper needs: a head, an answer, the end.
#include "server/metrics.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "crypto/base/encoding.hpp"
#include "proto/limits.hpp"
#include "server/head.hpp"
#include "server/log.hpp"
#include "server/shard.hpp"
#include "server/unix_socket.hpp"

namespace vigil::server {
namespace {

constexpr int open_max = 8;
constexpr std::chrono::seconds patience{10};
constexpr std::string_view unix_mark = "unix:";

asio::ip::tcp::endpoint loopback_from(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string address = listen.substr(0, colon);
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  std::uint16_t port = 0;
  std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), port);
  return {asio::ip::make_address(address), port};
}

std::string response(std::string_view status, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: "
      "close\r\n\r\n{}",
      status, body.size(), body);
}

}  // namespace

Metrics::Metrics(asio::io_context& context, MetricsPage page) : context_(context), page_(std::move(page)), acceptor_(context) {}

Metrics::~Metrics() {
  close();
}

std::expected<std::unique_ptr<Metrics>, std::string> Metrics::open(asio::io_context& context, const std::string& listen,
                                                                   MetricsPage page) {
  std::unique_ptr<Metrics> made(new Metrics(context, std::move(page)));
  if (std::expected<void, std::string> bound = made->bind(listen); !bound) return std::unexpected(bound.error());
  asio::co_spawn(context, made->accept_loop(), [](const std::exception_ptr& thrown) {
    if (thrown) say(Say::internal_error, 6);
  });
  return made;
}

std::expected<void, std::string> Metrics::bind(const std::string& listen) {
  error_code error;
  if (listen.starts_with(unix_mark)) {
    socket_ = listen.substr(unix_mark.size());
    const ShortPath path(socket_);
    std::error_code ignored;
    if (std::filesystem::is_socket(socket_, ignored)) std::filesystem::remove(socket_, ignored);  // left by a dead relay
    const asio::local::stream_protocol::endpoint at(path.text());
    acceptor_.open(at.protocol(), error);
    // Nobody may connect between bind and chmod: a socket that does not listen yet refuses everyone. The group may read, so
    // that a scraper need not be the relay's user.
    if (!error) acceptor_.bind(at, error);
    if (!error && ::chmod(socket_.c_str(), 0660) != 0) error.assign(errno, boost::system::system_category());
  } else {
    const asio::ip::tcp::endpoint at = loopback_from(listen);
    acceptor_.open(at.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(at, error);
  }
  if (!error) acceptor_.listen(open_max, error);
  if (error) return std::unexpected(fmt::format("[metrics] listen = \"{}\" cannot be opened: {}.", listen, error.message()));
  return {};
}

void Metrics::close() {
  if (!acceptor_.is_open()) return;
  error_code ignored;
  acceptor_.close(ignored);
  for (Peer* peer : peers_) peer->shutdown(Peer::shutdown_both, ignored);
  if (!socket_.empty()) ::unlink(socket_.c_str());
}

asio::awaitable<void> Metrics::accept_loop() {
  asio::steady_timer pause(context_);
  while (acceptor_.is_open()) {
    Peer peer(context_);
    const auto [error] = co_await acceptor_.async_accept(peer, as_result);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      pause.expires_after(std::chrono::seconds(1));  // out of descriptors: others need time to close
      co_await pause.async_wait(as_result);
      continue;
    }
    if (peers_.size() == open_max) continue;
    asio::co_spawn(context_, serve_one(std::move(peer)), [](const std::exception_ptr& thrown) {
      if (thrown) say(Say::internal_error, 7);
    });
  }
}

asio::awaitable<void> Metrics::serve_one(Peer peer) {
  peers_.insert(&peer);
  co_await answer(peer);
  peers_.erase(&peer);
}

asio::awaitable<void> Metrics::answer(Peer& peer) {
  asio::steady_timer deadline(context_, patience);
  deadline.async_wait([&peer](error_code error) {
    error_code ignored;
    if (!error) peer.shutdown(Peer::shutdown_both, ignored);
  });
  std::string asked;
  const auto [read_error, length] =
      co_await asio::async_read_until(peer, asio::dynamic_buffer(asked, limits::request_head_bytes_max), "\r\n\r\n", as_result);
  if (read_error || !acceptor_.is_open()) co_return;
  Head head;
  std::string reply;
  if (parse_head(view(asked), head) != HeadState::whole)
    reply = response("400 Bad Request", "not HTTP\n");
  else if (head.method != "GET")
    reply = response("405 Method Not Allowed", "only GET\n");
  else if (head.path != "/metrics")
    reply = response("404 Not Found", "only /metrics\n");
  else
    reply = response("200 OK", page_.at(Shard::now_s()));
  co_await asio::async_write(peer, asio::buffer(reply), as_result);
  error_code ignored;
  peer.shutdown(Peer::shutdown_send, ignored);
}

}  // namespace vigil::server

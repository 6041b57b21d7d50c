// decoy.upstream: every byte of a stranger goes to the operator's own web server on loopback and back, so what strangers see is
// that server by construction.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "server/decoy.hpp"

namespace vigil::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_bytes = 16 * 1024;
constexpr std::chrono::seconds silence{600};  // the web server has its own, shorter limits

class UpstreamDecoy final : public Decoy {
 public:
  explicit UpstreamDecoy(tcp::endpoint to) : to_(std::move(to)) {}

  asio::awaitable<void> serve(DecoyStream& stream, View already) override {
    const auto executor = co_await asio::this_coro::executor;
    tcp::socket web(executor);
    const auto [connected] = co_await web.async_connect(to_, as_result);
    if (connected) co_return;  // a web server that is down: the connection just closes
    const auto [error, sent] = co_await asio::async_write(web, asio::buffer(already.data(), already.size()), as_result);
    if (error) co_return;
    using namespace asio::experimental::awaitable_operators;
    co_await (to_web(stream, web) && from_web(stream, web));
  }

 private:
  // A stranger who says no more may still listen; the web server hears that and ends it. When it has closed, all is over.
  static asio::awaitable<void> to_web(DecoyStream& stream, tcp::socket& web) {
    std::vector<std::uint8_t> piece(piece_bytes);
    boost::system::error_code failed;
    while (!failed) {
      const std::size_t got = co_await stream.read_some(piece, silence);
      if (got == 0) break;
      const auto [error, sent] = co_await asio::async_write(web, asio::buffer(piece.data(), got), as_result);
      failed = error;
    }
    web.shutdown(tcp::socket::shutdown_send, failed);
  }
  static asio::awaitable<void> from_web(DecoyStream& stream, tcp::socket& web) {
    std::vector<std::uint8_t> piece(piece_bytes);
    for (bool written = true; written;) {
      const auto [error, got] = co_await web.async_read_some(asio::buffer(piece), as_result);
      if (error || got == 0) break;
      written = co_await stream.write_all(View(piece.data(), got));
    }
    stream.close();
  }

  const tcp::endpoint to_;
};

}  // namespace

std::expected<std::shared_ptr<Decoy>, std::string> make_upstream_decoy(const std::string& address) {
  // The configuration has checked the form: an IP literal of this machine and a port.
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const asio::ip::address ip = asio::ip::make_address(host, error);
  if (error) return std::unexpected("decoy.upstream is no address of this machine.");
  const auto port = static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)));
  return std::make_shared<UpstreamDecoy>(tcp::endpoint(ip, port));
}

}  // namespace vigil::server

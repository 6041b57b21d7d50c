// The door for Prometheus: one GET /metrics, on a loopback port or a Unix socket of this machine, never elsewhere. What it says
// is metrics_page's. Used by serve, on the main thread's io_context.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <expected>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "server/awaiting.hpp"
#include "server/metrics_page.hpp"

namespace vigil::server {

class Metrics {
 public:
  // 'listen' as the configuration has it: "127.0.0.1:9464", "[::1]:9464", "unix:/run/vigild/metrics". Otherwise a sentence.
  static std::expected<std::unique_ptr<Metrics>, std::string> open(asio::io_context& context, const std::string& listen,
                                                                   MetricsPage page);
  ~Metrics();
  // No new connections, and open ones end. The context must run on until it has no work.
  void close();

 private:
  using Protocol = asio::generic::stream_protocol;
  using Peer = Protocol::socket;
  Metrics(asio::io_context& context, MetricsPage page);
  std::expected<void, std::string> bind(const std::string& listen);
  asio::awaitable<void> accept_loop();
  asio::awaitable<void> serve_one(Peer peer);
  asio::awaitable<void> answer(Peer& peer);

  asio::io_context& context_;
  MetricsPage page_;
  asio::basic_socket_acceptor<Protocol> acceptor_;
  std::filesystem::path socket_;  // to be removed at the end; empty: a port
  std::set<Peer*> peers_;         // bounded: open_max
};

}  // namespace vigil::server

#include "server/listener.hpp"

#include <netinet/tcp.h>
#include <pthread.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <future>

#include "server/arrival.hpp"
#include "server/log.hpp"

namespace vigil::server {

using namespace std::chrono_literals;

constexpr int unsent_bytes_max = 128 * 1024;

struct Listener::Door {
  Door(asio::io_context& context) : acceptor(context) {}
  asio::ip::tcp::acceptor acceptor;
};

Listener::Listener(Relay& relay, unsigned threads) : relay_(relay) {
  for (unsigned i = 0; i < threads; ++i) shards_.push_back(std::make_unique<Shard>(i));
  relay.switchboard.serve(shards_);
}

Listener::~Listener() {
  drain(0ms);
}

std::expected<std::unique_ptr<Listener>, std::string> Listener::open(Relay& relay, const std::vector<ListenAt>& addresses,
                                                                     unsigned threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  std::unique_ptr<Listener> made(new Listener(relay, threads));
  for (const ListenAt& at : addresses) {
    made->doors_.push_back(std::make_unique<Door>(made->shards_.front()->context()));
    asio::ip::tcp::acceptor& acceptor = made->doors_.back()->acceptor;
    error_code error;
    const asio::ip::address address = asio::ip::make_address(at.address, error);
    const asio::ip::tcp::endpoint endpoint(address, at.port);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
    if (!error) acceptor.bind(endpoint, error);
    // What the kernel holds unsent for a slow reader is bounded too, and an urgent copy waits behind no more than that.
    // Inherited.
    using NotSent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
    if (!error) acceptor.set_option(NotSent(unsent_bytes_max), error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return std::unexpected("cannot listen on " + at.address + " port " + std::to_string(at.port) + ": " + error.message());
    made->ports_.push_back(acceptor.local_endpoint().port());
  }
  return made;
}

std::vector<Executor> Listener::executors() const {
  std::vector<Executor> all;
  for (const auto& shard : shards_) all.push_back(shard->executor());
  return all;
}

void Listener::start() {
  started_ = true;
  // OpenSSL writes with write(), so a closed peer would raise it.
  std::signal(SIGPIPE, SIG_IGN);
  for (const auto& door : doors_) {
    asio::co_spawn(shards_.front()->context(), accept_loop(*door), [](const std::exception_ptr& thrown) {
      if (thrown) say(Say::internal_error, 4);
    });
  }
  for (const auto& shard : shards_)
    threads_.emplace_back([at = shard.get()] {
      ::pthread_setname_np(::pthread_self(), "connections");  // what `top -H` shows
      at->run();
    });
}

asio::awaitable<void> Listener::accept_loop(Door& door) {
  constexpr std::uint64_t say_again_after_s = 60;
  std::uint64_t quiet_until_s = 0;
  asio::steady_timer pause(shards_.front()->context());
  while (door.acceptor.is_open()) {
    Shard& shard = *shards_[next_shard_++ % shards_.size()];
    Socket socket(shard.context());
    const auto [error] = co_await door.acceptor.async_accept(socket, as_result);
    if (!door.acceptor.is_open()) break;
    if (error && error != asio::error::connection_aborted) {
      // No descriptors or no memory left: those that are open go on, and some will end.
      relay_.counters.accept_failures.add();
      if (const std::uint64_t now_s = Shard::now_s(); now_s >= quiet_until_s) {
        say(Say::accept_failed, error.value());
        quiet_until_s = now_s + say_again_after_s;
      }
      pause.expires_after(100ms);
      co_await pause.async_wait(as_result);
      continue;
    }
    if (!error) arrive(std::move(socket), shard);
  }
}

void Listener::arrive(Socket socket, Shard& shard) {
  relay_.counters.accepted.add();
  const auto open = static_cast<std::size_t>(relay_.counters.connections.value());
  if (open >= relay_.serving()->limits.connections_max) {
    relay_.counters.connections_refused.add();
    return;
  }
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  asio::post(shard.context(), [this, &shard, moved = std::move(socket)]() mutable {
    try {
      Arrival::begin(relay_, shard, std::move(moved));
    } catch (...) {
      say(Say::internal_error, 5);
    }
  });
}

void Listener::drain(std::chrono::milliseconds grace) {
  if (drained_) return;
  drained_ = true;
  if (!started_) return;
  asio::post(shards_.front()->context(), [this, grace] {
    error_code ignored;
    for (const auto& door : doors_) door->acceptor.close(ignored);
    // Whoever was accepted before arrives first: shards do what was posted in order.
    for (const auto& shard : shards_) shard->stop(grace);
  });
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace vigil::server

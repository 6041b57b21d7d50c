// The relay's front: listening sockets, one I/O thread per core, and every connection's life from accept to end. Used by serve.
//
//   Relay relay(store, switchboard, counters, clock, *make_serving(config, keys, nullptr));
//   auto listener = Listener::open(relay, config.listen, threads);   // registers its shards with the switchboard: before
//   store.observe() store.observe(switchboard);
//   (*listener)->start();  ...  SIGHUP: relay.serve_with(...)  ...  (*listener)->drain(5s);  store.close();
//
// Destroy it after the store has closed: until then the switchboard posts to its shards.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/relay.hpp"
#include "server/shard.hpp"
#include "server/tls_stream.hpp"

namespace vigil::server {

class Listener {
 public:
  // Binds every address; otherwise a sentence for the operator. 'threads' 0: one per core.
  static std::expected<std::unique_ptr<Listener>, std::string> open(Relay& relay, const std::vector<ListenAt>& addresses,
                                                                    unsigned threads);
  ~Listener();  // drains without grace if that has not happened

  // Starts the threads and accepts.
  void start();
  // Accepts no more, tells everybody GOING_AWAY, waits until what was asked has been answered and said, at most 'grace'; then
  // cuts what is left. Returns when no connection is left and all threads have ended. The store must still be open.
  void drain(std::chrono::milliseconds grace);

  // The ports that were bound, in the order of the addresses (port 0 was any).
  const std::vector<std::uint16_t>& ports() const { return ports_; }
  std::size_t threads() const { return shards_.size(); }
  std::vector<Executor> executors() const;  // one per thread; good while this lives

 private:
  struct Door;
  explicit Listener(Relay& relay, unsigned threads);
  asio::awaitable<void> accept_loop(Door& door);
  void arrive(Socket socket, Shard& shard);

  Relay& relay_;
  std::vector<std::unique_ptr<Shard>> shards_;  // bounded: one per core
  std::vector<std::unique_ptr<Door>> doors_;    // bounded: one per configured address
  std::vector<std::thread> threads_;            // bounded: one per shard
  std::vector<std::uint16_t> ports_;            // bounded: one per door
  std::size_t next_shard_ = 0;
  bool started_ = false, drained_ = false;
};

}  // namespace vigil::server

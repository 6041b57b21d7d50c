// What every connection needs: the store, who listens, counters, the time, and what the operator has set. Made by serve, used by
// listener, arrival, connection and requests. Everything here is for any thread.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <mutex>
#include <string>

#include "server/config.hpp"
#include "server/counters.hpp"
#include "server/decoy.hpp"
#include "server/flood.hpp"
#include "server/head.hpp"
#include "server/relay_keys.hpp"
#include "server/switchboard.hpp"
#include "server/tls_context.hpp"
#include "storage/store.hpp"

namespace vigil::server {

// What SIGHUP replaces as a whole. Immutable; a connection keeps the one it began with.
struct Serving {
  ConfigLimits limits;
  SecretPaths paths;
  TlsContext tls;
  std::shared_ptr<Decoy> decoy;
  std::shared_ptr<const RelayKeys> keys;
  std::shared_ptr<AddressFloods> floods;  // its buckets survive a reload that leaves the limits alone
};

// Reads key and certificate; otherwise a sentence for the operator. 'before' may be null.
std::expected<std::shared_ptr<const Serving>, std::string> make_serving(const Config& config,
                                                                        std::shared_ptr<const RelayKeys> keys,
                                                                        const Serving* before);

class Relay {
 public:
  // All of them must outlive the relay.
  Relay(storage::Store& store, Switchboard& switchboard, Counters& counters, const storage::Clock& clock,
        std::shared_ptr<const Serving> serving)
      : store(store), switchboard(switchboard), counters(counters), clock(clock), serving_(std::move(serving)) {}

  storage::Store& store;
  Switchboard& switchboard;
  Counters& counters;
  const storage::Clock& clock;
  // Bytes of vigils whose parts are not all here yet, of all connections: at most parts_bytes_max.
  std::atomic<std::size_t> parts_bytes{0};
  static constexpr std::size_t parts_bytes_max = 64u << 20;

  std::shared_ptr<const Serving> serving() const {
    const std::lock_guard held(lock_);
    return serving_;
  }
  // For connections from now on.
  void serve_with(std::shared_ptr<const Serving> fresh) {
    const std::lock_guard held(lock_);
    serving_ = std::move(fresh);
  }

 private:
  mutable std::mutex lock_;
  std::shared_ptr<const Serving> serving_;
};

}  // namespace vigil::server

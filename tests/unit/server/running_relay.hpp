// A whole relay in this process, for tests: real TLS on loopback, the real store in a folder of its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "member.hpp"
#include "server/listener.hpp"
#include "storage/embedded/open.hpp"

namespace vigil::server::test {

// Waits until 'come' is true; what it waits for is an event of the relay, so nothing is timed.
template <class Come>
void wait_until(Come come) {
  for (int i = 0; i < 2000 && !come(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (!come()) throw std::runtime_error("what the test waits for never came");
}

class RunningRelay {
 public:
  explicit RunningRelay(const std::function<void(Config&)>& change = [](Config&) {});
  ~RunningRelay();
  RunningRelay(const RunningRelay&) = delete;
  RunningRelay& operator=(const RunningRelay&) = delete;

  std::uint16_t port() const { return listener_->ports().front(); }
  const PublicKey& root() const { return root_.public_key(); }
  Counters& counters() { return counters_; }
  Relay& relay() { return *relay_; }
  Listener& listener() { return *listener_; }
  storage::Store& store() { return *store_; }
  const Config& config() const { return config_; }

  Secret invite();
  // What the timekeeper does, which does not run here.
  void release_due();
  // A member who has proved and opened a mailbox.
  struct Owner {
    SigningKey key;
    std::unique_ptr<Member> member;
    Address address;  // granted, all rights
  };
  Owner owner();
  std::unique_ptr<Member> member() { return std::make_unique<Member>(port(), root()); }

 private:
  void write(storage::Write what);

  std::filesystem::path folder_;
  SigningKey root_;
  Config config_;
  Counters counters_;
  std::shared_ptr<const storage::Clock> clock_;
  boost::asio::io_context asking_;  // outlives the store, whose thread may still be inside it
  std::unique_ptr<storage::Store> store_;
  Switchboard switchboard_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace vigil::server::test

// The relay's own alert: every few minutes a copy of its own through its own public route, so that its operator hears of a dead
// port, a wrong key or a slow disk before a member does. A thread of its own, which blocks. Used by serve.
//
// It comes in as strangers do. Two things it does as an operator: it makes the invite (as `vigild invite`), and has the mailbox
// burned afterwards, also when nothing else works any more. What it sends is random, lives ten minutes at most and is for nobody.
#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "server/canary_flight.hpp"
#include "server/relay.hpp"

namespace vigil::server {

// What status and metrics tell. -1: not yet.
struct CanarySeen {
  std::int64_t every_s = 0;  // 0: off
  std::int64_t flights = 0, failures = 0, failed_in_a_row = 0;
  std::int64_t p50_ms = -1, p99_ms = -1;  // of the last hour
  std::int64_t last_failure_ago_s = -1;
  CanaryStep last_failed_at = CanaryStep::none;
};

// The flights of the last hour. Pure; time is an argument, in seconds that never run backwards.
class CanaryBook {
 public:
  explicit CanaryBook(std::uint32_t every_s) : every_s_(every_s) {}
  void note(std::uint64_t now_s, std::expected<std::chrono::milliseconds, CanaryStep> outcome);
  CanarySeen seen(std::uint64_t now_s) const;

 private:
  const std::uint32_t every_s_;
  std::deque<std::pair<std::uint64_t, std::int64_t>> arrived_;  // bounded: those of an hour, at most flights_max
  std::int64_t flights_ = 0, failures_ = 0, failed_in_a_row_ = 0;
  std::uint64_t last_failure_s_ = 0;
  CanaryStep last_failed_at_ = CanaryStep::none;
  static constexpr std::size_t flights_max = 4096;
};

class Canary {
 public:
  // 0: never flies. The relay must outlive stop(), and the canary the store: its thread may still be answering.
  explicit Canary(std::uint32_t every_s) : every_s_(every_s), book_(every_s) {}
  ~Canary();

  void start(Relay& relay);
  // No more flights; one that is under way ends, its mailbox is burned. The store must still be open.
  void stop();
  CanarySeen seen() const;

 private:
  void run();
  bool sleep(std::chrono::milliseconds time);
  void fly();
  Status write(storage::Write what);
  void tell(std::int64_t failed_before, std::int64_t failed_now, CanaryStep at) const;

  const std::uint32_t every_s_;
  Relay* relay_ = nullptr;
  boost::asio::io_context asking_{1};  // where the store answers
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  Flight* flight_ = nullptr;
  CanaryBook book_;
};

// Where it flies to: the first route that is no onion address, which this machine could only reach through Tor. Nothing: none.
std::optional<wire::Route> canary_route(const wire::RouteList& routes);

}  // namespace vigil::server

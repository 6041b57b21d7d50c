// What the relay counts about itself, for status and metrics. Nothing per mailbox, address or peer. Any thread, no lock.
#pragma once

#include <atomic>
#include <cstdint>

#include "storage/durations.hpp"

namespace vigil::server {

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A number that goes up and down.
class Gauge {
 public:
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// X-macro, so that status, its JSON and metrics can never forget one. Add per frame or per turn, not per copy.
#define VIGIL_COUNTERS(COUNTER, GAUGE)                                                            \
  GAUGE(connections, "open connections, strangers included")                                      \
  GAUGE(listeners, "mailboxes being listened to")                                                 \
  COUNTER(accepted, "connections accepted since the start")                                       \
  COUNTER(accept_failures, "times a connection could not be accepted: no descriptors left")       \
  COUNTER(connections_refused, "connections closed at once: connections_max reached")             \
  COUNTER(handshakes_failed, "TLS handshakes that failed or took too long")                       \
  COUNTER(strangers, "requests answered by the decoy")                                            \
  COUNTER(posts, "one-shot POSTs")                                                                \
  COUNTER(sessions, "WebSocket sessions greeted")                                                 \
  COUNTER(proofs, "owners' proofs accepted")                                                      \
  COUNTER(proofs_refused, "owners' proofs refused")                                               \
  COUNTER(displaced, "listeners displaced by another device of the same mailbox")                 \
  COUNTER(frames_in, "frames read")                                                               \
  COUNTER(frames_out, "frames written")                                                           \
  COUNTER(requests, "requests decoded")                                                           \
  COUNTER(answers, "answers written")                                                             \
  COUNTER(deliveries, "copies sent to listeners")                                                 \
  COUNTER(acknowledged, "copies acknowledged")                                                    \
  COUNTER(invalid, "frames and requests that broke the protocol")                                 \
  COUNTER(slowed, "requests answered SLOW_DOWN")                                                  \
  COUNTER(cut_off, "connections ended for a broken protocol, an idle peer or a peer not reading") \
  COUNTER(releases, "times the timekeeper had something to release")                              \
  COUNTER(reloads, "configurations taken by SIGHUP")                                              \
  COUNTER(reloads_refused, "configurations refused at SIGHUP")

// How long things take, for metrics.
#define VIGIL_DURATIONS(DURATIONS)                                                                                    \
  DURATIONS(answer_times, "seconds from a request's arrival to its durable answer; one at a time of each connection") \
  DURATIONS(release_times, "seconds from the moment a vigil was due until its copies lay durably in their mailboxes")

struct Counters {
#define VIGIL_COUNTER(name, meaning) Counter name;
#define VIGIL_GAUGE(name, meaning) Gauge name;
  VIGIL_COUNTERS(VIGIL_COUNTER, VIGIL_GAUGE)
#define VIGIL_DURATION(name, meaning) storage::Durations name;
  VIGIL_DURATIONS(VIGIL_DURATION)
#undef VIGIL_COUNTER
#undef VIGIL_GAUGE
#undef VIGIL_DURATION
};

}  // namespace vigil::server

// Many connections: what one costs while idle, and what a login costs.
#include <thread>

#include "crowd.hpp"
#include "flood.hpp"

namespace vigil::bench {
Report load_idle(Service& service, const Options& options) {
  Report report{"idle: memory of a listening TLS connection", {}};
  const double resident_at_first = static_cast<double>(service.process().resident_bytes());
  service.open(options.many);
  // Allocators and caches have had their first fill: a tenth of the connections comes and goes before counting starts.
  settle(listening(service, options.many / 10));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const double private_before = static_cast<double>(service.process().private_bytes());
  const double resident_before = static_cast<double>(service.process().resident_bytes());
  const Crowd all = listening(service, options.many);
  settle(all);
  const auto count = static_cast<double>(all.size());
  report.add("connections", count);
  report.add("private_bytes_before", private_before);
  report.add("bytes_per_connection", (static_cast<double>(service.process().private_bytes()) - private_before) / count);
  report.add("resident_bytes_per_connection",
             (static_cast<double>(service.process().resident_bytes()) - resident_before) / count);
  // With what the mailboxes themselves and the first fill of caches take: a peer may hold a session's memory whether it is
  // connected or not.
  report.add("resident_bytes_with_mailbox",
             (static_cast<double>(service.process().resident_bytes()) - resident_at_first) / count);
  return report;
}

Report load_login(Service& service, const Options& options) {
  Report report{"login: TLS handshake, WebSocket upgrade and login, one after the other", {}};
  constexpr std::size_t mailboxes = 50;  // so that none is busy with its last connection's end
  service.open(mailboxes);
  std::vector<double> samples;
  Meter meter(service);
  const Clock::time_point start = Clock::now();
  for (unsigned i = 0; i < options.many; ++i) {
    const Clock::time_point begun = Clock::now();
    service.log_in(i % mailboxes);
    samples.push_back(seconds_since(begun) * 1000);
  }
  meter.add_to(report, options.many, seconds_since(start));
  add_latencies(report, samples);
  return report;
}

}  // namespace vigil::bench

// Many connections: what one costs while idle, what a login costs, and how soon the last of many listeners has a copy.
#include <fmt/format.h>
#include <poll.h>

#include <stdexcept>
#include <thread>

#include "flood.hpp"

namespace vigil::bench {
namespace {

using Readers = std::vector<std::unique_ptr<Reader>>;

Readers listeners(Service& service, std::size_t count) {
  Readers all;
  for (std::size_t mailbox = 0; mailbox < count; ++mailbox) {
    all.push_back(service.log_in(mailbox));
    all.back()->listen();
  }
  for (const auto& reader : all) reader->finish();
  return all;
}

// Whatever connections are sent without being asked has come after so long.
void settle(const Readers& all) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  for (const auto& reader : all) reader->tend();
}

// The moment at which the last one's bytes have arrived; opening them here would measure this program.
void wait_for_all(const Readers& all) {
  std::vector<pollfd> waiting;
  for (const auto& reader : all) waiting.push_back({reader->descriptor(), POLLIN, 0});
  for (std::size_t left = waiting.size(); left > 0;) {
    if (::poll(waiting.data(), waiting.size(), 10'000) <= 0)
      throw std::runtime_error(fmt::format("{} of {} did not get the copy", left, waiting.size()));
    for (pollfd& one : waiting)
      if (one.fd >= 0 && one.revents != 0) one.fd = -1, --left;
  }
}

}  // namespace

Report load_idle(Service& service, const Options& options) {
  Report report{"idle: memory of a listening TLS connection", {}};
  const double resident_at_first = static_cast<double>(service.process().resident_bytes());
  service.open(options.many);
  // Allocators and caches have had their first fill: a tenth of the connections comes and goes before counting starts.
  settle(listeners(service, options.many / 10));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const double private_before = static_cast<double>(service.process().private_bytes());
  const double resident_before = static_cast<double>(service.process().resident_bytes());
  const Readers all = listeners(service, options.many);
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

Report load_fanout(Service& service, const Options& options) {
  const unsigned readers = std::min(options.many, 1000u);
  Report report{"fanout: one request to many who listen, until the last one has it", {}};
  service.open(readers, true);
  const Readers all = listeners(service, readers);
  const auto sender = service.sender();
  settle(all);
  std::vector<double> samples;
  Meter meter(service);
  const Clock::time_point begun = Clock::now();
  constexpr unsigned rounds = 20;
  for (unsigned round = 1; round <= rounds; ++round) {
    const Clock::time_point start = Clock::now();
    sender->send_to_all({round});
    wait_for_all(all);
    samples.push_back(seconds_since(start) * 1000);
    std::vector<Answer> answers;
    sender->answers(answers);
    if (answers.size() != 1 || !answers[0].stored) throw std::runtime_error("the message to all was refused");
    for (const auto& reader : all) {
      std::vector<Taken> taken;
      reader->take(taken);
      if (taken.size() != 1 || taken[0].number != round) throw std::runtime_error("something else came than was sent to all");
      reader->acknowledge();
    }
  }
  meter.add_to(report, rounds * readers, seconds_since(begun));
  report.add("listeners", readers);
  add_latencies(report, samples);
  return report;
}

}  // namespace vigil::bench

// Copies through the network: stored for those who are away, relayed to those who are there, fetched by those who come back.
#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "flood.hpp"

namespace vigil::bench {

// ---- 1a

Report load_relay(Service& service, const Options& options) {
  Report report{"relay: durable copies of 1 KB to mailboxes whose owners are away", {}};
  report.add("disk_syncs_per_s", syncs_per_second(service.folder()));
  service.open(options.mailboxes);
  Flood order = flood_of(options, options.mailboxes);
  order.seconds = options.seconds;
  Meter meter(service);
  Flooded flooded = flood(service, order);
  meter.add_to(report, static_cast<double>(flooded.stored), flooded.seconds);
  report.add("resident_mb", static_cast<double>(service.process().resident_bytes()) / 1e6);
  report.add("stored", static_cast<double>(flooded.stored));
  report.add("refused", static_cast<double>(flooded.refused));
  add_latencies(report, flooded.samples_ms);
  for (std::size_t mailbox = 0; mailbox < std::min<std::size_t>(options.read_back, options.mailboxes); ++mailbox) {
    const auto reader = service.log_in(mailbox);
    read_exactly(*reader, flooded.stored_in[mailbox]);
  }
  report.add("mailboxes_read_back", options.read_back);
  return report;
}

// ---- 1b

namespace {

// The owners of many mailboxes come back, several at a time.
struct Return {
  Service& service;
  const std::size_t mailboxes;
  const std::uint64_t each;
  std::atomic<std::size_t> next = 0;
  std::mutex mutex{};
  std::vector<double> samples_ms{};
  std::string failed{};

  void run() {
    try {
      for (std::size_t mailbox = next++; mailbox < mailboxes; mailbox = next++) {
        const Clock::time_point start = Clock::now();
        read_exactly(*service.log_in(mailbox), each);
        const std::scoped_lock lock(mutex);
        samples_ms.push_back(seconds_since(start) * 1000);
      }
    } catch (const std::exception& error) {
      const std::scoped_lock lock(mutex);
      failed = error.what();
    }
  }
};

}  // namespace

Report load_reconnect(Service& service, const Options& options) {
  Report report{"reconnect: owners of many mailboxes connect, log in, fetch and acknowledge what waits", {}};
  service.open(options.mailboxes);
  fill(service, options, options.mailboxes, options.each);
  Return back{service, options.mailboxes, options.each};
  std::vector<std::thread> threads;
  Meter meter(service);
  const Clock::time_point start = Clock::now();
  for (unsigned i = 0; i < options.connections; ++i) threads.emplace_back([&back] { back.run(); });
  for (std::thread& thread : threads) thread.join();
  const double took = seconds_since(start);
  if (!back.failed.empty()) throw std::runtime_error("a reader failed: " + back.failed);
  meter.add_to(report, static_cast<double>(options.mailboxes) * options.each, took);
  report.add("mailboxes", options.mailboxes);
  report.add("copies_each", options.each);
  add_latencies(report, back.samples_ms);
  return report;
}

Report load_drain(Service& service, const Options& options) {
  Report report{"drain: one reader fetches and acknowledges a backlog of 1 KB copies", {}};
  service.open(1);
  fill(service, options, 1, options.backlog);
  const auto reader = service.log_in(0);
  Meter meter(service);
  const Clock::time_point start = Clock::now();
  read_exactly(*reader, options.backlog);
  meter.add_to(report, options.backlog, seconds_since(start));
  report.add("copies", options.backlog);
  return report;
}

// ---- 2a

Report load_online(Service& service, const Options& options) {
  Report report{"online: durable copies of 1 KB to readers who listen", {}};
  report.add("disk_syncs_per_s", syncs_per_second(service.folder()));
  service.open(options.readers);
  Audience audience(service, options.readers);
  Flood order = flood_of(options, options.readers);
  order.seconds = options.seconds;
  Meter meter(service);
  const Clock::time_point start = Clock::now();
  Flooded flooded = flood(service, order);
  const Audience::Heard heard = audience.all(flooded.stored_in);
  const Clock::time_point last =
      std::max(heard.last, start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(flooded.seconds)));
  meter.add_to(report, static_cast<double>(flooded.stored), std::chrono::duration<double>(last - start).count());
  report.add("stored_per_s", static_cast<double>(flooded.stored) / flooded.seconds);
  report.add("stored_and_read", static_cast<double>(flooded.stored));
  report.add("refused", static_cast<double>(flooded.refused));
  add_latencies(report, flooded.samples_ms);
  return report;
}

}  // namespace vigil::bench

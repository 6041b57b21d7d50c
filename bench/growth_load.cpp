// What queued copies cost a real relay: the same further load and the same drains at 1,000 queued copies and at as many as are
// asked for, the memory that lies between the two, and how soon the relay serves again after SIGKILL.
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "flood.hpp"

namespace vigil::bench {
namespace {

constexpr std::size_t few = 1000;
constexpr std::size_t further = 60'000;          // the same load at each size
constexpr std::size_t copies_per_mailbox = 500;  // half of what an operator allows by default
constexpr std::size_t drained_copies = 500;      // of each mailbox that is drained
constexpr std::size_t drained_mailboxes = 8;     // at each size
constexpr std::size_t all_drained = drained_mailboxes * drained_copies;
constexpr unsigned frame_requests = 50, senders = 2;
// Of the relay here, so that few copies fill it, too: its size is configuration, and no queued copy's.
constexpr std::size_t block_cache_bytes = 4u << 20;

// In nanoseconds, where /proc/PID/stat counts in hundredths of a second.
double cpu_of(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    throw std::runtime_error("the relay is gone");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Of the threads that flush and compact: when their turn comes says nothing about the load of that moment.
double background_cpu_of(pid_t process) {
  double nanoseconds = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::string name;
    double ran = 0;
    std::ifstream(thread.path() / "comm") >> name;
    std::ifstream(thread.path() / "schedstat") >> ran;
    if (name.starts_with("rocksdb:")) nanoseconds += ran;
  }
  return nanoseconds / 1e9;
}

// Until flushes and compactions of what came before are over: no more than a hundredth of a core for a second.
void settle(pid_t relay) {
  for (int tries = 0; tries < 300; ++tries) {
    const double before = cpu_of(relay);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    if (cpu_of(relay) - before < 0.01) return;
  }
}

// The relay and what lies in it: first the mailboxes that fill up, behind them two groups that are drained, each full by then.
struct Grown {
  Service& service;
  const std::size_t filling;
  std::uint64_t next_number = 1;

  std::size_t drained_first(unsigned group) const { return filling + group * drained_mailboxes; }
  void send_to_filling(std::size_t count) { send({.mailboxes = filling}, count); }
  void send_to_drained(unsigned group, std::size_t count) {
    send({.mailboxes = drained_mailboxes, .first_mailbox = drained_first(group)}, count);
  }
  void drain(unsigned group) {
    for (std::size_t i = 0; i < drained_mailboxes; ++i) read_exactly(*service.log_in(drained_first(group) + i), drained_copies);
  }

 private:
  void send(Flood order, std::size_t count) {
    order.senders = senders;
    order.batch = frame_requests;
    order.numbers_from = next_number;
    order.messages_max = count;
    store_all(service, order);
    next_number += count;
  }
};

struct Size {
  double queued = 0, send_us = 0, background_us = 0, drain_us = 0, bytes = 0, restart_ms = 0;
};

Size measure(Grown& grown, unsigned group, std::size_t queued) {
  Size size;
  Service& service = grown.service;
  const pid_t process = service.process().pid();
  settle(process);
  size.queued = static_cast<double>(queued);  // the relay's own count forgets the last seconds before a kill
  double cpu = cpu_of(process);
  grown.drain(group);
  size.drain_us = (cpu_of(process) - cpu) / static_cast<double>(all_drained) * 1e6;
  settle(process);
  cpu = cpu_of(process);
  const double background = background_cpu_of(process);
  grown.send_to_filling(further);
  const double used = cpu_of(process) - cpu - (background_cpu_of(process) - background);
  size.send_us = used / static_cast<double>(further) * 1e6;
  settle(process);
  size.background_us = (background_cpu_of(process) - background) / static_cast<double>(further) * 1e6;
  size.bytes = static_cast<double>(service.process().private_bytes());
  const Clock::time_point start = Clock::now();
  service.kill_and_restart();
  grown.send_to_filling(1);
  size.restart_ms = seconds_since(start) * 1000;
  return size;
}

void add(Report& report, const std::string& name, const Size& size) {
  report.add(name + "_queued", size.queued);
  report.add(name + "_send_cpu_us", size.send_us);
  report.add(name + "_background_us", size.background_us);  // flushes and compactions, until there were no more
  report.add(name + "_drain_cpu_us", size.drain_us);
  report.add(name + "_private_mb", size.bytes / 1e6);
  report.add(name + "_restart_ms", size.restart_ms);
}

}  // namespace

Report load_growth(const Options& options) {
  if (options.copies < 2 * further) throw std::runtime_error("growth needs --copies of 120000 and more");
  const auto service = start_vigil(options, "[store]\ncache_bytes = " + std::to_string(block_cache_bytes) + '\n');
  Report report{"growth: what queued copies of 1 KB cost, and what a restart does", {}};
  report.add("disk_syncs_per_s", syncs_per_second(service->folder()));
  Grown grown{*service, std::max<std::size_t>(options.mailboxes, options.copies / copies_per_mailbox)};
  service->open(grown.drained_first(2));

  grown.send_to_drained(0, all_drained);
  grown.send_to_filling(few);
  const Size small = measure(grown, 0, few + all_drained);

  // Those that are drained last fill up along with the others, so that their copies lie among all of them.
  constexpr std::size_t steps = 10;
  const std::size_t more = (options.copies - few - further) / steps;
  for (std::size_t step = 0; step < steps; ++step) {
    grown.send_to_filling(more);
    grown.send_to_drained(1, all_drained / steps);
  }
  const Size large = measure(grown, 1, options.copies + all_drained);

  add(report, "few", small);
  add(report, "many", large);
  report.add("send_cpu_ratio", large.send_us / small.send_us);
  report.add("drain_cpu_ratio", large.drain_us / small.drain_us);
  report.add("bytes_per_queued_copy", (large.bytes - small.bytes) / (large.queued - small.queued));
  return report;
}

}  // namespace vigil::bench

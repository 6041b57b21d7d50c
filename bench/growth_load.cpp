// What queued copies cost a real relay: the same further load and the same drains at 1,000 queued copies and at as many as are
// asked for, the memory that lies between the two, and how soon the relay serves again after SIGKILL.
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "relay_process.hpp"

namespace vigil::bench {
namespace {

constexpr std::size_t few = 1000;
constexpr std::size_t further = 60'000;          // the same load at each size
constexpr std::size_t copies_per_mailbox = 500;  // half of what an operator allows by default
constexpr std::size_t drained_copies = 500;      // of each mailbox that is drained
constexpr std::size_t drained_mailboxes = 8;     // at each size
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

// 'count' copies from one connection, to one mailbox after the other, a few frames ahead of their answers.
void send_copies(const RelayProcess& relay, const std::vector<const Mailbox*>& to, std::size_t first, std::size_t count) {
  const auto sender = relay.connect();
  const std::string envelope(1024, 'g');
  std::size_t sent = 0, answered = 0;
  while (answered < count) {
    while (sent < count && sent - answered < std::size_t{4} * frame_requests) {
      wire::ClientFrame frame;
      for (unsigned i = 0; i < frame_requests && sent < count; ++i) {
        wire::Request& request = *frame.add_requests();
        request = deliver_request(to[(first + sent) % to.size()]->address, envelope, wire::NORMAL);
        request.set_id(++sent);
      }
      sender->send(frame);
    }
    for (const wire::Answer& answer : sender->receive()->answers()) {
      must(answer.status(), "deliver");
      ++answered;
    }
  }
}

void send_from_all(const RelayProcess& relay, const std::vector<const Mailbox*>& to, std::size_t count) {
  std::vector<std::thread> threads;
  std::vector<std::string> failed(senders);
  for (unsigned i = 0; i < senders; ++i) {
    const std::size_t share = count / senders + (i < count % senders ? 1 : 0);
    threads.emplace_back([&, i, share] {
      try {
        // Each begins at another mailbox: two at the same one would be in step by chance.
        send_copies(relay, to, to.size() * i / senders, share);
      } catch (const std::exception& error) {
        failed[i] = error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& why : failed)
    if (!why.empty()) throw std::runtime_error("a sender failed: " + why);
}

void drain(const RelayProcess& relay, const Mailbox& mailbox, std::uint64_t copies) {
  const auto reader = relay.log_in(mailbox);
  wire::ClientFrame listen;
  listen.add_requests()->set_id(1);
  listen.mutable_requests(0)->mutable_listen();
  reader->send(listen);
  for (std::uint64_t read = 0, acknowledged = 0; read < copies; acknowledged = read) {
    for (const wire::Delivery& delivery : reader->receive()->deliveries()) read = delivery.number();
    if (read > acknowledged) reader->acknowledge(acknowledged + 1, read);
  }
}

struct Size {
  double queued = 0, send_us = 0, background_us = 0, drain_us = 0, bytes = 0, restart_ms = 0;
};

// 'drained' are full and go empty here.
Size measure(RelayProcess& relay, const std::vector<const Mailbox*>& mailboxes, const std::vector<const Mailbox*>& drained,
             std::size_t queued) {
  Size size;
  const pid_t process = relay.process().pid();
  settle(process);
  size.queued = static_cast<double>(queued);  // the relay's own count forgets the last seconds before a kill
  double cpu = cpu_of(process);
  for (const Mailbox* mailbox : drained) drain(relay, *mailbox, drained_copies);
  size.drain_us = (cpu_of(process) - cpu) / static_cast<double>(drained.size() * drained_copies) * 1e6;
  settle(process);
  cpu = cpu_of(process);
  const double background = background_cpu_of(process);
  send_from_all(relay, mailboxes, further);
  const double used = cpu_of(process) - cpu - (background_cpu_of(process) - background);
  size.send_us = used / static_cast<double>(further) * 1e6;
  settle(process);
  size.background_us = (background_cpu_of(process) - background) / static_cast<double>(further) * 1e6;
  size.bytes = static_cast<double>(relay.process().private_bytes());
  const Clock::time_point start = Clock::now();
  relay.restart();
  send_copies(relay, {mailboxes.front()}, 0, 1);
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
  RelayProcess relay(options, "[store]\ncache_bytes = " + std::to_string(block_cache_bytes) + '\n');
  Report report{"growth: what queued copies of 1 KB cost, and what a restart does", {}};
  report.add("disk_syncs_per_s", syncs_per_second(relay.folder()));
  const std::size_t many = std::max<std::size_t>(options.mailboxes, options.copies / copies_per_mailbox);
  const std::vector<Mailbox> opened = relay.open(many + 2 * drained_mailboxes);
  std::vector<const Mailbox*> mailboxes, first_drained, last_drained;
  for (std::size_t i = 0; i < opened.size(); ++i)
    (i < many ? mailboxes : i < many + drained_mailboxes ? first_drained : last_drained).push_back(&opened[i]);

  constexpr std::size_t all_drained = drained_mailboxes * drained_copies;
  send_from_all(relay, first_drained, all_drained);
  send_from_all(relay, mailboxes, few);
  const Size small = measure(relay, mailboxes, first_drained, few + all_drained);

  // Those that are drained last fill up along with the others, so that their copies lie among all of them.
  constexpr std::size_t steps = 10;
  const std::size_t more = (options.copies - few - further) / steps;
  for (std::size_t step = 0; step < steps; ++step) {
    send_from_all(relay, mailboxes, more);
    send_from_all(relay, last_drained, all_drained / steps);
  }
  const Size large = measure(relay, mailboxes, last_drained, options.copies + all_drained);

  add(report, "few", small);
  add(report, "many", large);
  report.add("send_cpu_ratio", large.send_us / small.send_us);
  report.add("drain_cpu_ratio", large.drain_us / small.drain_us);
  report.add("bytes_per_queued_copy", (large.bytes - small.bytes) / (large.queued - small.queued));
  return report;
}

}  // namespace vigil::bench

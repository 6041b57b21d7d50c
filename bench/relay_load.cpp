// Through the network: senders' frames to a real relay, and a reader who fetches a backlog.
#include <stdexcept>
#include <thread>

#include "crypto/base/random.hpp"
#include "relay_process.hpp"

namespace vigil::bench {
namespace {

// One connection, one thread: frames of requests, a few frames ahead of their answers.
struct Sender {
  std::uint64_t durable = 0, refused = 0;
  std::vector<double> samples_ms;
  std::string failed;

  void run(const RelayProcess& relay, const std::vector<Mailbox>& mailboxes, const Options& options, unsigned first,
           Clock::time_point end) {
    try {
      talk(*relay.connect(), mailboxes, options, first, end);
    } catch (const std::exception& error) {
      failed = error.what();
    }
  }

  void talk(Member& member, const std::vector<Mailbox>& mailboxes, const Options& options, unsigned first,
            Clock::time_point end) {
    const std::string envelope = std::string(1024, 'e');
    std::vector<Clock::time_point> asked;
    std::uint64_t sent = 0, answered = 0;
    std::size_t to = first;
    while (Clock::now() < end || answered < sent) {
      while (Clock::now() < end && sent - answered < std::uint64_t{options.frames_ahead} * options.frame_requests) {
        wire::ClientFrame frame;
        for (unsigned i = 0; i < options.frame_requests; ++i) {
          wire::Request& request = *frame.add_requests();
          request = deliver_request(mailboxes[to++ % mailboxes.size()].address, envelope, wire::NORMAL);
          request.set_id(++sent);
          asked.push_back(Clock::now());
        }
        member.send(frame);
      }
      for (const wire::Answer& answer : member.receive().answers()) {
        ++answered;
        samples_ms.push_back(seconds_since(asked.at(answer.id() - 1)) * 1000);
        ++(answer.status() == wire::DONE ? durable : refused);
      }
    }
  }
};

// Sends a frame and waits until every request of it is durable.
void ask_all(Member& member, const wire::ClientFrame& frame) {
  member.send(frame);
  for (int answered = 0; answered < frame.requests_size();)
    for (const wire::Answer& answer : member.receive().answers()) {
      must(answer.status(), "deliver");
      ++answered;
    }
}

}  // namespace

Report load_relay(const Options& options) {
  const RelayProcess relay(options);
  Report report{"relay: durable copies of 1 KB over TLS WebSockets", {}};
  report.add("disk_syncs_per_s", syncs_per_second(relay.folder()));
  const std::vector<Mailbox> mailboxes = relay.open(options.mailboxes);
  std::vector<Sender> senders(options.connections);
  std::vector<std::thread> threads;
  const std::int64_t commits = relay.number("commits");
  const double cpu = cpu_seconds(relay.pid());
  const Clock::time_point start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  for (unsigned i = 0; i < options.connections; ++i)
    threads.emplace_back([&, i] { senders[i].run(relay, mailboxes, options, i * 7, end); });
  for (std::thread& thread : threads) thread.join();
  const double took = seconds_since(start), used = cpu_seconds(relay.pid()) - cpu;
  std::vector<double> samples;
  double durable = 0, refused = 0;
  for (const Sender& sender : senders) {
    if (!sender.failed.empty()) throw std::runtime_error("a sender failed: " + sender.failed);
    durable += static_cast<double>(sender.durable);
    refused += static_cast<double>(sender.refused);
    samples.insert(samples.end(), sender.samples_ms.begin(), sender.samples_ms.end());
  }
  report.add("durable_per_s", durable / took);
  report.add("relay_cpu_us_per_copy", used / durable * 1e6);
  report.add("commits_per_s", static_cast<double>(relay.number("commits") - commits) / took);
  report.add("refused", refused);
  add_latencies(report, samples);
  return report;
}

Report load_drain(const Options& options) {
  const RelayProcess relay(options);
  Report report{"drain: one reader fetches and acknowledges a backlog of 1 KB copies", {}};
  const std::vector<Mailbox> mailboxes = relay.open(1);
  const std::uint64_t backlog = options.many * std::uint64_t{20};
  {
    const auto sender = relay.connect();
    const std::string envelope = std::string(1024, 'd');
    std::uint64_t sent = 0;
    while (sent < backlog) {
      wire::ClientFrame frame;
      for (unsigned i = 0; i < 50 && sent < backlog; ++i) {
        wire::Request& request = *frame.add_requests();
        request = deliver_request(mailboxes[0].address, envelope, wire::NORMAL);
        request.set_id(++sent);
      }
      ask_all(*sender, frame);
    }
  }
  const auto reader = relay.log_in(mailboxes[0]);
  const double cpu = cpu_seconds(relay.pid());
  const Clock::time_point start = Clock::now();
  wire::ClientFrame listen;
  listen.add_requests()->set_id(1);
  listen.mutable_requests(0)->mutable_listen();
  reader->send(listen);
  for (std::uint64_t read = 0, acknowledged = 0; read < backlog; acknowledged = read) {
    for (const wire::Delivery& delivery : reader->receive().deliveries()) read = delivery.number();
    if (read > acknowledged) reader->acknowledge(acknowledged + 1, read);
  }
  const double took = seconds_since(start), used = cpu_seconds(relay.pid()) - cpu;
  report.add("copies", static_cast<double>(backlog));
  report.add("copies_per_s", static_cast<double>(backlog) / took);
  report.add("relay_cpu_us_per_copy", used / static_cast<double>(backlog) * 1e6);
  return report;
}

}  // namespace vigil::bench

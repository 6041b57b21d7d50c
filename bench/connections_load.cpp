// Many connections: what one costs while idle, what a login costs, and how soon the last of many listeners has a copy.
#include <poll.h>

#include <span>
#include <stdexcept>

#include "relay_process.hpp"

namespace vigil::bench {
namespace {

// So many members who listen, over and over the same mailboxes' owners: one connection per mailbox.
std::vector<std::unique_ptr<Member>> listeners(const RelayProcess& relay, std::span<const Mailbox> mailboxes) {
  std::vector<std::unique_ptr<Member>> all;
  for (const Mailbox& mailbox : mailboxes) {
    all.push_back(relay.log_in(mailbox));
    must(all.back()->listen(), "listen");
  }
  return all;
}

}  // namespace

Report load_idle(const Options& options) {
  const RelayProcess relay(options);
  Report report{"idle: private memory of a listening TLS connection", {}};
  const std::vector<Mailbox> mailboxes = relay.open(options.many);
  // Allocators and caches have had their first fill: a tenth of the connections comes and goes before counting starts.
  const std::size_t warm = options.many / 10;
  {
    const auto first = listeners(relay, {mailboxes.begin(), mailboxes.begin() + static_cast<std::ptrdiff_t>(warm)});
  }
  while (relay.number("connections") > 0) ::poll(nullptr, 0, 10);
  const std::size_t before = private_bytes(relay.pid());
  const auto all = listeners(relay, mailboxes);
  const std::size_t after = private_bytes(relay.pid());
  report.add("connections", static_cast<double>(all.size()));
  report.add("relay_bytes_before", static_cast<double>(before));
  report.add("bytes_per_connection", static_cast<double>(after - std::min(before, after)) / static_cast<double>(all.size()));
  return report;
}

Report load_login(const Options& options) {
  const RelayProcess relay(options);
  Report report{"login: TLS handshake, WebSocket upgrade and owner's proof", {}};
  const std::vector<Mailbox> mailboxes = relay.open(1);
  std::vector<double> samples;
  const double cpu = cpu_seconds(relay.pid());
  for (unsigned i = 0; i < options.many; ++i) {
    const Clock::time_point start = Clock::now();
    relay.log_in(mailboxes[0]);
    samples.push_back(seconds_since(start) * 1000);
  }
  report.add("relay_cpu_us_per_login", (cpu_seconds(relay.pid()) - cpu) / options.many * 1e6);
  add_latencies(report, samples);
  return report;
}

Report load_fanout(const Options& options) {
  const RelayProcess relay(options);
  const unsigned readers = std::min(options.many, 1000u);
  Report report{"fanout: one request to many who listen, until the last one has it", {}};
  const std::vector<Mailbox> mailboxes = relay.open(readers);
  const auto all = listeners(relay, mailboxes);
  const auto sender = relay.connect();
  std::vector<double> samples;
  for (unsigned round = 0; round < 20; ++round) {
    wire::ClientFrame frame;
    wire::Request& request = *frame.add_requests();
    request = deliver_request(mailboxes[0].address, std::string(1024, static_cast<char>('a' + round)), wire::URGENT);
    request.set_id(round + 1);
    for (unsigned i = 1; i < readers; ++i)
      request.mutable_deliver()->mutable_addresses()->append(as_string(mailboxes[i].address));
    std::vector<pollfd> waiting;
    for (const auto& member : all) waiting.push_back({member->descriptor(), POLLIN, 0});
    const Clock::time_point start = Clock::now();
    sender->send(frame);
    // The moment at which the last one's bytes have arrived; opening them here would measure this program.
    for (std::size_t left = waiting.size(); left > 0;) {
      if (::poll(waiting.data(), waiting.size(), 10'000) <= 0) throw std::runtime_error("not everybody got the copy");
      for (pollfd& one : waiting)
        if (one.fd >= 0 && one.revents != 0) one.fd = -1, --left;
    }
    samples.push_back(seconds_since(start) * 1000);
    while (sender->receive().answers_size() == 0) {
    }
    for (const auto& member : all) {
      std::uint64_t number = 0;
      while (number == 0)
        for (const wire::Delivery& delivery : member->receive().deliveries()) number = delivery.number();
      member->acknowledge(number, number);
    }
  }
  report.add("listeners", readers);
  add_latencies(report, samples);
  return report;
}

}  // namespace vigil::bench

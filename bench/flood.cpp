// Threads that send at full speed, and threads that miss nothing.
#include "flood.hpp"

#include <fmt/format.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace vigil::bench {
namespace {

constexpr auto patience = std::chrono::seconds(30);  // without any message, while some are missing
constexpr std::uint64_t never = ~std::uint64_t{0};

double ms_between(std::int64_t from_ns, Clock::time_point to) {
  return static_cast<double>(std::chrono::nanoseconds(to.time_since_epoch()).count() - from_ns) / 1e6;
}

// One sender of a flood: of all messages every so-and-so-many-th.
struct FloodSender {
  const Flood& order;
  std::uint64_t first;
  Flooded out{};
  std::string failed{};

  std::size_t mailbox_of(std::uint64_t n) const { return (n + n / order.mailboxes) % order.mailboxes; }

  void run(Service& service, Clock::time_point end) {
    try {
      out.stored_in.resize(order.mailboxes);
      talk(*service.sender(), end);
    } catch (const std::exception& error) {
      failed = error.what();
    }
  }

  void talk(Sender& sender, Clock::time_point end) {
    std::vector<Clock::time_point> asked;  // by turn: n = turn * senders + first, and its number is numbers_from + n
    std::vector<Message> batch;
    std::vector<Answer> answers;
    std::uint64_t answered = 0, next = first;
    const auto goes_on = [&] { return next < order.messages_max && Clock::now() < end; };
    while (goes_on() || answered < asked.size()) {
      while (asked.size() - answered < std::uint64_t{order.batches_ahead} * order.batch && goes_on()) {
        batch.clear();
        const Clock::time_point now = Clock::now();
        for (; batch.size() < order.batch && next < order.messages_max; next += order.senders) {
          batch.push_back({order.numbers_from + next, order.first_mailbox + mailbox_of(next)});
          asked.push_back(now);
        }
        sender.send(batch);
      }
      answers.clear();
      sender.answers(answers);
      for (const Answer& answer : answers) {
        const std::uint64_t n = answer.number - order.numbers_from;
        out.samples_ms.push_back(seconds_since(asked.at((n - first) / order.senders)) * 1000);
        ++(answer.stored ? out.stored : out.refused);
        if (answer.stored) ++out.stored_in[mailbox_of(n)];
      }
      answered += answers.size();
    }
  }
};

}  // namespace

Meter::Meter(Service& service)
    : service_(service), counts_(service.counts()), cpu_s_(service.process().cpu_seconds()), own_cpu_s_(own_cpu_seconds()) {}

void Meter::add_to(Report& report, double messages, double seconds) {
  report.add("per_s", messages / seconds);
  report.add("cpu_us", (service_.process().cpu_seconds() - cpu_s_) / messages * 1e6);
  report.add("load_cpu_us", (own_cpu_seconds() - own_cpu_s_) / messages * 1e6);
  const auto now = service_.counts();
  for (std::size_t i = 0; i < now.size(); ++i) report.add(now[i].first + "_per_s", (now[i].second - counts_[i].second) / seconds);
}

bool Seen::first(std::uint64_t number) {
  if (number >= seen_.size()) seen_.resize(number * 2 + 1024);
  if (seen_[number]) return false;
  seen_[number] = true;
  return true;
}

Flooded flood(Service& service, const Flood& order) {
  std::vector<FloodSender> senders;
  for (unsigned i = 0; i < order.senders; ++i) senders.push_back({order, i});
  std::vector<std::thread> threads;
  const Clock::time_point start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(order.seconds));
  for (FloodSender& sender : senders) threads.emplace_back([&] { sender.run(service, end); });
  for (std::thread& thread : threads) thread.join();
  Flooded all;
  all.seconds = seconds_since(start);
  all.stored_in.resize(order.mailboxes);
  for (const FloodSender& sender : senders) {
    if (!sender.failed.empty()) throw std::runtime_error("a sender failed: " + sender.failed);
    all.stored += sender.out.stored;
    all.refused += sender.out.refused;
    for (std::size_t i = 0; i < order.mailboxes; ++i) all.stored_in[i] += sender.out.stored_in[i];
    all.samples_ms.insert(all.samples_ms.end(), sender.out.samples_ms.begin(), sender.out.samples_ms.end());
  }
  if (all.stored == 0) throw std::runtime_error("nothing was stored");
  return all;
}

Flood flood_of(const Options& options, std::size_t mailboxes) {
  Flood order;
  order.mailboxes = mailboxes;
  order.senders = options.connections;
  order.batch = options.frame_requests;
  order.batches_ahead = options.frames_ahead;
  return order;
}

void fill(Service& service, const Options& options, std::size_t mailboxes, std::uint64_t each) {
  Flood order = flood_of(options, mailboxes);
  order.messages_max = mailboxes * each;
  store_all(service, order);
}

void store_all(Service& service, const Flood& order) {
  const Flooded filled = flood(service, order);
  if (filled.stored != order.messages_max)
    throw std::runtime_error(fmt::format("of {} messages {} were stored", order.messages_max, filled.stored));
}

void read_exactly(Reader& reader, std::uint64_t expected) {
  std::vector<Taken> taken;
  Seen seen;
  reader.listen();
  for (std::uint64_t count = 0; count < expected;) {
    taken.clear();
    reader.take(taken, Clock::now() + patience);
    if (taken.empty()) throw std::runtime_error(fmt::format("of {} messages that were stored {} came", expected, count));
    for (const Taken& one : taken) count += seen.first(one.number);
    reader.acknowledge();
  }
  reader.finish();
}

struct Audience::Listener {
  std::unique_ptr<Reader> reader;
  std::atomic<std::uint64_t> expected = never;
  std::atomic<bool> given_up = false;
  Heard heard{};
  std::string failed{};
  std::thread thread{};

  void run() {
    try {
      hear();
    } catch (const std::exception& error) {
      failed = error.what();
    }
  }
  void hear() {
    std::vector<Taken> taken;
    Seen seen;
    std::uint64_t count = 0;
    heard.last = Clock::now();
    while (count < expected && !given_up) {
      taken.clear();
      reader->take(taken, Clock::now() + std::chrono::milliseconds(50));
      const Clock::time_point now = Clock::now();
      if (taken.empty()) {
        if (expected != never && now > heard.last + patience)
          throw std::runtime_error(fmt::format("of {} messages that were stored {} came", expected.load(), count));
        continue;
      }
      reader->acknowledge();
      heard.last = now;
      for (const Taken& one : taken) {
        if (!seen.first(one.number)) continue;
        ++count;
        if (one.meant_ns != 0) heard.samples_ms.push_back(ms_between(one.meant_ns, now));
      }
    }
    if (count > expected) throw std::runtime_error("more messages came than were stored");
    if (!given_up) reader->finish();
  }
};

Audience::Audience(Service& service, std::size_t count, std::size_t first) {
  for (std::size_t i = 0; i < count; ++i) {
    listeners_.push_back(std::make_unique<Listener>(service.log_in(first + i)));
    listeners_.back()->reader->listen();
  }
  for (const auto& listener : listeners_) listener->thread = std::thread([one = listener.get()] { one->run(); });
}

Audience::~Audience() {
  for (const auto& listener : listeners_) listener->given_up = true;
  for (const auto& listener : listeners_)
    if (listener->thread.joinable()) listener->thread.join();
}

Audience::Heard Audience::all(const std::vector<std::uint64_t>& stored_in) {
  Heard out;
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i]->expected = stored_in.at(i);
  for (const auto& listener : listeners_) listener->thread.join();
  for (const auto& listener : listeners_) {
    if (!listener->failed.empty()) throw std::runtime_error("a reader failed: " + listener->failed);
    out.last = std::max(out.last, listener->heard.last);
    out.samples_ms.insert(out.samples_ms.end(), listener->heard.samples_ms.begin(), listener->heard.samples_ms.end());
  }
  return out;
}

}  // namespace vigil::bench

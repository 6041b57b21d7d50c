// At a fixed rate, whatever the answers do: how long from the moment at which a copy should have been sent until its answer, and
// until its reader has it. Beside it what the disk takes for a small append and fdatasync in the same seconds.
#include <fmt/format.h>

#include <stdexcept>

#include "flood.hpp"
#include "open_loop.hpp"

namespace vigil::bench {
namespace {

constexpr double probes_per_s = 100;  // few, so that they are not what the service waits for
constexpr std::size_t batch_max = 32;

struct Answered {
  std::vector<std::uint64_t> stored_in;
  std::vector<double> samples_ms;
};

// One sender with a timetable.
Answered send_on_time(Sender& sender, std::size_t mailboxes, double per_second, double seconds) {
  using std::chrono::duration, std::chrono::duration_cast, std::chrono::nanoseconds;
  const auto step = duration_cast<Clock::duration>(duration<double>(1 / per_second));
  const Clock::time_point start = Clock::now(), end = start + duration_cast<Clock::duration>(duration<double>(seconds));
  Answered out;
  out.stored_in.resize(mailboxes);
  std::vector<Clock::time_point> meant;  // message n is number n + 1
  std::vector<Message> batch;
  std::vector<Answer> answers;
  Clock::time_point next = start;
  while (next < end || out.samples_ms.size() < meant.size()) {
    batch.clear();
    for (const Clock::time_point now = Clock::now(); next <= now && next < end && batch.size() < batch_max; next += step) {
      meant.push_back(next);
      batch.push_back({meant.size(), meant.size() % mailboxes, nanoseconds(next.time_since_epoch()).count()});
    }
    if (!batch.empty()) sender.send(batch);
    answers.clear();
    sender.answers(answers, next < end ? next : Clock::now() + std::chrono::seconds(20));
    if (answers.empty() && next >= end) throw std::runtime_error("some messages were never answered");
    for (const Answer& answer : answers) {
      if (!answer.stored) throw std::runtime_error("a message was refused");
      out.samples_ms.push_back(seconds_since(meant.at(answer.number - 1)) * 1000);
      ++out.stored_in[answer.number % mailboxes];
    }
  }
  return out;
}

void add_percentiles(Report& report, const std::string& name, std::vector<double> samples_ms) {
  report.add(name + "_p50_ms", percentile(samples_ms, 50));
  report.add(name + "_p99_ms", percentile(samples_ms, 99));
  report.add(name + "_max_ms", percentile(samples_ms, 100));
}

}  // namespace

Report load_latency(Service& service, const Options& options) {
  Report report{"latency: copies of 1 KB at a fixed rate to readers who listen", {}};
  service.open(options.readers);
  Audience audience(service, options.readers);
  const auto sender = service.sender();
  SyncProbe probe(service.folder(), probes_per_s);
  Meter meter(service);
  const Clock::time_point start = Clock::now();
  const Answered answered = send_on_time(*sender, options.readers, options.per_second, options.seconds);
  Audience::Heard heard = audience.all(answered.stored_in);
  probe.stop();
  meter.add_to(report, static_cast<double>(answered.samples_ms.size()), seconds_since(start));
  report.add("samples", static_cast<double>(heard.samples_ms.size()));
  add_percentiles(report, "end_to_end", std::move(heard.samples_ms));
  add_percentiles(report, "answer", answered.samples_ms);
  add_percentiles(report, "fdatasync", probe.syncs().between(start, Clock::now()));
  add_percentiles(report, "bare_commit", probe.waits().between(start, Clock::now()));
  add_percentiles(report, "wake", probe.wakes().between(start, Clock::now()));
  return report;
}

}  // namespace vigil::bench

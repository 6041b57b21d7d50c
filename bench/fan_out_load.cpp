// One request to 1,000 who listen: how soon the last one has it, while copies to others go through the same service at a fixed
// rate, and while nothing else happens; in turn, in the same minute.
#include <algorithm>
#include <stdexcept>

#include "crowd.hpp"
#include "timetable.hpp"

namespace vigil::bench {
namespace {

constexpr unsigned turns = 3, rounds = 5;  // of each kind, and of each turn
constexpr auto running_in = std::chrono::milliseconds(300);

struct FanOut {
  Sender& sender;
  const Crowd& all;
  std::uint64_t number = 0;

  // From the request until bytes have come to the last one's socket, in milliseconds.
  double once() {
    const Clock::time_point start = Clock::now();
    sender.send_to_all({++number});
    wait_for_all(all);
    const double took = seconds_since(start) * 1000;
    std::vector<Answer> answers;
    sender.answers(answers);
    if (answers.size() != 1 || !answers[0].stored) throw std::runtime_error("the message to all was refused");
    for (const auto& reader : all) {
      std::vector<Taken> taken;
      reader->take(taken);
      if (taken.size() != 1 || taken[0].number != number) throw std::runtime_error("something else came than was sent to all");
      reader->acknowledge();
    }
    return took;
  }
};

// What was measured of one situation.
struct Situation {
  std::vector<double> last_ms;
  double cpu_s = 0, seconds = 0;

  void play(Service& service, FanOut& fan_out) {
    const double cpu = service.process().cpu_seconds();
    const Clock::time_point start = Clock::now();
    for (unsigned round = 0; round < rounds; ++round) last_ms.push_back(fan_out.once());
    seconds += seconds_since(start);
    cpu_s += service.process().cpu_seconds() - cpu;
  }
};

// Samples of the traffic behind.
struct Behind {
  std::vector<double> to_reader_ms, late_ms;
  double seconds = 0;

  void add(const Timetable::Times& times) {
    to_reader_ms.insert(to_reader_ms.end(), times.to_reader.begin(), times.to_reader.end());
    late_ms.insert(late_ms.end(), times.late.begin(), times.late.end());
    seconds += times.seconds;
  }
};

}  // namespace

Report load_fan_out(Service& service, const Options& options) {
  const unsigned listeners = std::min(options.many, 1000u);
  Report report{"fan-out: one request to many who listen, until the last one has it, with other traffic behind it and without",
                {}};
  service.open(listeners + options.readers, listeners);
  const Crowd all = listening(service, listeners);
  const auto sender = service.sender();
  settle(all);
  FanOut fan_out{*sender, all};
  Situation quiet, busy;
  Behind behind;
  for (unsigned turn = 0; turn < turns; ++turn) {
    quiet.play(service, fan_out);
    Timetable traffic(service, {listeners, options.readers, options.per_second});
    traffic.start();
    std::this_thread::sleep_for(running_in);
    busy.play(service, fan_out);
    behind.add(traffic.stop());
  }
  report.add("listeners", listeners);
  report.add("samples_each", turns * rounds);
  report.add("quiet_cpu_us", quiet.cpu_s / (turns * rounds * listeners) * 1e6);  // of each copy
  add_percentiles(report, "quiet", std::move(quiet.last_ms));
  add_percentiles(report, "busy", std::move(busy.last_ms));
  report.add("behind_per_s", static_cast<double>(behind.to_reader_ms.size()) / behind.seconds);
  add_percentiles(report, "behind", std::move(behind.to_reader_ms));
  add_percentiles(report, "behind_late", std::move(behind.late_ms));
  return report;
}

}  // namespace vigil::bench

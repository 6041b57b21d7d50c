// What alerts wait for while somebody fetches a large backlog from the same service, beside what they wait for without that: in
// turn, in the same minute. Build 5 of issue 5: unmoved.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

#include "timetable.hpp"

namespace vigil::bench {
namespace {

constexpr unsigned turns = 2;
constexpr std::size_t drained = 0, first_alerted = 1;  // mailboxes

void append(std::vector<double>& to, const std::vector<double>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

struct Side {
  std::vector<double> to_reader, to_answer, late;
  void add(const Timetable::Times& times) {
    append(to_reader, times.to_reader);
    append(to_answer, times.to_answer);
    append(late, times.late);
  }
};

// Another phone's work. In life it is done elsewhere; here it must not take the processor from those who send alerts and time
// them. For the service that is a reader like any other.
void read_elsewhere(Reader& reader, std::uint64_t copies) {
  std::string failed;
  std::thread thread([&] {
    constexpr int behind_the_others = 10;
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), behind_the_others);  // of this thread alone
    try {
      read_exactly(reader, copies);
    } catch (const std::exception& error) {
      failed = error.what();
    }
  });
  thread.join();
  if (!failed.empty()) throw std::runtime_error("the reader of the backlog failed: " + failed);
}

// One load, two situations.
struct Comparison {
  Service& service;
  const Options& options;
  Side quiet{}, drain{};
  double draining_s = 0;

  Timetable::Order order() const { return {first_alerted, options.readers, options.per_second, true}; }
  void without() {
    Timetable alerts(service, order());
    alerts.start();
    std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
    quiet.add(alerts.stop());
  }
  void beside_a_drain() {
    Timetable alerts(service, order());
    const auto reader = service.log_in(drained);
    alerts.start();
    const Clock::time_point start = Clock::now();
    read_elsewhere(*reader, options.backlog);
    draining_s += seconds_since(start);
    drain.add(alerts.stop());
  }
};

}  // namespace

Report load_drain_alert(Service& service, const Options& options) {
  Report report{"drain-alert: alerts at a fixed rate, with and without a reader beside them who fetches a backlog", {}};
  service.open(first_alerted + options.readers);
  Comparison both{service, options};
  for (unsigned turn = 0; turn < turns; ++turn) {
    fill(service, options, drained + 1, options.backlog);
    // What filling and draining leave behind meets each of them as often.
    if (turn % 2 == 0) both.without();
    both.beside_a_drain();
    if (turn % 2 == 1) both.without();
  }
  report.add("alerts_per_s", options.per_second);
  report.add("drains", turns);
  report.add("copies_each", static_cast<double>(options.backlog));
  report.add("drain_per_s", static_cast<double>(options.backlog) * turns / both.draining_s);
  report.add("quiet_samples", static_cast<double>(both.quiet.to_reader.size()));
  report.add("drain_samples", static_cast<double>(both.drain.to_reader.size()));
  for (auto [name, side] : {std::pair("quiet", &both.quiet), std::pair("drain", &both.drain)}) {
    add_percentiles(report, name, std::move(side->to_reader));
    add_percentiles(report, name + std::string("_answer"), std::move(side->to_answer));
    add_percentiles(report, name + std::string("_late"), std::move(side->late));
  }
  return report;
}

}  // namespace vigil::bench

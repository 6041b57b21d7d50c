// At a fixed rate, whatever the answers do: how long from the moment at which a copy should have been sent until its answer, and
// until its reader has it. Beside it what the disk takes for a small append and fdatasync in the same seconds.
#include "open_loop.hpp"
#include "timetable.hpp"

namespace vigil::bench {
namespace {

constexpr double probes_per_s = 100;  // few, so that they are not what the service waits for

}  // namespace

Report load_latency(Service& service, const Options& options) {
  Report report{"latency: copies of 1 KB at a fixed rate to readers who listen", {}};
  service.open(options.readers);
  Timetable timetable(service, {0, options.readers, options.per_second});
  SyncProbe probe(service.folder(), probes_per_s);
  Meter meter(service);
  const Clock::time_point start = Clock::now();
  timetable.start();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  Timetable::Times times = timetable.stop();
  probe.stop();
  meter.add_to(report, static_cast<double>(times.to_answer.size()), seconds_since(start));
  report.add("samples", static_cast<double>(times.to_reader.size()));
  add_percentiles(report, "end_to_end", std::move(times.to_reader));
  add_percentiles(report, "answer", std::move(times.to_answer));
  add_percentiles(report, "late", std::move(times.late));
  add_percentiles(report, "fdatasync", probe.syncs().between(start, Clock::now()));
  add_percentiles(report, "bare_commit", probe.waits().between(start, Clock::now()));
  add_percentiles(report, "wake", probe.wakes().between(start, Clock::now()));
  return report;
}

}  // namespace vigil::bench

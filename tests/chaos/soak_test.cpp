// A long time in the life of one real relay, the same day again and again: nothing that was promised is lost, and the relay is in
// the last quarter what it was in the second. Days are seconds long, by short leases and pauses in its configuration; as many as
// fit into VIGIL_SOAK_HOURS (./dev soak), or a minute's worth.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "server/exit_codes.hpp"
#include "soak_circle.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t days_of_a_short_run = 28;

// What a day leaves behind. Not privileged: statm and status are everybody's to read.
struct Sample {
  double private_bytes = 0, threads = 0, descriptors = 0, files = 0, disk_bytes = 0, stored = 0;
};

double private_bytes(pid_t process) {
  std::ifstream statm("/proc/" + std::to_string(process) + "/statm");
  double size = 0, resident = 0, shared = 0;
  statm >> size >> resident >> shared;
  return (resident - shared) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double threads(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Threads:")) return std::stod(line.substr(8));
  return 0;
}

// Without the store's own files, of which it keeps open as many as it likes, up to a bound.
double descriptors(pid_t process, const fs::path& store) {
  double count = 0;
  for (const auto& one : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
    std::error_code gone;
    const fs::path target = fs::read_symlink(one, gone);
    if (!gone && !target.string().starts_with(store.string())) ++count;
  }
  return count;
}

Sample sample(const RelayHome& home, const Serving& relay) {
  Sample now;
  const fs::path store = home.data() / "store";
  now.private_bytes = private_bytes(relay.pid());
  now.threads = threads(relay.pid());
  if (::geteuid() == 0) now.descriptors = descriptors(relay.pid(), store);  // a relay shows them to root only
  for (const auto& one : fs::recursive_directory_iterator(store)) {
    std::error_code gone;
    const auto bytes = one.is_regular_file(gone) ? fs::file_size(one, gone) : 0;
    if (gone) continue;
    ++now.files;
    now.disk_bytes += static_cast<double>(bytes);
  }
  now.stored = static_cast<double>(relay.number("stored"));
  return now;
}

// Of the second and the last quarter of the days; the first one is for warming up.
struct Quarters {
  double second = 0, last = 0;
  double grown() const { return last - second; }
};

using Choose = double (*)(const std::vector<double>& sorted);
double median(const std::vector<double>& sorted) {
  return sorted[sorted.size() / 2];
}
double lowest(const std::vector<double>& sorted) {
  return sorted.front();
}

Quarters compare(const std::vector<Sample>& samples, double Sample::* what, Choose choose) {
  const auto of_days = [&](std::size_t from, std::size_t to) {
    std::vector<double> values;
    for (std::size_t i = from; i < to; ++i) values.push_back(samples[i].*what);
    std::sort(values.begin(), values.end());
    return choose(values);
  };
  const std::size_t quarter = samples.size() / 4;
  return {of_days(quarter, 2 * quarter), of_days(samples.size() - quarter, samples.size())};
}

// What may grow, and why. Ids of copies and ended vigils are remembered for 72 hours: as rows, and the vigils in memory, too.
constexpr double remembered_row_bytes = 64, remembered_vigil_bytes = 128, vigils_a_day = 4;
// A new filter of remembered ids begins at midnight, and is 1.3 MB from its first id on.
constexpr double filter_bytes = 1'400'000;
// Beside it: a log that is not flushed yet; what the heap has in reserve, which finds its size in steps of half a megabyte to two
// (122 days in a row stayed at 25 to 26 MB).
constexpr double slack_bytes = 1 << 20, heap_slack_bytes = 4 << 20, slack_files = 8;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VIGIL_OTHER_HEAP
#endif
#endif

}  // namespace

TEST_CASE("day after day a relay loses nothing it has promised, and holds no more than before", "[chaos][soak]") {
  const RelayHome home;
  home.configure(
      "[store]\ncache_bytes = 1048576\n[log]\nlevel = \"warning\"\n"
      "[limits]\nerase_s = 1\nlease_s = 1\nfirst_rounds_s = [1, 1, 1]\nvigil_life_s = 60\n"
      "requests_per_s = 1000000\nowner_requests_per_s = 1000000\nurgent_per_address_per_min = 1000000\n"
      "prekey_fetches_per_address_per_h = 1000000\n");
  Serving relay(home);
  Circle circle(home, relay);
  const char* hours = std::getenv("VIGIL_SOAK_HOURS");
  const std::time_t began_s = std::time(nullptr);
  const auto start = std::chrono::steady_clock::now();
  const auto lasted_h = [&] {
    return std::chrono::duration<double, std::ratio<3600>>(std::chrono::steady_clock::now() - start).count();
  };
  std::vector<Sample> samples;
  while (samples.size() < days_of_a_short_run || (hours != nullptr && lasted_h() < std::stod(hours))) {
    INFO("day " << samples.size());
    circle.live_a_day();
    relay.await("connections", 0);
    relay.await("copies_urgent", 0);
    relay.await("copies_normal", 0);
    relay.await("vigils", 0);
    samples.push_back(sample(home, relay));
    const Sample& now = samples.back();
    if (hours != nullptr)
      std::printf("day %3zu: %.0f KB, %.0f threads, %.0f descriptors, %.0f files, %.0f KB on disk, %.0f stored\n", samples.size(),
                  now.private_bytes / 1024, now.threads, now.descriptors, now.files, now.disk_bytes / 1024, now.stored);
  }
  const Quarters memory = compare(samples, &Sample::private_bytes, median), disk = compare(samples, &Sample::disk_bytes, median);
  const Quarters files = compare(samples, &Sample::files, median), stored = compare(samples, &Sample::stored, median);
  std::printf(
      "soak: %zu days, %lu copies promised, 0 lost; memory %+.0f KB of %.0f, disk %+.0f KB of %.0f, files %+.0f of %.0f\n",
      samples.size(), circle.promised(), memory.grown() / 1024, memory.second / 1024, disk.grown() / 1024, disk.second / 1024,
      files.grown(), files.second);
  // Whoever asks the console is connected for a moment: the lowest number of many days is that of nobody there.
  CHECK(compare(samples, &Sample::threads, lowest).grown() == 0);
  CHECK(compare(samples, &Sample::descriptors, lowest).grown() == 0);
  CHECK(files.grown() <= slack_files);
  CHECK(disk.grown() <= remembered_row_bytes * stored.grown() + slack_bytes);
#if !defined(VIGIL_OTHER_HEAP)
  const double vigils = vigils_a_day * static_cast<double>(samples.size()) / 2;
  const auto midnights = static_cast<double>(std::time(nullptr) / 86'400 - began_s / 86'400);
  CHECK(memory.grown() <= remembered_vigil_bytes * vigils + filter_bytes * midnights + heap_slack_bytes);
#endif
  relay.signal(SIGTERM);
  CHECK(relay.wait() == exit_done);
}

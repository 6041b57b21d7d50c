// What every measurement has in common: percentiles of all raw samples, CPU of a process, the disk's own limit, and one way to
// print.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vigil::bench {

using Clock = std::chrono::steady_clock;
inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One line of figures: name and number, in order.
struct Report {
  std::string what;
  std::vector<std::pair<std::string, double>> figures;
  void add(std::string name, double number) { figures.emplace_back(std::move(name), number); }
};
// A table for people, or one JSON object a line.
void print(const Report& report, bool json);

// p in [0, 100], over all samples, none thrown away. Sorts.
double percentile(std::vector<double>& samples, double p);
void add_latencies(Report& report, std::vector<double>& samples_ms);

double cpu_seconds(pid_t process);         // user and system, from /proc/PID/stat
std::size_t private_bytes(pid_t process);  // Private_Clean + Private_Dirty of /proc/PID/smaps_rollup
double own_cpu_seconds();
// How many appends of 4 KiB with fdatasync this disk does a second: what bounds any durable answer that is not shared.
double syncs_per_second(const std::filesystem::path& folder);

// A folder that goes with its object. On the disk of the current folder, so that syncs are real: /tmp may be memory.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vigil::bench

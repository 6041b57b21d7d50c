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

// The numbers of /proc/PID/stat behind the command's name: state as 0, then the parent's id, and so on. Empty: it is gone.
std::vector<double> stat_fields(pid_t process);
double cpu_seconds(pid_t process);  // user and system, with those of its children that have ended
struct Memory {
  std::size_t private_bytes = 0;   // Private_Clean + Private_Dirty of /proc/PID/smaps_rollup
  std::size_t resident_bytes = 0;  // Rss
};
Memory memory_of(pid_t process);
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

// Measuring by the kernel's own numbers.
#include "measure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace vigil::bench {

void print(const Report& report, bool json) {
  if (json) {
    std::cout << fmt::format("{{\"what\":\"{}\"", report.what);
    for (const auto& [name, number] : report.figures) std::cout << fmt::format(",\"{}\":{:.3f}", name, number);
    std::cout << "}\n";
    return;
  }
  std::cout << report.what << '\n';
  for (const auto& [name, number] : report.figures) std::cout << fmt::format("  {:<28} {:>14.2f}\n", name, number);
  std::cout.flush();
}

double percentile(std::vector<double>& samples, double p) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const auto at = static_cast<std::size_t>(std::lround(p / 100 * static_cast<double>(samples.size() - 1)));
  return samples[std::min(at, samples.size() - 1)];
}

void add_latencies(Report& report, std::vector<double>& samples_ms) {
  report.add("samples", static_cast<double>(samples_ms.size()));
  report.add("p50_ms", percentile(samples_ms, 50));
  report.add("p99_ms", percentile(samples_ms, 99));
  report.add("max_ms", percentile(samples_ms, 100));
}

std::vector<double> stat_fields(pid_t process) {
  std::ifstream in(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::getline(in, line);
  // Counted behind the command's name, which may hold anything.
  std::istringstream rest(line.substr(std::min(line.rfind(')') + 1, line.size())));
  std::string state;
  std::vector<double> out;
  if (rest >> state) out.push_back(0);
  for (double field = 0; rest >> field;) out.push_back(field);
  return out;
}

double cpu_seconds(pid_t process) {
  const std::vector<double> fields = stat_fields(process);
  if (fields.size() < 15) return 0;
  return (fields[11] + fields[12] + fields[13] + fields[14]) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Memory memory_of(pid_t process) {
  std::ifstream in(fmt::format("/proc/{}/smaps_rollup", process));
  Memory out;
  for (std::string line; std::getline(in, line);) {
    const auto bytes = [&line] { return std::stoul(line.substr(line.find(':') + 1)) * 1024; };
    if (line.starts_with("Private_")) out.private_bytes += bytes();
    if (line.starts_with("Rss:")) out.resident_bytes = bytes();
  }
  return out;
}

double own_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double syncs_per_second(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "sync-limit";
  const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (opened < 0) throw std::runtime_error("cannot write to " + folder.string());
  const std::array<char, 4096> block{};
  const Clock::time_point start = Clock::now();
  unsigned count = 0;
  while (seconds_since(start) < 0.5) {
    if (::write(opened, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(opened) != 0) break;
    ++count;
  }
  const double rate = count / seconds_since(start);
  ::close(opened);
  std::filesystem::remove(file);
  return rate;
}

Folder::Folder() {
  std::string name = (std::filesystem::current_path() / "vigil-load-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("cannot make a folder here; run vigil-load where you may write");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace vigil::bench

// The machine below the relay: what the kernel says of its clock, its swap, and the process that runs.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>

#include <fstream>
#include <sstream>

#include "server/doctor/findings.hpp"

namespace vigil::server {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t files_besides = 512;  // the store's, and what every process has open

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Below /sys/dev/block: device-mapper says by its id what it does.
bool is_encrypted(unsigned device_major, unsigned device_minor) {
  return first_line(fmt::format("/sys/dev/block/{}:{}/dm/uuid", device_major, device_minor)).starts_with("CRYPT-");
}

// What is swapped to, when it is neither memory nor encrypted.
std::vector<std::string> plain_swaps() {
  std::vector<std::string> all;
  std::ifstream swaps("/proc/swaps");
  std::string line;
  std::getline(swaps, line);  // its heading
  while (std::getline(swaps, line)) {
    const std::string name = line.substr(0, line.find_first_of(" \t"));
    struct stat is{};
    if (name.starts_with("/dev/zram")) continue;
    if (::stat(name.c_str(), &is) == 0) {
      const dev_t device = S_ISBLK(is.st_mode) ? is.st_rdev : is.st_dev;
      if (is_encrypted(major(device), minor(device))) continue;
    }
    all.push_back(name);
  }
  return all;
}

// A number of /proc/PID/status, in KB; nothing when it cannot be read.
std::optional<std::uint64_t> kilobytes(pid_t pid, std::string_view name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name)) continue;
    std::uint64_t number = 0;
    std::istringstream(line.substr(name.size() + 1)) >> number;
    return number;
  }
  return std::nullopt;
}

// The unit forbids swap by its control group; root's relay locks its memory.
bool is_kept_from_swap(pid_t pid) {
  if (kilobytes(pid, "VmLck").value_or(0) > 0) return true;
  const std::string group = first_line(fmt::format("/proc/{}/cgroup", pid));
  return group.starts_with("0::") && first_line("/sys/fs/cgroup" + group.substr(3) + "/memory.swap.max") == "0";
}

// A soft limit of a process: "Max open files            1024                 524288               files".
std::optional<std::uint64_t> limit_of(pid_t pid, std::string_view name) {
  std::ifstream limits(fmt::format("/proc/{}/limits", pid));
  for (std::string line; std::getline(limits, line);) {
    if (!line.starts_with(name)) continue;
    std::string word;
    std::istringstream(line.substr(name.size())) >> word;
    return word == "unlimited" ? ~std::uint64_t{0} : std::strtoull(word.c_str(), nullptr, 10);
  }
  return std::nullopt;
}

void look_at_clock(Findings& found) {
  timex clock{};
  if (::adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0)
    found.advice("clock-alone", "Nothing keeps this machine's clock right (the kernel says: not synchronised).",
                 "timedatectl set-ntp true; or, in a virtual machine, ask the provider whether the host does it");
}

// Only of a relay that runs: its service has other limits than this command.
void look_at_limits(const Patient& patient, Findings& found) {
  const std::optional<std::uint64_t> files = limit_of(patient.running->pid, "Max open files");
  const std::uint64_t needed = patient.config.limits.connections_max + files_besides;
  if (files && *files < needed)
    found.wrong("file-limit",
                fmt::format("The relay may open {} files; {} connections need {}. Members are turned away before.", *files,
                            patient.config.limits.connections_max, needed),
                "Raise LimitNOFILE of the service (systemctl edit vigild), or lower limits.connections_max");
}

void look_at_core_dumps(const Patient& patient, Findings& found) {
  if (limit_of(patient.running->pid, "Max core file size").value_or(0) == 0) return;
  const bool piped = first_line("/proc/sys/kernel/core_pattern").starts_with('|');
  found.wrong("core-dumps",
              fmt::format("A crash of the relay would write its memory, keys and all, {}.",
                          piped ? "into a program of this machine (kernel.core_pattern)" : "to the disk"),
              "Set LimitCORE=0 for its service (systemctl edit vigild), then: systemctl restart vigild");
}

}  // namespace

void look_at_machine(const Patient& patient, Findings& found) {
  look_at_clock(found);
  const std::vector<std::string> swaps = plain_swaps();
  if (!swaps.empty() && !(patient.running && is_kept_from_swap(patient.running->pid)))
    found.wrong("swap", fmt::format("Memory is swapped to a disk that is not encrypted: {}", fmt::join(swaps, ", ")),
                "swapoff -a, and take it out of /etc/fstab; or run the relay by its service, which never swaps");
  if (!patient.running) return;
  look_at_core_dumps(patient, found);
  look_at_limits(patient, found);
}

}  // namespace vigil::server

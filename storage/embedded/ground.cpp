#include "storage/embedded/ground.hpp"

#include <sys/vfs.h>

#include <fstream>
#include <sstream>

namespace vigil::storage {

namespace fs = std::filesystem;

// The numbers are of statfs(2).
std::optional<std::string> copies_on_write(std::uint32_t file_system_type) {
  switch (file_system_type) {
    case 0x9123683E:
      return "btrfs";
    case 0x2FC12FC1:
      return "ZFS";
    case 0xF2F52010:
      return "F2FS";
    case 0xCA451A4E:
      return "bcachefs";
    default:
      return std::nullopt;
  }
}

bool journals_data(std::istream& mountinfo, const fs::path& directory) {
  // 36 35 98:0 /root /mount/point options ... - type source super-options: of the longest mount point that leads to the
  // directory.
  std::size_t longest = 0;
  bool journals = false;
  for (std::string line; std::getline(mountinfo, line);) {
    std::istringstream in(line);
    std::string skipped, point, word, type, source, options;
    in >> skipped >> skipped >> skipped >> skipped >> point;
    while (in >> word && word != "-") continue;
    in >> type >> source >> options;
    const fs::path there = directory.lexically_relative(point);
    const bool leads = point == "/" || (!there.empty() && *there.begin() != "..");
    if (!leads || point.size() < longest) continue;
    longest = point.size();
    journals = ("," + options + ",").find(",data=journal,") != std::string::npos;
  }
  return journals;
}

std::optional<std::string> keeps_old_bytes(const fs::path& directory) {
  struct statfs found{};
  std::error_code failed;
  const fs::path here = fs::canonical(directory, failed);
  if (failed || ::statfs(here.c_str(), &found) != 0) return std::nullopt;
  std::string why;
  if (const auto name = copies_on_write(static_cast<std::uint32_t>(found.f_type))) {
    why = *name + ", which never overwrites in place";
  } else {
    std::ifstream mounts("/proc/self/mountinfo");
    if (!journals_data(mounts, here)) return std::nullopt;
    why = "a file system mounted with data=journal, which keeps what is overwritten in its journal";
  }
  return "the store in " + directory.string() + " would lie on " + why +
         ": keys that are destroyed would stay on the disk. Put it on ext4 or xfs, or run with keys in memory ([store] keys = "
         "\"memory\").";
}

}  // namespace vigil::storage

// statvfs and one preallocated file.
#include "storage/embedded/disk.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace vigil::storage {

Disk::Disk(std::filesystem::path directory) : directory_(std::move(directory)) {}

void Disk::look() {
  struct statvfs now{};
  if (statvfs(directory_.c_str(), &now) != 0 || now.f_blocks == 0) return;
  // What root keeps for itself is not ours: as df counts it.
  const auto used = now.f_blocks - now.f_bfree;
  const auto whole = used + now.f_bavail;
  if (whole == 0) return;
  free_percent_.store(static_cast<unsigned>(now.f_bavail * 100 / whole), std::memory_order_relaxed);
  const auto ballast_blocks = ballast_bytes / now.f_frsize + 1;
  const auto left = now.f_bavail > ballast_blocks ? now.f_bavail - ballast_blocks : 0;
  free_beside_ballast_percent_.store(static_cast<unsigned>(left * 100 / whole), std::memory_order_relaxed);
}

void Disk::take_ballast(unsigned free_at_least_percent) {
  const std::filesystem::path path = directory_ / "ballast";
  std::error_code none;
  // One that a crash left half made is no ballast.
  if (free_beside_ballast_percent_ < free_at_least_percent || std::filesystem::file_size(path, none) == ballast_bytes) return;
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (posix_fallocate(file, 0, static_cast<off_t>(ballast_bytes)) != 0) ::unlink(path.c_str());
  ::close(file);
}

bool Disk::drop_ballast() {
  return ::unlink((directory_ / "ballast").c_str()) == 0;
}

}  // namespace vigil::storage

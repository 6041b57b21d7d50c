// Durable files over plain POSIX calls.
#include "client/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

bool write_all(int file, View bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) ::close(number_);
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Fault fault_of_errno() {
  return errno == ENOSPC || errno == EDQUOT ? Fault::disk_full : Fault::disk;
}

Outcome<void> sync_folder(const Path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return std::unexpected(fault_of_errno());
  return {};
}

Outcome<void> write_durably(const Path& path, View bytes, Descriptor* locked) {
  const Path beside = path.parent_path() / (".new-" + hex(random_bytes(8)));
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return std::unexpected(fault_of_errno());
  const bool written = write_all(file.get(), bytes) && ::fsync(file.get()) == 0 &&
                       (locked == nullptr || ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) &&
                       ::rename(beside.c_str(), path.c_str()) == 0;
  if (!written) {
    const Fault why = fault_of_errno();
    ::unlink(beside.c_str());
    return std::unexpected(why);
  }
  if (locked != nullptr) *locked = std::move(file);
  return sync_folder(path.parent_path());
}

Outcome<void> remove_durably(const Path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(fault_of_errno());
  return sync_folder(path.parent_path());
}

Outcome<Bytes> read_file(const Path& path, std::size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(errno == ENOENT ? Fault::no_profile : fault_of_errno());
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return std::unexpected(fault_of_errno());
  if (about.st_size < 0 || static_cast<std::size_t>(about.st_size) > bytes_max) return std::unexpected(Fault::damaged);
  Bytes bytes(static_cast<std::size_t>(about.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(fault_of_errno());
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Outcome<void> make_private_folder(const Path& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) {
    if (const Path parent = path.parent_path(); !parent.empty() && !std::filesystem::exists(parent, failed)) {
      const Outcome<void> made = make_private_folder(parent);
      if (!made) return made;
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return std::unexpected(fault_of_errno());
  }
  if (!std::filesystem::is_directory(path, failed)) return std::unexpected(Fault::disk);
  return {};
}

Outcome<FileLock> FileLock::take(const Path& path, unsigned wait_ms) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return std::unexpected(fault_of_errno());
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return std::unexpected(fault_of_errno());
    if (std::chrono::steady_clock::now() >= until) return std::unexpected(Fault::busy);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return FileLock(std::move(file));
}

}  // namespace vigil::client

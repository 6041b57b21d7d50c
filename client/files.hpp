// Files of the phone: written durably, read with a bound, locked between processes. Used by the client's rooms for files only.
// Blocking; any thread. Everything written here is 0600 in folders of 0700.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "client/fault.hpp"
#include "proto/ids.hpp"

namespace vigil::client {

using Path = std::filesystem::path;

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

// All or nothing, also when the power fails: a new file beside it, synced, renamed over it, the folder synced. When this returns,
// it is on the disk; when it fails, the old file is untouched. The new file is locked (flock) before it gets its name if 'locked'
// is asked for, and the lock's descriptor is returned in it.
Outcome<void> write_durably(const Path& path, View bytes, Descriptor* locked = nullptr);
// Removes it and syncs the folder. A file that is not there is fine.
Outcome<void> remove_durably(const Path& path);
// The whole file. no_profile: not there. damaged: larger than 'bytes_max'.
Outcome<Bytes> read_file(const Path& path, std::size_t bytes_max);
// A folder of 0700, with its parents; an existing one keeps what is in it and is narrowed to 0700.
Outcome<void> make_private_folder(const Path& path);

// An exclusive lock on a file between processes (flock), gone with this object or its process.
class FileLock {
 public:
  // busy: another process has it. 'wait_ms' = how long to try.
  static Outcome<FileLock> take(const Path& path, unsigned wait_ms = 0);

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

Outcome<void> sync_folder(const Path& folder);
// What errno says, as a fault: disk_full or disk.
Fault fault_of_errno();

}  // namespace vigil::client

#include "tests/chaos/faults.hpp"

#include <filesystem>

namespace vigil::storage::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(FaultyDisk& disk, bool is_log, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), is_log_(is_log) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus fault = disk_.writing();
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : fault;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  IODebugContext* debug) override {
    IOStatus fault = disk_.writing();
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, info, debug) : fault;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus fault = disk_.syncing(is_log_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : fault;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    IOStatus fault = disk_.syncing(is_log_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : fault;
  }

 private:
  FaultyDisk& disk_;
  bool is_log_;
};

// Overwriting in place needs no room: a full disk takes it.
class FaultyInPlace final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultyInPlace(FaultyDisk& disk, std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : FSRandomRWFileOwnerWrapper(std::move(file)), disk_(disk) {}

  IOStatus Write(std::uint64_t at, const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (disk_.keeps_old_bytes) return IOStatus::IOError("Input/output error");
    return disk_.read_only ? disk_.writing() : FSRandomRWFileOwnerWrapper::Write(at, data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    disk_.slot_syncs.pass();
    return FSRandomRWFileOwnerWrapper::Sync(options, debug);
  }

 private:
  FaultyDisk& disk_;
};

class GatedFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  GatedFile(FaultyDisk& disk, std::unique_ptr<rocksdb::FSRandomAccessFile> file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(disk) {}

  IOStatus Read(std::uint64_t at, std::size_t bytes, const IOOptions& options, rocksdb::Slice* result, char* scratch,
                IODebugContext* debug) const override {
    if (bytes > FaultyDisk::large_read) disk_.large_reads.pass();
    if (IOStatus fault = disk_.reading(); !fault.ok()) return fault;
    return FSRandomAccessFileOwnerWrapper::Read(at, bytes, options, result, scratch, debug);
  }

 private:
  FaultyDisk& disk_;
};

}  // namespace

void Gate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  came_ = permits_ = 0;
}

void Gate::let_one_through() {
  {
    const std::lock_guard lock(mutex_);
    ++permits_;
  }
  moved_.notify_all();
}

void Gate::open() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = false;
  }
  moved_.notify_all();
}

void Gate::pass() {
  std::unique_lock lock(mutex_);
  if (!closed_) return;
  ++came_;
  moved_.notify_all();
  moved_.wait(lock, [this] { return !closed_ || permits_ > 0; });
  if (closed_) --permits_;
}

bool Gate::reached(std::uint64_t times) {
  std::unique_lock lock(mutex_);
  return moved_.wait_for(lock, std::chrono::seconds(10), [&] { return came_ >= times; });
}

IOStatus FaultyDisk::writing() {
  if (read_only) {
    ++refused;
    return IOStatus::IOError("Read-only file system");
  }
  if (full) {
    ++refused;
    return IOStatus::NoSpace("No space left on device");
  }
  return IOStatus::OK();
}

namespace {

// Takes one of those that are left.
bool take(std::atomic<std::uint32_t>& faults) {
  for (std::uint32_t left = faults; left > 0;)
    if (faults.compare_exchange_weak(left, left - 1)) return true;
  return false;
}

}  // namespace

IOStatus FaultyDisk::syncing(bool is_log) {
  if (read_only) return writing();
  if (!is_log) return IOStatus::OK();
  log_syncs.pass();
  ++syncs;
  if (!take(failing_syncs)) return IOStatus::OK();
  ++refused;
  return IOStatus::IOError("Input/output error");
}

IOStatus FaultyDisk::reading() {
  return take(failing_reads) ? IOStatus::IOError("Input/output error") : IOStatus::OK();
}

IOStatus FaultyDisk::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  IOStatus fault = writing();
  if (!fault.ok()) return fault;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus made = target()->NewWritableFile(path, options, &file, debug);
  if (made.ok()) *result = std::make_unique<FaultyFile>(*this, path.ends_with(".log"), std::move(file));
  return made;
}

IOStatus FaultyDisk::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  IOStatus fault = writing();
  if (!fault.ok()) return fault;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus opened = target()->ReopenWritableFile(path, options, &file, debug);
  if (opened.ok()) *result = std::make_unique<FaultyFile>(*this, path.ends_with(".log"), std::move(file));
  return opened;
}

IOStatus FaultyDisk::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  IOStatus opened = target()->NewRandomAccessFile(path, options, &file, debug);
  if (opened.ok()) *result = std::make_unique<GatedFile>(*this, std::move(file));
  return opened;
}

IOStatus FaultyDisk::NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  IOStatus opened = target()->NewRandomRWFile(path, options, &file, debug);
  if (opened.ok()) *result = std::make_unique<FaultyInPlace>(*this, std::move(file));
  return opened;
}

IOStatus FaultyDisk::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  return read_only ? writing() : target()->DeleteFile(path, options, debug);
}

IOStatus FaultyDisk::RenameFile(const std::string& from, const std::string& to, const IOOptions& options, IODebugContext* debug) {
  return read_only ? writing() : target()->RenameFile(from, to, options, debug);
}

IOStatus FaultyDisk::GetFreeSpace(const std::string& path, const IOOptions& options, std::uint64_t* bytes,
                                  IODebugContext* debug) {
  if (free_percent < 0) return target()->GetFreeSpace(path, options, bytes, debug);
  *bytes = std::filesystem::space(path).capacity / 100 * static_cast<std::uint64_t>(free_percent.load());
  return IOStatus::OK();
}

IOStatus FaultyDisk::IsDirectory(const std::string& path, const IOOptions& options, bool* is, IODebugContext* debug) {
  return target()->IsDirectory(path, options, is, debug);
}

}  // namespace vigil::storage::testing

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

}  // namespace

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

IOStatus FaultyDisk::syncing(bool is_log) {
  if (read_only) return writing();
  if (!is_log) return IOStatus::OK();
  ++syncs;
  for (std::uint32_t left = failing_syncs; left > 0;) {
    if (!failing_syncs.compare_exchange_weak(left, left - 1)) continue;
    ++refused;
    return IOStatus::IOError("Input/output error");
  }
  return IOStatus::OK();
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

// A disk with faults that a test switches on and off: full, read-only, failing syncs, and a free space of the test's choosing.
// Plugs in through EmbeddedOptions::file_system, over any other layer. Any thread.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace vigil::storage::testing {

// Where a test holds the store's threads back, to look at what others see meanwhile. Open until it is closed.
class Gate {
 public:
  void close();
  void let_one_through();
  void open();
  // For those who are held.
  void pass();
  // Waits until so many have come since it was closed. False after ten seconds.
  bool reached(std::uint64_t times);

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  bool closed_ = false;
  std::uint64_t came_ = 0, permits_ = 0;
};

class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyDisk(const std::shared_ptr<rocksdb::FileSystem>& below) : FileSystemWrapper(below) {}

  std::atomic<bool> full = false;                // ENOSPC on every write and on making files
  std::atomic<bool> read_only = false;           // EROFS on everything but reading
  std::atomic<bool> keeps_old_bytes = false;     // EIO on overwriting in place, and on nothing else
  std::atomic<std::uint32_t> failing_syncs = 0;  // so many syncs of logs answer EIO
  std::atomic<std::uint32_t> failing_reads = 0;  // so many reads of tables answer EIO
  std::atomic<std::int64_t> free_percent = -1;   // what the disk says about itself; -1: the truth
  std::atomic<std::uint64_t> syncs = 0, refused = 0;
  Gate log_syncs, slot_syncs;  // before a log is synced; before what was overwritten in place is
  Gate large_reads;            // before more than 'large_read' bytes of a table are read
  static constexpr std::size_t large_read = 40'000;

  const char* Name() const override { return "FaultyDisk"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* bytes,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options, bool* is,
                                rocksdb::IODebugContext* debug) override;

  // For the handles: OK, or the fault that this operation meets.
  rocksdb::IOStatus writing();
  rocksdb::IOStatus syncing(bool is_log);
  rocksdb::IOStatus reading();
};

}  // namespace vigil::storage::testing

// A disk that can lose power, for store tests: a rocksdb::FileSystem that knows what has been synced, and at the cut leaves what
// a real disk could leave: unsynced tails gone, torn or zeroed; a random suffix of directory operations that no directory sync
// has covered undone in order, unlinked files back; of what was overwritten in place any part may be the old again. Plugs in
// through EmbeddedOptions::file_system. Any thread.
//
// It never syncs the disk below: while no power is really lost, only the bookkeeping counts. So it is also the quick disk of the
// other tests.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>

namespace vigil::storage::testing {

class PowerLoss final : public rocksdb::FileSystemWrapper {
 public:
  // 'graveyard' keeps unlinked files until a directory sync makes their end durable: outside the store, on the same file system.
  PowerLoss(std::uint64_t seed, std::filesystem::path graveyard);
  ~PowerLoss() override;

  // The power fails in the middle of the 'operations'-th write, sync or directory operation from now on.
  void cut_after(std::uint64_t operations);
  void cut_now();
  bool is_cut() const { return cut_.load(); }
  std::uint64_t operations() const { return operations_.load(); }

  // The control: every sync of a log is answered "done" and does nothing, as if the store had left it out.
  void swallow_log_syncs() { swallow_ = true; }

  // Call after the cut, when the store that used this disk is gone: leaves the directory as it is found when the power comes
  // back.
  struct Damage {
    std::uint64_t files_torn = 0, bytes_dropped = 0, tails_zeroed = 0, operations_undone = 0, files_resurrected = 0;
    std::uint64_t overwrites_undone = 0;
    Damage& operator+=(const Damage& more);
  };
  Damage power_returns();

  const char* Name() const override { return "PowerLoss"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string& old, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& path, std::size_t bytes, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options, std::uint64_t* bytes,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions& options, bool* is,
                                rocksdb::IODebugContext* debug) override;

  // A file's content: what has been written and how much of it is synced. Shared by its names and its open handle.
  struct Content {
    std::uint64_t written = 0, synced = 0;
    bool is_log = false;
    struct Overwritten {
      std::uint64_t at = 0;
      std::string before;
    };
    std::vector<Overwritten> overwritten;  // in place, since the last sync, the oldest first
  };

  // For the handles this file system gives out.
  rocksdb::IOStatus append(Content& content, rocksdb::FSWritableFile& file, const rocksdb::Slice& data);
  rocksdb::IOStatus sync(Content& content, rocksdb::FSWritableFile& file);
  rocksdb::IOStatus truncate(Content& content, rocksdb::FSWritableFile& file, std::uint64_t bytes);
  rocksdb::IOStatus overwrite(Content& content, rocksdb::FSRandomRWFile& file, std::uint64_t at, const rocksdb::Slice& data);
  rocksdb::IOStatus sync_in_place(Content& content, rocksdb::FSRandomRWFile& file);
  rocksdb::IOStatus sync_directory(const std::string& path);

 private:
  struct Operation {
    enum class Kind { create, rename, unlink } kind = Kind::create;
    std::string directory, path, to;
    std::string buried;  // unlink: the file; rename: the one it replaced
  };

  bool power_fails();  // counts one operation; true when the power is gone, or goes with it
  std::uint64_t below(std::uint64_t bound);
  std::shared_ptr<Content> content_of(const std::string& path);
  std::string bury(const std::string& path);
  void moved(const std::string& from, const std::string& to);
  void restore(const std::string& path, const Content& content, Damage& damage);
  void tear(const std::string& path, const Content& content, Damage& damage);
  void undo(const Operation& operation, Damage& damage);
  rocksdb::IOStatus handle(const std::string& path, std::unique_ptr<rocksdb::FSWritableFile> file,
                           std::unique_ptr<rocksdb::FSWritableFile>* result);

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::filesystem::path graveyard_;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> swallow_ = false;
  std::atomic<std::uint64_t> operations_ = 0;
  std::uint64_t cut_at_ = ~std::uint64_t{0};
  std::uint64_t graves_ = 0;
  std::map<std::string, std::shared_ptr<Content>> contents_;  // by present path, buried ones too
  std::deque<Operation> unsynced_;                            // in order
};

}  // namespace vigil::storage::testing

#include "tests/chaos/power_loss.hpp"

#include <unistd.h>
#include <ctime>

#include <fstream>

// RocksDB sleeps for a second after each background job that failed, and every power cut fails some. In programs with this disk
// its sleeps are short.
extern "C" int usleep(useconds_t) {
  const timespec a_millisecond{0, 1'000'000};
  return nanosleep(&a_millisecond, nullptr);
}

namespace vigil::storage::testing {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
namespace fs = std::filesystem;

namespace {

IOStatus no_power() {
  return IOStatus::IOError("the power is gone");
}

class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(PowerLoss& disk, std::shared_ptr<PowerLoss::Content> content, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), content_(std::move(content)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
    return disk_.append(*content_, *target(), data);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions&, const rocksdb::DataVerificationInfo&, IODebugContext*) override {
    return disk_.append(*content_, *target(), data);
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("direct writes");
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, std::uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("direct writes");
  }
  IOStatus Truncate(std::uint64_t bytes, const IOOptions&, IODebugContext*) override {
    return disk_.truncate(*content_, *target(), bytes);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return disk_.sync(*content_, *target()); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return disk_.sync(*content_, *target()); }
  // sync_file_range starts writing and promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  PowerLoss& disk_;
  std::shared_ptr<PowerLoss::Content> content_;
};

class WatchedInPlace final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  WatchedInPlace(PowerLoss& disk, std::shared_ptr<PowerLoss::Content> content, std::unique_ptr<rocksdb::FSRandomRWFile> file)
      : FSRandomRWFileOwnerWrapper(std::move(file)), disk_(disk), content_(std::move(content)) {}
  IOStatus Write(std::uint64_t at, const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
    return disk_.overwrite(*content_, *target(), at, data);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return disk_.sync_in_place(*content_, *target()); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return disk_.sync_in_place(*content_, *target()); }

 private:
  PowerLoss& disk_;
  std::shared_ptr<PowerLoss::Content> content_;
};

class WatchedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  WatchedDirectory(PowerLoss& disk, std::string path, std::unique_ptr<rocksdb::FSDirectory> directory)
      : FSDirectoryWrapper(std::move(directory)), disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return disk_.sync_directory(path_); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*, const rocksdb::DirFsyncOptions&) override {
    return disk_.sync_directory(path_);
  }

 private:
  PowerLoss& disk_;
  std::string path_;
};

std::string plain(const std::string& path) {
  return fs::path(path).lexically_normal().string();
}
std::string directory_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

std::string plain_directory(const std::string& path) {
  std::string normal = plain(path);
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

}  // namespace

PowerLoss::Damage& PowerLoss::Damage::operator+=(const Damage& more) {
  files_torn += more.files_torn;
  bytes_dropped += more.bytes_dropped;
  tails_zeroed += more.tails_zeroed;
  operations_undone += more.operations_undone;
  files_resurrected += more.files_resurrected;
  overwrites_undone += more.overwrites_undone;
  return *this;
}

PowerLoss::PowerLoss(std::uint64_t seed, fs::path graveyard)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed), graveyard_(std::move(graveyard)) {
  fs::create_directories(graveyard_);
}

PowerLoss::~PowerLoss() {
  std::error_code ignored;
  fs::remove_all(graveyard_, ignored);
}

void PowerLoss::cut_after(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  cut_at_ = operations_ + operations;
}

void PowerLoss::cut_now() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
}

bool PowerLoss::power_fails() {
  if (!cut_ && ++operations_ >= cut_at_) cut_ = true;
  return cut_;
}

std::uint64_t PowerLoss::below(std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
}

std::shared_ptr<PowerLoss::Content> PowerLoss::content_of(const std::string& path) {
  std::shared_ptr<Content>& content = contents_[path];
  if (!content) {
    // A file from before this disk was put in: all of it is durable.
    content = std::make_shared<Content>();
    content->is_log = path.ends_with(".log");
    std::error_code missing;
    const auto bytes = fs::file_size(path, missing);
    if (!missing) content->written = content->synced = bytes;
  }
  return content;
}

std::string PowerLoss::bury(const std::string& path) {
  std::string grave = (graveyard_ / std::to_string(graves_++)).string();
  content_of(path);
  moved(path, grave);
  fs::rename(path, grave);
  return grave;
}

void PowerLoss::moved(const std::string& from, const std::string& to) {
  const auto found = contents_.find(from);
  if (found == contents_.end()) return;
  contents_[to] = found->second;
  contents_.erase(from);
}

// ---- files

IOStatus PowerLoss::append(Content& content, rocksdb::FSWritableFile& file, const rocksdb::Slice& data) {
  const std::lock_guard lock(mutex_);
  if (cut_) return no_power();
  if (power_fails()) {
    // In the middle of a write: some of it reaches the cache.
    const std::uint64_t some = below(data.size() + 1);
    const IOStatus written = file.Append(rocksdb::Slice(data.data(), some), IOOptions(), nullptr);
    if (written.ok()) content.written += some;
    return no_power();
  }
  IOStatus written = file.Append(data, IOOptions(), nullptr);
  if (written.ok()) content.written += data.size();
  return written;
}

IOStatus PowerLoss::sync(Content& content, rocksdb::FSWritableFile& file) {
  const std::lock_guard lock(mutex_);
  if (cut_) return no_power();
  if (power_fails()) {
    // In the middle of a sync: done or not, nobody was told.
    if (below(2) == 0 && !(swallow_ && content.is_log)) content.synced = content.written;
    return no_power();
  }
  IOStatus flushed = file.Flush(IOOptions(), nullptr);
  if (flushed.ok() && !(swallow_ && content.is_log)) content.synced = content.written;
  return flushed;
}

IOStatus PowerLoss::truncate(Content& content, rocksdb::FSWritableFile& file, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (power_fails()) return no_power();
  IOStatus truncated = file.Truncate(bytes, IOOptions(), nullptr);
  if (truncated.ok()) {
    content.written = bytes;
    content.synced = std::min(content.synced, bytes);
  }
  return truncated;
}

IOStatus PowerLoss::overwrite(Content& content, rocksdb::FSRandomRWFile& file, std::uint64_t at, const rocksdb::Slice& data) {
  const std::lock_guard lock(mutex_);
  if (cut_) return no_power();
  std::string scratch(data.size(), '\0');
  rocksdb::Slice before;
  IOStatus done = file.Read(at, data.size(), IOOptions(), &before, scratch.data(), nullptr);
  if (!done.ok()) return done;
  content.overwritten.push_back({at, before.ToString()});
  const bool cut = power_fails();
  const std::uint64_t some = cut ? below(data.size() + 1) : data.size();
  done = file.Write(at, rocksdb::Slice(data.data(), some), IOOptions(), nullptr);
  if (done.ok()) content.written = std::max(content.written, at + some);
  return cut ? no_power() : done;
}

IOStatus PowerLoss::sync_in_place(Content& content, rocksdb::FSRandomRWFile&) {
  const std::lock_guard lock(mutex_);
  if (cut_) return no_power();
  const bool cut = power_fails();
  if (!cut || below(2) == 0) {
    content.synced = content.written;
    content.overwritten.clear();
  }
  return cut ? no_power() : IOStatus::OK();
}

IOStatus PowerLoss::handle(const std::string& path, std::unique_ptr<rocksdb::FSWritableFile> file,
                           std::unique_ptr<rocksdb::FSWritableFile>* result) {
  *result = std::make_unique<WatchedFile>(*this, content_of(path), std::move(file));
  return IOStatus::OK();
}

IOStatus PowerLoss::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (power_fails()) return no_power();
  const std::string path = plain(name);
  if (fs::exists(path)) unsynced_.push_back({Operation::Kind::unlink, directory_of(path), path, "", bury(path)});
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus made = target()->NewWritableFile(path, options, &file, debug);
  if (!made.ok()) return made;
  contents_.erase(path);
  unsynced_.push_back({Operation::Kind::create, directory_of(path), path, "", ""});
  return handle(path, std::move(file), result);
}

IOStatus PowerLoss::ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (power_fails()) return no_power();
  const std::string path = plain(name);
  const bool is_new = !fs::exists(path);
  if (!is_new) content_of(path);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus opened = target()->ReopenWritableFile(path, options, &file, debug);
  if (!opened.ok()) return opened;
  if (is_new) unsynced_.push_back({Operation::Kind::create, directory_of(path), path, "", ""});
  return handle(path, std::move(file), result);
}

IOStatus PowerLoss::NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const std::string path = plain(name);
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  IOStatus opened = target()->NewRandomRWFile(path, options, &file, debug);
  if (opened.ok()) *result = std::make_unique<WatchedInPlace>(*this, content_of(path), std::move(file));
  return opened;
}

IOStatus PowerLoss::ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("the store must not recycle logs: they keep dead bytes");
}

IOStatus PowerLoss::Truncate(const std::string& name, std::size_t bytes, const IOOptions& options, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (power_fails()) return no_power();
  const std::string path = plain(name);
  const std::shared_ptr<Content> content = content_of(path);
  IOStatus truncated = target()->Truncate(path, bytes, options, debug);
  if (truncated.ok()) {
    content->written = bytes;
    content->synced = std::min<std::uint64_t>(content->synced, bytes);
  }
  return truncated;
}

IOStatus PowerLoss::GetFreeSpace(const std::string& path, const IOOptions& options, std::uint64_t* bytes, IODebugContext* debug) {
  return target()->GetFreeSpace(path, options, bytes, debug);
}

IOStatus PowerLoss::IsDirectory(const std::string& path, const IOOptions& options, bool* is, IODebugContext* debug) {
  return target()->IsDirectory(path, options, is, debug);
}

// ---- names

IOStatus PowerLoss::NewDirectory(const std::string& path, const IOOptions& options, std::unique_ptr<rocksdb::FSDirectory>* result,
                                 IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  IOStatus opened = target()->NewDirectory(path, options, &directory, debug);
  if (opened.ok()) *result = std::make_unique<WatchedDirectory>(*this, plain_directory(path), std::move(directory));
  return opened;
}

IOStatus PowerLoss::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (power_fails()) return no_power();
  const std::string path = plain(name);
  if (!fs::is_regular_file(path)) return target()->DeleteFile(path, options, debug);
  unsynced_.push_back({Operation::Kind::unlink, directory_of(path), path, "", bury(path)});
  return IOStatus::OK();
}

IOStatus PowerLoss::RenameFile(const std::string& from_name, const std::string& to_name, const IOOptions& options,
                               IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (power_fails()) return no_power();
  const std::string from = plain(from_name), to = plain(to_name);
  if (!fs::is_regular_file(from)) return target()->RenameFile(from, to, options, debug);
  Operation operation{Operation::Kind::rename, directory_of(to), from, to, ""};
  if (fs::exists(to)) operation.buried = bury(to);
  content_of(from);
  IOStatus renamed = target()->RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  moved(from, to);
  unsynced_.push_back(std::move(operation));
  return renamed;
}

IOStatus PowerLoss::LinkFile(const std::string&, const std::string&, const IOOptions&, IODebugContext*) {
  return IOStatus::NotSupported("the store must not make hard links: they keep dead bytes");
}

IOStatus PowerLoss::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (cut_) return no_power();
  if (power_fails()) return no_power();
  // A journal commits in order: everything up to the last operation in this directory.
  std::size_t durable = unsynced_.size();
  while (durable > 0 && unsynced_[durable - 1].directory != path) --durable;
  for (; durable > 0; --durable) {
    if (!unsynced_.front().buried.empty()) {
      std::error_code ignored;
      fs::remove(unsynced_.front().buried, ignored);
      contents_.erase(unsynced_.front().buried);
    }
    unsynced_.pop_front();
  }
  return IOStatus::OK();
}

// ---- the cut

void PowerLoss::restore(const std::string& path, const Content& content, Damage& damage) {
  std::error_code missing;
  if (content.overwritten.empty() || !fs::exists(path, missing)) return;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (std::size_t i = content.overwritten.size(); i > 0; --i) {
    const Content::Overwritten& one = content.overwritten[i - 1];
    if (below(2) == 0) continue;  // it had reached the disk by itself
    file.seekp(static_cast<std::streamoff>(one.at));
    file.write(one.before.data(), static_cast<std::streamsize>(one.before.size()));
    ++damage.overwrites_undone;
  }
}

void PowerLoss::tear(const std::string& path, const Content& content, Damage& damage) {
  std::error_code missing;
  const std::uint64_t found = fs::file_size(path, missing);
  if (missing || content.written <= content.synced) return;
  // Tails survive whole, or in part, or not at all.
  const std::uint64_t tail = std::min(found, content.written) - content.synced;
  const std::uint64_t kept = below(3) == 0 ? tail : below(2) == 0 ? 0 : below(tail + 1);
  fs::resize_file(path, content.synced + kept);
  if (kept < tail) {
    ++damage.files_torn;
    damage.bytes_dropped += tail - kept;
  }
  if (kept > 0 && below(3) == 0) {
    // The length reached the disk, the data from here on did not.
    const std::uint64_t from = content.synced + below(kept);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(from));
    const std::string zeros(content.synced + kept - from, '\0');
    file.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    ++damage.tails_zeroed;
  }
}

void PowerLoss::undo(const Operation& operation, Damage& damage) {
  ++damage.operations_undone;
  std::error_code ignored;
  switch (operation.kind) {
    case Operation::Kind::create:
      fs::remove(operation.path, ignored);
      break;
    case Operation::Kind::rename:
      fs::rename(operation.to, operation.path, ignored);
      if (!operation.buried.empty()) fs::rename(operation.buried, operation.to, ignored);
      break;
    case Operation::Kind::unlink:
      fs::rename(operation.buried, operation.path, ignored);
      ++damage.files_resurrected;
      break;
  }
}

PowerLoss::Damage PowerLoss::power_returns() {
  const std::lock_guard lock(mutex_);
  Damage damage;
  for (const auto& [path, content] : contents_) {
    restore(path, *content, damage);
    tear(path, *content, damage);
  }
  const std::uint64_t undone = below(unsynced_.size() + 1);
  for (std::uint64_t i = 0; i < undone; ++i) {
    undo(unsynced_.back(), damage);
    unsynced_.pop_back();
  }
  contents_.clear();
  unsynced_.clear();
  return damage;
}

}  // namespace vigil::storage::testing

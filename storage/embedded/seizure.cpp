// Reading as an intruder does. Destroying lies in key_slots.cpp, beside what it destroys.
#include "storage/seizure.hpp"

#include <fcntl.h>
#include <rocksdb/sst_file_reader.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "storage/embedded/file_system.hpp"
#include "storage/embedded/open.hpp"

namespace vigil::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 20;
constexpr int looks_most = 10;  // of a store that is never at rest, the last one counts

std::vector<std::size_t> count(std::string_view bytes, const std::vector<Bytes>& markers) {
  std::vector<std::size_t> found(markers.size());
  for (std::size_t i = 0; i < markers.size(); ++i) {
    const std::boyer_moore_horspool_searcher search(markers[i].begin(), markers[i].end());
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (const auto* at = begin; (at = std::search(at, begin + bytes.size(), search)) != begin + bytes.size(); ++at) ++found[i];
  }
  return found;
}

constexpr const char *logs_kind = "logs", *tables_kind = "tables";

std::string kind_of(const std::string& name) {
  if (name == keys_name) return "keys of the files";
  if (name == "ballast") return "room kept for a full disk";
  if (name.ends_with(".log")) return logs_kind;
  if (name.ends_with(".sst")) return tables_kind;
  if (name.find("MANIFEST-") != std::string::npos) return "manifests";
  return "names and settings of the database";
}

// Nothing: it is gone meanwhile.
std::optional<std::string> raw_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void read_times(const fs::path& path, SeizedFile& file) {
  struct statx found{};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_MTIME | STATX_BTIME, &found) != 0) return;
  const auto moment = [](const struct statx_timestamp& at) { return std::chrono::sys_seconds(std::chrono::seconds(at.tv_sec)); };
  file.written = moment(found.stx_mtime);
  file.made = (found.stx_mask & STATX_BTIME) != 0 ? moment(found.stx_btime) : file.written;
}

// The files as whoever has the keys reads them.
class Opening {
 public:
  Opening(fs::path keys_path, const SecretBytes* master) : keys_path_(std::move(keys_path)), master_(master) {}

  // Anew: a running relay makes and destroys them. A sentence, or nothing.
  std::optional<std::string> read_keys() {
    const std::shared_ptr<rocksdb::FileSystem> below = rocksdb::FileSystem::Default();
    std::unique_ptr<KeySlots> fresh = KeySlots::in_memory();  // none
    if (keys_on_disk()) {
      auto opened = KeySlots::open(below, keys_path_.string(), master_);
      if (!opened) return opened.error();
      fresh = std::move(*opened);
    }
    env_.reset();
    files_ = sealing_file_system(below, *fresh);
    env_ = rocksdb::NewCompositeEnv(files_);
    keys_ = std::move(fresh);
    return std::nullopt;
  }
  bool keys_on_disk() const {
    std::error_code failed;
    return fs::exists(keys_path_, failed);
  }
  std::set<SlotName> keys() const { return keys_->taken(); }

  // Nothing: no key, or no such file any more.
  std::optional<std::string> bytes(const fs::path& path) const {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    if (!files_->NewSequentialFile(path.string(), rocksdb::FileOptions(), &file, nullptr).ok()) return std::nullopt;
    std::string all, scratch(piece_bytes, '\0');
    for (;;) {
      rocksdb::Slice piece;
      if (!file->Read(piece_bytes, rocksdb::IOOptions(), &piece, scratch.data(), nullptr).ok()) return std::nullopt;
      if (piece.empty()) return all;
      all.append(piece.data(), piece.size());
    }
  }

  // Of a table. One that is gone meanwhile, or was never finished, has none.
  bool has_tombstones(const fs::path& table) const {
    rocksdb::Options options;
    options.env = env_.get();
    rocksdb::SstFileReader reader(options);
    return reader.Open(table.string()).ok() && reader.GetTableProperties()->num_deletions != 0;
  }

 private:
  const fs::path keys_path_;
  const SecretBytes* master_;
  std::unique_ptr<KeySlots> keys_;
  std::shared_ptr<rocksdb::FileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;  // over them
};

// What there is to see of one file; false: it is gone meanwhile. A sentence when the keys cannot be read again.
std::expected<bool, std::string> see(Opening& opening, const fs::path& path, const std::vector<Bytes>& markers,
                                     SeizedFile& file) {
  read_times(path, file);
  const std::optional<std::string> raw = raw_bytes(path);
  if (!raw) return false;
  file.bytes = raw->size();
  file.raw = count(*raw, markers);
  if (!file.sealed) return true;
  std::optional<std::string> opened = opening.bytes(path);
  if (!opened) {
    // Made since the keys were read, perhaps.
    if (auto wrong = opening.read_keys()) return std::unexpected(*wrong);
    opened = opening.bytes(path);
  }
  file.opened = opened.has_value();
  if (!opened) {
    std::error_code failed;
    return fs::exists(path, failed);
  }
  file.through_key = count(*opened, markers);
  file.may_hold_deleted = file.kind == tables_kind ? opening.has_tombstones(path) : file.kind == logs_kind && !opened->empty();
  return true;
}

// A running store moves rows from file to file. What is seen is whole when no file has gone between the list and its reading:
// each row was in one of them. False: one has.
std::expected<bool, std::string> look(Opening& opening, const fs::path& directory, const std::vector<Bytes>& markers,
                                      std::vector<SeizedFile>& files) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    if (at->is_regular_file(gone)) paths.push_back(at->path());
  }
  if (failed) return std::unexpected("cannot read " + directory.string() + ": " + failed.message());
  files.clear();
  bool whole = true;
  for (const fs::path& path : paths) {
    SeizedFile file;
    file.name = path.lexically_relative(directory).string();
    file.kind = kind_of(file.name);
    file.sealed = path.parent_path() == directory / rows_name && is_sealed(file.name);
    const std::expected<bool, std::string> seen = see(opening, path, markers, file);
    if (!seen) return std::unexpected(seen.error());
    if (*seen)
      files.push_back(std::move(file));
    else
      whole = false;
  }
  return whole;
}

}  // namespace

std::size_t SeizedDisk::files_with(std::size_t marker) const {
  return static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [&](const SeizedFile& file) {
    return file.raw[marker] != 0 || (file.opened && file.through_key[marker] != 0);
  }));
}

std::optional<std::chrono::sys_seconds> SeizedDisk::oldest_that_may_hold_deleted() const {
  std::optional<std::chrono::sys_seconds> oldest;
  for (const SeizedFile& file : files)
    if (file.may_hold_deleted && (!oldest || file.made < *oldest)) oldest = file.made;
  return oldest;
}

fs::path keys_file(const fs::path& directory) {
  return directory / keys_name;
}

std::expected<SeizedDisk, std::string> read_seized_disk(const fs::path& directory, const SecretBytes* master,
                                                        const std::vector<Bytes>& markers) {
  SeizedDisk out;
  const fs::path rows = directory / rows_name;
  Opening opening(keys_file(directory), master);
  if (auto wrong = opening.read_keys()) return std::unexpected(*wrong);
  out.keys_on_disk = opening.keys_on_disk();
  for (int looks = 1; looks <= looks_most; ++looks) {
    const std::expected<bool, std::string> whole = look(opening, directory, markers, out.files);
    if (!whole) return std::unexpected(whole.error());
    if (*whole) break;
  }
  // First the files: one that is made meanwhile has its key by then.
  const std::optional<std::set<SlotName>> named = slots_of_files(*rocksdb::FileSystem::Default(), rows.string());
  if (!named) return std::unexpected("cannot read " + rows.string());
  if (auto wrong = opening.read_keys()) return std::unexpected(*wrong);
  out.keys_of_files = *named;
  out.keys = opening.keys();
  return out;
}

}  // namespace vigil::storage

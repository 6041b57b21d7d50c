// Reading as an intruder does. Destroying lies in key_slots.cpp, beside what it destroys.
#include "storage/seizure.hpp"

#include <algorithm>
#include <fstream>
#include <functional>

#include "storage/embedded/file_system.hpp"
#include "storage/embedded/open.hpp"

namespace vigil::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_bytes = 1 << 20;

std::vector<std::size_t> count(std::string_view bytes, const std::vector<Bytes>& markers) {
  std::vector<std::size_t> found(markers.size());
  for (std::size_t i = 0; i < markers.size(); ++i) {
    const std::boyer_moore_horspool_searcher search(markers[i].begin(), markers[i].end());
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (const auto* at = begin; (at = std::search(at, begin + bytes.size(), search)) != begin + bytes.size(); ++at) ++found[i];
  }
  return found;
}

std::string kind_of(const std::string& name) {
  if (name == keys_name) return "keys of the files";
  if (name == "ballast") return "room kept for a full disk";
  if (name.ends_with(".log")) return "logs";
  if (name.ends_with(".sst")) return "tables";
  if (name.find("MANIFEST-") != std::string::npos) return "manifests";
  return "names and settings of the database";
}

// Nothing: it is gone meanwhile.
std::optional<std::string> raw_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
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
    files_ = sealing_file_system(below, *fresh);
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

 private:
  const fs::path keys_path_;
  const SecretBytes* master_;
  std::unique_ptr<KeySlots> keys_;
  std::shared_ptr<rocksdb::FileSystem> files_;
};

}  // namespace

std::size_t SeizedDisk::files_with(std::size_t marker) const {
  return static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [&](const SeizedFile& file) {
    return file.raw[marker] != 0 || (file.opened && file.through_key[marker] != 0);
  }));
}

fs::path keys_file(const fs::path& directory) {
  return directory / keys_name;
}

std::expected<SeizedDisk, std::string> read_seized_disk(const fs::path& directory, const SecretBytes* master,
                                                        const std::vector<Bytes>& markers) {
  SeizedDisk out;
  std::error_code failed;
  const fs::path rows = directory / rows_name;
  Opening opening(keys_file(directory), master);
  if (auto wrong = opening.read_keys()) return std::unexpected(*wrong);
  out.keys_on_disk = opening.keys_on_disk();
  for (fs::recursive_directory_iterator at(directory, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    const std::optional<std::string> raw = at->is_regular_file(gone) ? raw_bytes(at->path()) : std::nullopt;
    if (!raw) continue;
    SeizedFile& file = out.files.emplace_back();
    file.name = at->path().lexically_relative(directory).string();
    file.kind = kind_of(file.name);
    file.bytes = raw->size();
    file.raw = count(*raw, markers);
    file.sealed = at->path().parent_path() == rows && is_sealed(file.name);
    if (!file.sealed) continue;
    std::optional<std::string> opened = opening.bytes(at->path());
    if (!opened) {
      // Made since the keys were read, perhaps.
      if (auto wrong = opening.read_keys()) return std::unexpected(*wrong);
      opened = opening.bytes(at->path());
    }
    file.opened = opened.has_value();
    if (opened) file.through_key = count(*opened, markers);
  }
  if (failed) return std::unexpected("cannot read " + directory.string() + ": " + failed.message());
  // First the files: one that is made meanwhile has its key by then.
  const std::optional<std::set<SlotName>> named = slots_of_files(*rocksdb::FileSystem::Default(), rows.string());
  if (!named) return std::unexpected("cannot read " + rows.string());
  if (auto wrong = opening.read_keys()) return std::unexpected(*wrong);
  out.keys_of_files = *named;
  out.keys = opening.keys();
  return out;
}

}  // namespace vigil::storage

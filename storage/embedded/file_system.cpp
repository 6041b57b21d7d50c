// Handles that encrypt and decrypt at their place in the file, and the file system that gives them out.
#include "storage/embedded/file_system.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <span>

#include "crypto/base/encoding.hpp"
#include "crypto/base/file_cipher.hpp"
#include "crypto/base/hash.hpp"

namespace vigil::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::string_view magic = "vigil sealed 2";
constexpr std::size_t head_bytes = 64, name_at = 16, name_bytes = 12, again_at = name_at + name_bytes;

std::array<std::uint8_t, head_bytes> head_of(const SlotName& name) {
  std::array<std::uint8_t, head_bytes> head{};
  std::copy(magic.begin(), magic.end(), head.begin());
  const auto index = be32(name.index);
  const auto generation = be64(name.generation);
  for (const std::size_t at : {name_at, again_at}) {
    std::copy(index.begin(), index.end(), head.begin() + at);
    std::copy(generation.begin(), generation.end(), head.begin() + at + index.size());
  }
  return head;
}

// Nothing: a file that was just being made when the power went. It holds nothing either.
std::optional<SlotName> read_head(View head) {
  if (head.size() < head_bytes || text(head.first(magic.size())) != magic) return std::nullopt;
  const View first = head.subspan(name_at, name_bytes), again = head.subspan(again_at, name_bytes);
  if (!std::equal(first.begin(), first.end(), again.begin())) return std::nullopt;
  SlotName name;
  for (const std::uint8_t octet : first.first(4)) name.index = name.index << 8 | octet;
  for (const std::uint8_t octet : first.subspan(4)) name.generation = name.generation << 8 | octet;
  if (name.generation == 0) return std::nullopt;  // zeros; no slot has this one
  return name;
}

// What 'read' finds at the front of a file: its name, or nothing (as above).
template <typename Read>
IOStatus read_name(const Read& read, std::optional<SlotName>& name) {
  std::array<char, head_bytes> scratch{};
  Slice head;
  IOStatus done = read(&head, scratch.data());
  if (done.ok()) name = read_head(view({head.data(), head.size()}));
  return done;
}

// Leaves the file behind its head.
IOStatus read_name(rocksdb::FSSequentialFile& file, std::optional<SlotName>& name, IODebugContext* debug) {
  return read_name([&](Slice* head, char* scratch) { return file.Read(head_bytes, IOOptions(), head, scratch, debug); }, name);
}

IOStatus read_name(const rocksdb::FSRandomAccessFile& file, std::optional<SlotName>& name, IODebugContext* debug) {
  return read_name([&](Slice* head, char* scratch) { return file.Read(0, head_bytes, IOOptions(), head, scratch, debug); }, name);
}

IOStatus read_name(rocksdb::FileSystem& below, const std::string& path, std::optional<SlotName>& name, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  IOStatus opened = below.NewSequentialFile(path, FileOptions(), &file, debug);
  return opened.ok() ? read_name(*file, name, debug) : opened;
}

std::span<std::uint8_t> span_of(char* data, std::size_t size) {
  return {reinterpret_cast<std::uint8_t*>(data), size};
}

class SealedWriter final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  SealedWriter(std::unique_ptr<rocksdb::FSWritableFile> file, SecretBytes key, std::uint64_t at)
      : FSWritableFileOwnerWrapper(std::move(file)), cipher_(std::move(key)), at_(at) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    sealed_.assign(data.data(), data.size());
    cipher_.apply(at_, span_of(sealed_.data(), sealed_.size()));
    at_ += data.size();
    return target()->Append(Slice(sealed_), options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice&, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("a sealed file is written from its front to its end");
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t at, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                            IODebugContext* debug) override {
    return PositionedAppend(data, at, options, debug);
  }
  IOStatus Truncate(std::uint64_t bytes, const IOOptions& options, IODebugContext* debug) override {
    return target()->Truncate(bytes + head_bytes, options, debug);
  }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return at_; }
  IOStatus InvalidateCache(std::size_t from, std::size_t count) override {
    return target()->InvalidateCache(from + head_bytes, count);
  }
  IOStatus RangeSync(std::uint64_t from, std::uint64_t count, const IOOptions& options, IODebugContext* debug) override {
    return target()->RangeSync(from + head_bytes, count, options, debug);
  }
  void PrepareWrite(std::size_t from, std::size_t count, const IOOptions& options, IODebugContext* debug) override {
    target()->PrepareWrite(from + head_bytes, count, options, debug);
  }
  IOStatus Allocate(std::uint64_t from, std::uint64_t count, const IOOptions& options, IODebugContext* debug) override {
    return target()->Allocate(from + head_bytes, count, options, debug);
  }

 private:
  const FileCipher cipher_;
  std::uint64_t at_;
  std::string sealed_;
};

// From the file below into 'scratch', decrypted.
IOStatus opened(const FileCipher& cipher, std::uint64_t at, const IOStatus& read, Slice* found, char* scratch) {
  if (!read.ok()) return read;
  if (found->data() != scratch) std::memmove(scratch, found->data(), found->size());
  cipher.apply(at, span_of(scratch, found->size()));
  *found = Slice(scratch, found->size());
  return read;
}

class SealedReader final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  SealedReader(std::unique_ptr<rocksdb::FSRandomAccessFile> file, SecretBytes key)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), cipher_(std::move(key)) {}

  IOStatus Read(std::uint64_t at, std::size_t count, const IOOptions& options, Slice* found, char* scratch,
                IODebugContext* debug) const override {
    return opened(cipher_, at, target()->Read(at + head_bytes, count, options, found, scratch, debug), found, scratch);
  }
  // The two below would go around Read(), to the file underneath.
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, std::size_t count, const IOOptions& options,
                     IODebugContext* debug) override {
    for (rocksdb::FSReadRequest& one : std::span(requests, count))
      one.status = Read(one.offset, one.len, options, &one.result, one.scratch, debug);
    return IOStatus::OK();
  }
  IOStatus ReadAsync(rocksdb::FSReadRequest& request, const IOOptions& options,
                     std::function<void(const rocksdb::FSReadRequest&, void*)> then, void* with, void**,
                     rocksdb::IOHandleDeleter*, IODebugContext* debug) override {
    request.status = Read(request.offset, request.len, options, &request.result, request.scratch, debug);
    then(request, with);
    return IOStatus::OK();
  }
  IOStatus Prefetch(std::uint64_t at, std::size_t count, const IOOptions& options, IODebugContext* debug) override {
    return target()->Prefetch(at + head_bytes, count, options, debug);
  }
  IOStatus InvalidateCache(std::size_t from, std::size_t count) override {
    return target()->InvalidateCache(from + head_bytes, count);
  }

 private:
  const FileCipher cipher_;
};

class SealedSequence final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SealedSequence(std::unique_ptr<rocksdb::FSSequentialFile> file, SecretBytes key)
      : FSSequentialFileOwnerWrapper(std::move(file)), cipher_(std::move(key)) {}

  IOStatus Read(std::size_t count, const IOOptions& options, Slice* found, char* scratch, IODebugContext* debug) override {
    IOStatus read = opened(cipher_, at_, target()->Read(count, options, found, scratch, debug), found, scratch);
    if (read.ok()) at_ += found->size();
    return read;
  }
  IOStatus Skip(std::uint64_t count) override {
    at_ += count;
    return target()->Skip(count);
  }
  IOStatus PositionedRead(std::uint64_t, std::size_t, const IOOptions&, Slice*, char*, IODebugContext*) override {
    return IOStatus::NotSupported("direct reads");
  }
  IOStatus InvalidateCache(std::size_t from, std::size_t count) override {
    return target()->InvalidateCache(from + head_bytes, count);
  }

 private:
  const FileCipher cipher_;
  std::uint64_t at_ = 0;
};

// What a file is that was just being made.
class NothingYet final : public rocksdb::FSSequentialFile {
 public:
  IOStatus Read(std::size_t, const IOOptions&, Slice* found, char*, IODebugContext*) override {
    *found = Slice();
    return IOStatus::OK();
  }
  IOStatus Skip(std::uint64_t) override { return IOStatus::OK(); }
};

IOStatus no_key(const std::string& path) {
  return IOStatus::Corruption("the key of this file has been destroyed", std::filesystem::path(path).filename().string());
}

class SealingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  SealingFileSystem(const std::shared_ptr<rocksdb::FileSystem>& base, KeySlots& slots) : FileSystemWrapper(base), slots_(slots) {}
  const char* Name() const override { return "VigilFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    if (!is_sealed(path)) return target()->NewWritableFile(path, options, result, debug);
    KeySlots::Taken taken;
    if (IOStatus had = slots_.take(taken); !had.ok()) return had;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    IOStatus made = target()->NewWritableFile(path, options, &file, debug);
    const auto head = head_of(taken.name);
    if (made.ok()) made = file->Append(Slice(reinterpret_cast<const char*>(head.data()), head.size()), options.io_options, debug);
    if (!made.ok()) {
      slots_.destroy(taken.name);
      return made;
    }
    *result = std::make_unique<SealedWriter>(std::move(file), std::move(taken.key), 0);
    return made;
  }

  // RocksDB gives back what was preallocated of the last log by it, and writes nothing.
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override {
    if (!is_sealed(path)) return target()->ReopenWritableFile(path, options, result, debug);
    const std::optional<SlotName> name = name_of(path, debug);
    if (!name) return NewWritableFile(path, options, result, debug);
    SecretBytes key = slots_.key(*name);
    if (key.size() == 0) return no_key(path);
    std::uint64_t bytes = 0;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    IOStatus opened = GetFileSize(path, options.io_options, &bytes, debug);
    if (opened.ok()) opened = target()->ReopenWritableFile(path, options, &file, debug);
    if (opened.ok()) *result = std::make_unique<SealedWriter>(std::move(file), std::move(key), bytes);
    return opened;
  }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSSequentialFile> file;
    IOStatus opened = target()->NewSequentialFile(path, options, &file, debug);
    if (!opened.ok() || !is_sealed(path)) {
      *result = std::move(file);
      return opened;
    }
    std::optional<SlotName> name;
    opened = read_name(*file, name, debug);
    if (!opened.ok()) return opened;
    if (!name) {
      *result = std::make_unique<NothingYet>();
      return opened;
    }
    SecretBytes key = slots_.key(*name);
    if (key.size() == 0) return no_key(path);
    *result = std::make_unique<SealedSequence>(std::move(file), std::move(key));
    return opened;
  }

  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    IOStatus opened = target()->NewRandomAccessFile(path, options, &file, debug);
    if (!opened.ok() || !is_sealed(path)) {
      *result = std::move(file);
      return opened;
    }
    std::optional<SlotName> name;
    opened = read_name(*file, name, debug);
    if (!opened.ok()) return opened;
    SecretBytes key = name ? slots_.key(*name) : SecretBytes();
    if (key.size() == 0) return no_key(path);
    *result = std::make_unique<SealedReader>(std::move(file), std::move(key));
    return opened;
  }

  IOStatus NewRandomRWFile(const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                           IODebugContext*) override {
    return IOStatus::NotSupported("a sealed file is written once");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("a recycled log keeps what it held");
  }
  IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("a second name keeps dead bytes");
  }
  IOStatus Truncate(const std::string& path, std::size_t bytes, const IOOptions& options, IODebugContext* debug) override {
    return target()->Truncate(path, is_sealed(path) ? bytes + head_bytes : bytes, options, debug);
  }

  IOStatus GetFileSize(const std::string& path, const IOOptions& options, std::uint64_t* bytes, IODebugContext* debug) override {
    IOStatus found = target()->GetFileSize(path, options, bytes, debug);
    if (found.ok() && is_sealed(path)) *bytes -= std::min<std::uint64_t>(*bytes, head_bytes);
    return found;
  }
  IOStatus GetChildrenFileAttributes(const std::string& directory, const IOOptions& options,
                                     std::vector<rocksdb::FileAttributes>* result, IODebugContext* debug) override {
    IOStatus found = target()->GetChildrenFileAttributes(directory, options, result, debug);
    for (rocksdb::FileAttributes& file : *result) {
      if (is_sealed(file.name)) file.size_bytes -= std::min<std::uint64_t>(file.size_bytes, head_bytes);
    }
    return found;
  }

  // First the name, then the key: a file without its key would not open, should it come back after a power cut.
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    const std::optional<SlotName> name = is_sealed(path) ? name_of(path, debug) : std::nullopt;
    IOStatus gone = target()->DeleteFile(path, options, debug);
    if (gone.ok() && name) slots_.destroy(*name);
    return gone;
  }

 private:
  std::optional<SlotName> name_of(const std::string& path, IODebugContext* debug) {
    std::optional<SlotName> name;
    read_name(*target(), path, name, debug).PermitUncheckedError();
    return name;
  }

  KeySlots& slots_;
};

}  // namespace

bool is_sealed(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return name.ends_with(".log") || name.ends_with(".sst") || name.starts_with("MANIFEST-");
}

std::shared_ptr<rocksdb::FileSystem> sealing_file_system(std::shared_ptr<rocksdb::FileSystem> base, KeySlots& slots) {
  return std::make_shared<SealingFileSystem>(base ? std::move(base) : rocksdb::FileSystem::Default(), slots);
}

std::optional<std::set<SlotName>> slots_of_files(rocksdb::FileSystem& below, const std::string& directory) {
  std::set<SlotName> out;
  std::vector<std::string> names;
  const IOStatus listed = below.GetChildren(directory, IOOptions(), &names, nullptr);
  if (listed.IsNotFound() || listed.IsPathNotFound()) return out;
  if (!listed.ok()) return std::nullopt;
  for (const std::string& name : names) {
    if (!is_sealed(name)) continue;
    std::optional<SlotName> slot;
    const IOStatus read = read_name(below, (std::filesystem::path(directory) / name).string(), slot, nullptr);
    if (read.IsNotFound() || read.IsPathNotFound()) continue;  // unlinked meanwhile
    if (!read.ok()) return std::nullopt;
    if (slot) out.insert(*slot);
  }
  return out;
}

}  // namespace vigil::storage

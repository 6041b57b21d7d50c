#include "storage/embedded/key_slots.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "storage/seizure.hpp"

namespace vigil::storage {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

constexpr std::string_view magic = "vigil keys 1";
constexpr std::size_t head_bytes = 4096, master_at = 32, check_at = 64;
constexpr std::size_t key_bytes = 32, slot_bytes = 128, slots_at_once = 2048 - head_bytes / slot_bytes;  // 256 KiB with the head
constexpr std::uint64_t file_bytes_max = 1ULL << 27;  // a million files; more is no length that it has ever grown to
constexpr std::size_t sealed_bytes = aead_overhead_bytes + 8 + key_bytes;
constexpr std::size_t ready_at_once = 32;  // synced together, so that hardly a new log waits for a sync of its own
constexpr std::size_t ready_at_least = ready_at_once / 2;  // more than become files between two looks of the scrubber
static_assert(sealed_bytes <= slot_bytes);

std::uint64_t place_of(std::uint32_t index) {
  return head_bytes + std::uint64_t{index} * slot_bytes;
}

Bytes slot_label(std::uint32_t index) {
  Bytes out(labels::key_slot.begin(), labels::key_slot.end());
  const auto number = be32(index);
  out.insert(out.end(), number.begin(), number.end());
  return out;
}

rocksdb::Slice slice_of(View bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Zeros but for the head, whole and durable under its name, or not there at all.
IOStatus make_file(rocksdb::FileSystem& below, const std::string& path, View head) {
  const std::string fresh = path + ".new";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus done = below.NewWritableFile(fresh, rocksdb::FileOptions(), &file, nullptr);
  if (done.ok() && ::chmod(fresh.c_str(), 0600) != 0) done = IOStatus::IOError(std::strerror(errno));
  const Bytes slots(slots_at_once * slot_bytes);
  if (done.ok()) done = file->Append(slice_of(head), IOOptions(), nullptr);
  if (done.ok()) done = file->Append(slice_of(slots), IOOptions(), nullptr);
  if (done.ok()) done = file->Sync(IOOptions(), nullptr);
  if (done.ok()) done = file->Close(IOOptions(), nullptr);
  if (done.ok()) done = below.RenameFile(fresh, path, IOOptions(), nullptr);
  std::unique_ptr<rocksdb::FSDirectory> directory;
  if (done.ok()) done = below.NewDirectory(std::filesystem::path(path).parent_path().string(), IOOptions(), &directory, nullptr);
  if (done.ok()) done = directory->Fsync(IOOptions(), nullptr);
  return done;
}

// The head of a new file. 'inside': the master key lies in it.
Bytes make_head(View master, bool inside) {
  Bytes head(head_bytes);
  std::copy(magic.begin(), magic.end(), head.begin());
  if (inside) std::copy(master.begin(), master.end(), head.begin() + master_at);
  const Bytes check = aead_seal(master, {}, view(labels::key_check));
  std::copy(check.begin(), check.end(), head.begin() + check_at);
  return head;
}

bool all_zero(View bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t octet) { return octet == 0; });
}

// The master key that a head holds or agrees with, or a sentence.
std::expected<SecretBytes, std::string> master_of(View head, const SecretBytes* given) {
  if (all_zero(head)) return std::unexpected("it has been destroyed");
  if (head.size() < head_bytes || text(head.first(magic.size())) != magic) return std::unexpected("it is damaged");
  const View inside = head.subspan(master_at, key_bytes);
  if (all_zero(inside) && given == nullptr) return std::unexpected("the key to it lies elsewhere, and was not given");
  if (!all_zero(inside) && given != nullptr) return std::unexpected("the key to it lies in itself, and another one was given");
  SecretBytes master(given != nullptr ? given->view() : inside);
  if (!aead_open(master.view(), head.subspan(check_at, aead_overhead_bytes), view(labels::key_check)))
    return std::unexpected(given != nullptr ? "the passphrase or key is wrong" : "it is damaged");
  return master;
}

std::string cannot(const std::string& path, const std::string& why) {
  return "cannot open the store's keys in " + path + ": " + why;
}

}  // namespace

std::unique_ptr<KeySlots> KeySlots::in_memory() {
  return std::unique_ptr<KeySlots>(new KeySlots);
}

std::expected<std::unique_ptr<KeySlots>, std::string> KeySlots::open(const std::shared_ptr<rocksdb::FileSystem>& below,
                                                                     const std::string& path, const SecretBytes* master) {
  std::unique_ptr<KeySlots> out(new KeySlots);
  if (below->FileExists(path, IOOptions(), nullptr).IsNotFound()) {
    SecretBytes fresh(key_bytes);
    if (master == nullptr) random_fill(fresh.span());
    Bytes head = make_head(master != nullptr ? master->view() : fresh.view(), master == nullptr);
    const IOStatus made = make_file(*below, path, head);
    wipe(head);
    if (!made.ok()) return std::unexpected(cannot(path, made.ToString()));
  }
  std::uint64_t bytes = 0;
  IOStatus opened = below->GetFileSize(path, IOOptions(), &bytes, nullptr);
  if (opened.ok()) opened = below->NewRandomRWFile(path, rocksdb::FileOptions(), &out->file_, nullptr);
  SecretBytes head(head_bytes);
  rocksdb::Slice read;
  if (opened.ok()) opened = out->file_->Read(0, head_bytes, IOOptions(), &read, reinterpret_cast<char*>(head.data()), nullptr);
  if (!opened.ok()) return std::unexpected(cannot(path, opened.ToString()));
  std::expected<SecretBytes, std::string> found =
      master_of({reinterpret_cast<const std::uint8_t*>(read.data()), read.size()}, master);
  if (!found) return std::unexpected(cannot(path, found.error()));
  out->master_ = std::move(*found);
  if (bytes > file_bytes_max) return std::unexpected(cannot(path, "it is damaged"));
  const IOStatus slots = out->read(bytes < head_bytes ? 0 : (bytes - head_bytes) / slot_bytes);
  if (!slots.ok()) return std::unexpected(cannot(path, slots.ToString()));
  return out;
}

IOStatus KeySlots::read(std::uint64_t slots) {
  Bytes scratch(slot_bytes);
  slots_.resize(slots);
  for (std::uint32_t index = 0; index < slots; ++index) {
    rocksdb::Slice found;
    IOStatus status =
        file_->Read(place_of(index), slot_bytes, IOOptions(), &found, reinterpret_cast<char*>(scratch.data()), nullptr);
    if (!status.ok()) return status;
    const View sealed{reinterpret_cast<const std::uint8_t*>(found.data()), found.size()};
    if (sealed.size() < sealed_bytes || all_zero(sealed)) {
      free_.push_back(index);
      continue;
    }
    // One that does not open was being written when the power went: no file has its name.
    const auto plain = aead_open(master_.view(), sealed.first(sealed_bytes), slot_label(index));
    Slot& slot = slots_[index];
    if (plain) {
      for (const std::uint8_t octet : plain->view().first(8)) slot.generation = slot.generation << 8 | octet;
      slot.key = SecretBytes(plain->view().subspan(8));
    } else {
      undestroyed_.push_back(index);
    }
  }
  undestroyed_count_ = undestroyed_.size();
  std::reverse(free_.begin(), free_.end());
  return IOStatus::OK();
}

IOStatus KeySlots::write(const std::vector<Written>& slots) {
  if (!file_) return IOStatus::OK();
  for (const Written& slot : slots) {
    IOStatus written = file_->Write(place_of(slot.index), slice_of(slot.bytes), IOOptions(), nullptr);
    if (!written.ok()) return written;
  }
  return file_->Sync(IOOptions(), nullptr);
}

IOStatus KeySlots::grow() {
  const std::size_t before = slots_.size();
  if (file_) {
    const Bytes zeros(slots_at_once * slot_bytes);
    IOStatus grown = file_->Write(place_of(static_cast<std::uint32_t>(before)), slice_of(zeros), IOOptions(), nullptr);
    if (!grown.ok()) return grown;
  }
  slots_.resize(before + slots_at_once);
  for (std::size_t index = slots_.size(); index > before; --index) free_.push_back(static_cast<std::uint32_t>(index - 1));
  return IOStatus::OK();
}

KeySlots::Written KeySlots::fresh(std::uint32_t index) {
  Slot& slot = slots_[index];
  SecretBytes plain(8 + key_bytes);
  random_fill(plain.span());
  for (const std::uint8_t octet : plain.view().first(8)) slot.generation = slot.generation << 8 | octet;
  slot.key = SecretBytes(plain.view().subspan(8));
  slot.ready = true;
  if (!file_) return {index, {}};
  Bytes sealed = aead_seal(master_.view(), plain.view(), slot_label(index));
  sealed.resize(slot_bytes);
  return {index, std::move(sealed)};
}

IOStatus KeySlots::refill(std::size_t least) {
  const std::lock_guard alone(refilling_);
  std::vector<Written> made;
  {
    const std::lock_guard lock(mutex_);
    if (ready_.size() >= least) return IOStatus::OK();  // by somebody else meanwhile
    if (free_.size() < ready_at_once) {
      if (IOStatus grown = grow(); !grown.ok()) return grown;
    }
    for (std::size_t i = 0; i < ready_at_once; ++i) {
      made.push_back(fresh(free_.back()));
      free_.pop_back();
    }
  }
  IOStatus done = write(made);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = made.size(); i-- > 0;) {
    if (!done.ok()) forget(made[i].index);
    (done.ok() ? ready_ : undestroyed_).push_back(made[i].index);
  }
  undestroyed_count_ = undestroyed_.size();
  return done;
}

void KeySlots::make_ready() {
  {
    const std::lock_guard lock(mutex_);
    if (!undestroyed_.empty()) return;  // a disk that refuses is not asked twice a second
  }
  refill(ready_at_least).PermitUncheckedError();  // whoever takes the last one hears of it
}

IOStatus KeySlots::take(Taken& out) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (!ready_.empty()) {
        const std::uint32_t index = ready_.back();
        ready_.pop_back();
        Slot& slot = slots_[index];
        slot.ready = false;
        out.name = {index, slot.generation};
        out.key = SecretBytes(slot.key.view());
        return IOStatus::OK();
      }
    }
    if (IOStatus filled = refill(1); !filled.ok()) return filled;
  }
}

// A name is read from a file's head, so it may be anything: a free slot has no name.
bool KeySlots::holds(const SlotName& name) const {
  return name.index < slots_.size() && slots_[name.index].key.size() != 0 && slots_[name.index].generation == name.generation;
}

SecretBytes KeySlots::key(const SlotName& name) const {
  const std::lock_guard lock(mutex_);
  if (!holds(name)) return {};
  return SecretBytes(slots_[name.index].key.view());
}

void KeySlots::forget(std::uint32_t index) {
  slots_[index] = Slot{};
}

// Their keys are gone from memory already, and they are in no list.
void KeySlots::overwrite(const std::vector<std::uint32_t>& indices) {
  if (indices.empty()) return;
  std::vector<Written> zeros;
  for (const std::uint32_t index : indices) zeros.push_back({index, Bytes(slot_bytes)});
  const IOStatus done = write(zeros);
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t>& to = done.ok() ? free_ : undestroyed_;
  to.insert(to.end(), indices.begin(), indices.end());
  undestroyed_count_ = undestroyed_.size();
}

void KeySlots::destroy(const SlotName& name) {
  {
    const std::lock_guard lock(mutex_);
    if (!holds(name)) return;
    forget(name.index);
  }
  overwrite({name.index});
}

void KeySlots::destroy_all_but(const std::set<SlotName>& kept) {
  std::vector<std::uint32_t> gone;
  {
    const std::lock_guard lock(mutex_);
    gone = std::exchange(undestroyed_, {});  // those too that a crash tore
    for (std::uint32_t index = 0; index < slots_.size(); ++index) {
      const Slot& slot = slots_[index];
      if (slot.key.size() == 0 || slot.ready || kept.contains({index, slot.generation})) continue;
      forget(index);
      gone.push_back(index);
    }
  }
  overwrite(gone);
}

void KeySlots::destroy_rest() {
  std::vector<std::uint32_t> rest;
  {
    const std::lock_guard lock(mutex_);
    rest = std::exchange(undestroyed_, {});
  }
  overwrite(rest);
}

std::set<SlotName> KeySlots::taken() const {
  const std::lock_guard lock(mutex_);
  std::set<SlotName> out;
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].key.size() != 0 && !slots_[index].ready) out.insert({index, slots_[index].generation});
  }
  return out;
}

std::optional<std::string> destroy_keys(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return cannot(path.string(), std::strerror(errno));
  struct stat now{};
  bool done = ::fstat(file, &now) == 0;
  const Bytes zeros(64 * 1024);
  for (off_t at = 0; done && at < now.st_size;) {
    const ssize_t written =
        ::pwrite(file, zeros.data(), std::min<std::size_t>(zeros.size(), static_cast<std::size_t>(now.st_size - at)), at);
    done = written > 0;
    at += written;
  }
  done = done && ::fsync(file) == 0;
  const int why = errno;
  ::close(file);
  if (!done) return "cannot overwrite the keys in " + path.string() + ": " + std::strerror(why);
  return std::nullopt;
}

}  // namespace vigil::storage

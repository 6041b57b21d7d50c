// The file with the keys of the store's files, and the heads of these files, as a damaged or exchanged disk gives them back: a
// key is given out only if it was sealed for its place, a name that leads nowhere opens nothing, and the file heals by being
// used.
#include <fstream>

#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "storage/embedded/file_system.hpp"
#include "storage/embedded/key_slots.hpp"
#include "tests/fuzz/must.hpp"
#include "tests/fuzz/relay_cases.pb.h"

namespace {

using namespace vigil;
using namespace vigil::storage;
using fuzz::must;

constexpr std::size_t head_bytes = 4096, slot_bytes = 128, file_head_bytes = 64;

void append(Bytes& to, View bytes, std::size_t padded) {
  const std::size_t end = to.size() + padded;
  to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), padded)));
  to.resize(end);
}

struct Made {
  Bytes bytes;
  SecretBytes master;
  std::set<SlotName> good;
};

Made make_file(const fuzz::Slots& said) {
  Made made;
  Bytes master(32, 0x4D);
  std::copy_n(said.master().begin(), std::min<std::size_t>(said.master().size(), 32), master.begin());
  made.master = SecretBytes(master);
  Bytes head;
  append(head, view(std::string_view("vigil keys 1")), 32);
  append(head, said.master_elsewhere() ? View{} : View(master), 32);
  append(head, aead_seal(master, {}, view(labels::key_check)), head_bytes - 64);
  if (!said.raw_head().empty()) std::copy_n(said.raw_head().begin(), std::min(said.raw_head().size(), head_bytes), head.begin());
  made.bytes = head;
  for (int i = 0; i < said.slots_size(); ++i) {
    const fuzz::Slot& slot = said.slots(i);
    const auto index = static_cast<std::uint32_t>(i);
    Bytes plain;
    append(plain, be64(slot.generation()), 8);
    append(plain, view(slot.key()), 32);
    Bytes label(labels::key_slot.begin(), labels::key_slot.end());
    append(label, be32(index + slot.index()), 4);
    if (slot.raw().empty() && slot.index() == 0) made.good.insert({index, slot.generation()});
    append(made.bytes, slot.raw().empty() ? View(aead_seal(master, plain, label)) : view(slot.raw()), slot_bytes);
  }
  append(made.bytes, view(said.tail()), said.tail().size());
  return made;
}

void read_files(const fuzz::Slots& said, KeySlots& slots, const std::filesystem::path& folder) {
  const auto below = sealing_file_system(rocksdb::FileSystem::Default(), slots);
  for (const fuzz::SealedFile& one : said.files()) {
    const std::string path = (folder / "000007.log").string();
    Bytes bytes;
    append(bytes, view(std::string_view("vigil sealed 2")), 16);
    for (const std::size_t room : {std::size_t{8}, file_head_bytes - 32}) {
      append(bytes, be32(one.index()), 4);
      append(bytes, be64(one.generation()), room);
    }
    if (!one.raw_head().empty()) bytes.assign(one.raw_head().begin(), one.raw_head().end());
    append(bytes, view(one.body()), one.body().size());
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const bool named = one.raw_head().empty() && slots.key({one.index(), one.generation()}).size() == 32;
    std::uint64_t size = 0;
    must(below->GetFileSize(path, {}, &size, nullptr).ok() && size <= bytes.size(), "a file is not larger than it is");
    std::unique_ptr<rocksdb::FSSequentialFile> in_order;
    std::unique_ptr<rocksdb::FSRandomAccessFile> anywhere;
    const bool opened = below->NewRandomAccessFile(path, {}, &anywhere, nullptr).ok();
    must(!named || opened, "a file whose key is there opens");
    must(!one.raw_head().empty() || named || !opened, "a file whose key is not there stays closed");
    std::string scratch(one.body().size() + 8, 0);
    rocksdb::Slice found;
    if (opened && anywhere->Read(0, scratch.size(), {}, &found, scratch.data(), nullptr).ok() && named)
      must(found.size() == one.body().size(), "all of it is read, and none of its head");
    if (below->NewSequentialFile(path, {}, &in_order, nullptr).ok())
      must(in_order->Read(scratch.size(), {}, &found, scratch.data(), nullptr).ok(), "an open file can be read");
    (void)slots_of_files(*rocksdb::FileSystem::Default(), folder.string());
    must(below->DeleteFile(path, {}, nullptr).ok(), "a file goes");
    if (one.raw_head().empty()) must(slots.key({one.index(), one.generation()}).size() == 0, "and its key with it");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder("slots");
  fuzz::Slots said;
  if (!said.ParseFromArray(data, static_cast<int>(size)) || said.slots_size() > 64) return 0;
  Made made = make_file(said);
  const std::filesystem::path path = folder.path() / "keys";
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(made.bytes.data()), static_cast<std::streamsize>(made.bytes.size()));
  auto opened = KeySlots::open(rocksdb::FileSystem::Default(), path.string(), said.master_elsewhere() ? &made.master : nullptr);
  must(opened || !opened.error().empty(), "a refusal says why");
  if (!opened) return 0;
  KeySlots& slots = **opened;
  must(said.raw_head().empty() ? slots.taken() == made.good : true, "a key is known if it was sealed for its place");
  for (const SlotName& name : slots.taken()) must(slots.key(name).size() == 32, "a name has its key");
  read_files(said, slots, folder.path());
  KeySlots::Taken fresh;
  must(slots.take(fresh).ok() && fresh.key.size() == 32, "a fresh key can be had");
  must(!made.good.contains(fresh.name), "under a name of its own");
  slots.destroy_all_but({fresh.name});
  must(slots.taken() == std::set{fresh.name}, "all others are destroyed");
  must(slots.undestroyed() == 0, "on the disk too");
  opened->reset();
  const auto again =
      KeySlots::open(rocksdb::FileSystem::Default(), path.string(), said.master_elsewhere() ? &made.master : nullptr);
  must(again && (*again)->key(fresh.name).size() == 32, "what was given out is there after the next opening");
  return 0;
}

// The keys of the database's files, one for each: made before the file is, destroyed when the file is unlinked. They lie in slots
// of one small file beside the database, preallocated and overwritten in place, so that what is destroyed is gone from the disk's
// blocks as well; or in memory only. Used by file_system, rocks and seizure. Any thread.
//
//   keys   = head (4,096 bytes) | slots of 128 bytes                         the numbers big-endian
//   head   = "vigil keys 1" | at 32: the master key, or zeros when it lies elsewhere | at 64: check = AEAD of nothing
//   slot   = AEAD(master key; generation(8) | key(32); label | be32 index) | zeros          all zeros: free
//
// AEAD is XChaCha20-Poly1305, nonce first. A generation is random, and a file says both index and generation: a slot that has
// been given to another file since opens nothing.
//
// **Invariant:** nobody who asks for a key waits for the disk: a slot that is being written is in no list, so no lock is held for
// it. When thousands of files go at once, readers and the log's next file find their keys as ever.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/secret_bytes.hpp"
#include "rocksdb/file_system.h"
#include "storage/slot_name.hpp"

namespace vigil::storage {

class KeySlots {
 public:
  static std::unique_ptr<KeySlots> in_memory();
  // Reads the slots at 'path', or makes them. 'master': 32 bytes that lie elsewhere; null: in the file itself. A sentence when
  // they cannot be had.
  static std::expected<std::unique_ptr<KeySlots>, std::string> open(const std::shared_ptr<rocksdb::FileSystem>& below,
                                                                    const std::string& path, const SecretBytes* master);

  struct Taken {
    SlotName name;
    SecretBytes key;
  };
  // A fresh key, durable already: nothing is synced here but once for many, and hardly ever after make_ready().
  rocksdb::IOStatus take(Taken& out);
  // Some keys more when few lie ready, so that the next log is not kept waiting for a sync of theirs. From a thread that may
  // wait.
  void make_ready();
  // The key behind a name; empty: destroyed.
  SecretBytes key(const SlotName& name) const;
  // Of a file that is gone. What the disk refuses is tried again by destroy_rest(): until then the key is gone from memory only.
  void destroy(const SlotName& name);
  // After an opening: all but these, at once.
  void destroy_all_but(const std::set<SlotName>& kept);
  void destroy_rest();
  // How many keys of files that are gone a failing disk still holds. Waits for nothing.
  std::size_t undestroyed() const { return undestroyed_count_.load(std::memory_order_relaxed); }

  // Those that were given out; after an opening, those too that lay ready for files that were never made.
  std::set<SlotName> taken() const;

 private:
  struct Slot {
    std::uint64_t generation = 0;
    SecretBytes key;  // empty: free
    bool ready = false;
  };

  KeySlots() = default;
  struct Written {
    std::uint32_t index = 0;
    Bytes bytes;  // of the slot, sealed or zeros
  };
  rocksdb::IOStatus read(std::uint64_t slots);
  rocksdb::IOStatus write(const std::vector<Written>& slots);  // durable; without the lock
  rocksdb::IOStatus refill(std::size_t least);
  void overwrite(const std::vector<std::uint32_t>& indices);
  // Under the lock:
  rocksdb::IOStatus grow();
  Written fresh(std::uint32_t index);
  bool holds(const SlotName& name) const;
  void forget(std::uint32_t index);

  std::unique_ptr<rocksdb::FSRandomRWFile> file_;  // null: in memory
  SecretBytes master_;
  std::mutex refilling_;  // before the other one; held while the disk writes
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_, ready_, undestroyed_;
  std::atomic<std::size_t> undestroyed_count_ = 0;  // between two tries too
};

}  // namespace vigil::storage

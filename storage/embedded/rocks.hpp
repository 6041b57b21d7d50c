// RocksDB as this store uses it: two column families, every trap of version 7.8.3 closed, opened and reopened in one place.
// Used inside embedded/ only. read() from any thread; write() from the committer; open() and close() from whoever owns the rest.
#pragma once

#include <filesystem>
#include <optional>
#include <shared_mutex>
#include <string>

#include "rocksdb/db.h"
#include "storage/embedded/erasing.hpp"
#include "storage/embedded/key_slots.hpp"
#include "storage/embedded/keys.hpp"

namespace vigil::storage {

struct EmbeddedOptions;

class Rocks {
 public:
  Rocks(const EmbeddedOptions& options, CoarseNow now);
  ~Rocks();
  Rocks(const Rocks&) = delete;
  Rocks& operator=(const Rocks&) = delete;

  // A sentence that says what is wrong, or nothing. Opening again after close() is how a failed disk is left behind.
  std::optional<std::string> open();
  void close(bool flush);

  // The database for as long as this lives: it is not closed meanwhile. Keep it short. False when the database is closed.
  class Reading {
   public:
    explicit Reading(Rocks& rocks) : lock_(rocks.open_), rocks_(rocks) {}
    explicit operator bool() const { return rocks_.db_ != nullptr; }
    rocksdb::DB& db() const { return *rocks_.db_; }
    rocksdb::ColumnFamilyHandle* once() const { return rocks_.once_; }
    rocksdb::ColumnFamilyHandle* heads() const { return rocks_.heads_; }
    std::optional<std::string> head(std::string_view key) const;
    // A missing row is empty; a failing disk is an error.
    rocksdb::Status get(rocksdb::ColumnFamilyHandle* family, std::string_view key, std::optional<std::string>& value) const;

   private:
    std::shared_lock<std::shared_mutex> lock_;
    Rocks& rocks_;
  };
  Reading read() { return Reading(*this); }

  // Durable when it returns OK.
  rocksdb::Status write(rocksdb::WriteBatch& batch);
  rocksdb::ColumnFamilyHandle* once() const { return once_; }
  rocksdb::ColumnFamilyHandle* heads() const { return heads_; }

  // Of the files; null before the first opening.
  KeySlots* keys() const { return keys_.get(); }
  // Blocks that lie in memory and are not being read. Those of files that are gone would stay until others need their room.
  void forget_blocks() const;

 private:
  rocksdb::ColumnFamilyOptions family_options(bool once) const;
  rocksdb::DBOptions db_options() const;

  std::optional<std::string> open_keys();

  const std::string path_, keys_path_;
  const bool keys_in_memory_;
  const std::shared_ptr<const SecretBytes> master_key_;
  const std::size_t memtable_bytes_;
  CoarseNow now_;
  std::shared_ptr<rocksdb::FileSystem> below_;
  std::unique_ptr<KeySlots> keys_;
  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<rocksdb::WriteBufferManager> buffers_;
  std::shared_mutex open_;
  rocksdb::DB* db_ = nullptr;
  rocksdb::ColumnFamilyHandle* once_ = nullptr;
  rocksdb::ColumnFamilyHandle* heads_ = nullptr;
};

inline rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
inline std::string_view text_of(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace vigil::storage

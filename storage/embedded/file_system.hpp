// The layer under every file of the database: each log, table and manifest is encrypted under a key of its own, which is
// destroyed when the file is unlinked. So what is dead stays dead in free blocks, too. What holds nothing of anybody (CURRENT,
// IDENTITY, OPTIONS, LOCK) stays plain. The tests' model of a power loss lies below it. Used by rocks and audit only.
//
//   file = "vigil sealed 2", zeros to 16 | name | name | zeros to 64 | AES-256-CTR of what RocksDB writes
//   name = be32 index | be64 generation       twice, so that a head that was torn when the power went is known from a whole one
//
// Nothing here proves that the bytes are unchanged: RocksDB's checksums find accidents, and what lies in the rows is sealed by
// its writers.
#pragma once

#include <memory>
#include <set>

#include "storage/embedded/key_slots.hpp"

namespace vigil::storage {

// Whether a file of this name is encrypted.
bool is_sealed(const std::string& path);

// Over 'base', or over the system's files; keys from 'slots', which must outlive it.
std::shared_ptr<rocksdb::FileSystem> sealing_file_system(std::shared_ptr<rocksdb::FileSystem> base, KeySlots& slots);

// The slots of the files in 'directory'; nothing when it cannot be read. A directory that is not there has none.
std::optional<std::set<SlotName>> slots_of_files(rocksdb::FileSystem& below, const std::string& directory);

}  // namespace vigil::storage

// What is left for somebody who carries the disk away: every file of a store, read raw and through whatever keys lie beside it;
// and leaving them nothing. For `vigild audit`, `vigild destroy` and tests. Takes no lock: the store may be running meanwhile, so
// files may come and go.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/secret_bytes.hpp"
#include "storage/slot_name.hpp"

namespace vigil::storage {

struct SeizedFile {
  std::string name;  // within the store's directory
  std::string kind;  // in an operator's words: "logs", "tables"
  std::uint64_t bytes = 0;
  // As the file system says; where it does not keep when a file was made, both are the last writing.
  std::chrono::sys_seconds made, written;
  bool sealed = false;  // under a key of its own
  bool opened = false;  // which is still there
  // Deleted rows may lie in it that are not driven out yet: a table that has tombstones, a log that is not empty. Only known of
  // what was opened.
  bool may_hold_deleted = false;
  std::vector<std::size_t> raw, through_key;  // per marker: how often it was found
};

struct SeizedDisk {
  std::vector<SeizedFile> files;
  bool keys_on_disk = false;
  // Those of files, and all: besides, some lie ready for files to come. A key that outlives its file opens the file's free
  // blocks.
  std::set<SlotName> keys_of_files, keys;

  // In how many files a marker was found, raw or through its key.
  std::size_t files_with(std::size_t marker) const;
  // When the oldest file was made that may hold deleted rows; nothing: there is none.
  std::optional<std::chrono::sys_seconds> oldest_that_may_hold_deleted() const;
};

// 'master': the key to the keys, when it lies elsewhere (EmbeddedOptions). A sentence when directory or keys cannot be read.
std::expected<SeizedDisk, std::string> read_seized_disk(const std::filesystem::path& directory, const SecretBytes* master,
                                                        const std::vector<Bytes>& markers);

// A sentence when overwriting keeps the old bytes there: copy-on-write file systems, ext4 with data=journal. What a disk does
// below its file system, nobody can ask.
std::optional<std::string> keeps_old_bytes(const std::filesystem::path& directory);

// Where the keys of a store's files lie; there is no such file before the store was first opened, nor with keys in memory.
std::filesystem::path keys_file(const std::filesystem::path& directory);

// Overwrites a file of keys with zeros, in place and durably: whatever they opened is gone. Also while a store has it open, which
// then fails at its next reopening. A sentence, or nothing.
std::optional<std::string> destroy_keys(const std::filesystem::path& file);

}  // namespace vigil::storage

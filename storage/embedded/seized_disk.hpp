// What somebody reads who carries the disk away: every file of a store, raw, and through whatever keys lie beside it. For `vigild
// audit` and tests. Reads only, takes no lock: the store may be running meanwhile, so files may come and go.
#pragma once

#include <expected>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "storage/embedded/key_slots.hpp"

namespace vigil::storage {

struct SeizedFile {
  std::string name;  // within the store's directory
  std::uint64_t bytes = 0;
  bool sealed = false;                        // under a key of its own
  bool opened = false;                        // which is still there
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
};

// 'master': as in EmbeddedOptions. A sentence when directory or keys cannot be read.
std::expected<SeizedDisk, std::string> read_seized_disk(const std::filesystem::path& directory, const SecretBytes* master,
                                                        const std::vector<Bytes>& markers);

}  // namespace vigil::storage

// The layer under every file of the database. Today it passes everything through; per-file keys come here (seizure), and the
// tests' model of a power loss lies below it. Used by rocks only.
#pragma once

#include <memory>

#include "rocksdb/file_system.h"

namespace vigil::storage {

// Ours over 'base', or over the system's files.
std::shared_ptr<rocksdb::FileSystem> our_file_system(std::shared_ptr<rocksdb::FileSystem> base);

}  // namespace vigil::storage

// RocksDB's view of a closed store, through the keys that lie beside it: for tests that look at rows.
#pragma once

#include <filesystem>
#include <stdexcept>

#include "rocksdb/env.h"
#include "storage/embedded/file_system.hpp"
#include "storage/embedded/open.hpp"

namespace vigil::storage::testing {

class KeyedEnv {
 public:
  explicit KeyedEnv(const std::filesystem::path& store) {
    auto opened = KeySlots::open(rocksdb::FileSystem::Default(), (store / keys_name).string(), nullptr);
    if (!opened) throw std::runtime_error(opened.error());
    keys_ = std::move(*opened);
    env_ = rocksdb::NewCompositeEnv(sealing_file_system(nullptr, *keys_));
  }
  rocksdb::Env* get() const { return env_.get(); }

 private:
  std::unique_ptr<KeySlots> keys_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace vigil::storage::testing

// A store on a disk with faults, and its driver. Used by the tests of this folder.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "storage/embedded/open.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/contract/store_under_test.hpp"

namespace vigil::storage::testing {

class FaultyStore {
 public:
  FaultyStore() : FaultyStore(std::filesystem::path()) {}
  explicit FaultyStore(const std::filesystem::path& elsewhere, std::size_t ledger_bytes = 64u << 20) {
    options_.ledger_bytes = ledger_bytes;
    options_.directory = (elsewhere.empty() ? directory_.path() : elsewhere) / "store";
    options_.memtable_bytes = 1u << 20;
    options_.block_cache_bytes = 8u << 20;
    options_.clock = clock;
    options_.file_system = disk;
    open();
  }
  ~FaultyStore() {
    disk->log_syncs.open();
    disk->large_reads.open();
    close();
  }

  void reopen() {
    close();
    open();
  }

  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<FaultyDisk> disk = std::make_shared<FaultyDisk>(rocksdb::FileSystem::Default());
  std::unique_ptr<Store> store;
  std::unique_ptr<Driver> driver;

  Status status_of(Write write) { return driver->apply(std::move(write)).status; }
  // As an outbox does: the same request until it is done. How often that was, or 0 after 'seconds' of real time.
  int until_done(const Write& write, int seconds = 20) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (int tries = 1; std::chrono::steady_clock::now() < end; ++tries) {
      if (status_of(write) == wire::DONE) return tries;
      driver->poll(50);
    }
    return 0;
  }

 private:
  void open() {
    auto opened = open_embedded(options_);
    if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
    store = std::move(*opened);
    driver = std::make_unique<Driver>(*store);
  }
  void close() {
    if (store) store->close();
    driver.reset();
    store.reset();
  }

  EmbeddedOptions options_;
  TemporaryDirectory directory_;
};

}  // namespace vigil::storage::testing

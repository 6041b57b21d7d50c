// Opens the embedded store: RocksDB in one directory, for one relay process. Used by server's main, benchmarks and tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "crypto/base/secret_bytes.hpp"
#include "storage/store.hpp"

namespace rocksdb {
class FileSystem;
}

namespace vigil::storage {

// What an operator may change; the defaults are the design's.
struct EmbeddedOptions {
  std::filesystem::path directory;  // made if missing, mode 0700
  std::size_t block_cache_bytes = 96u << 20;
  std::size_t memtable_bytes = 16u << 20;
  std::size_t ledger_bytes = 384u << 20;  // the most for what waits where: ten million copies, about 27 bytes each
  std::uint32_t scrub_interval_s = limits::erase_s;
  std::uint64_t scrub_bytes_per_s = 10'000'000;  // the scrubber's own pace, so that it does not crowd out commits
  unsigned free_for_normal_percent = limits::free_for_normal_percent;
  unsigned free_for_urgent_percent = limits::free_for_urgent_percent;
  std::uint32_t lease_s = limits::lease_s;
  std::vector<std::uint32_t> first_rounds_s{limits::first_rounds_s.begin(), limits::first_rounds_s.end()};
  std::uint32_t hourly_rounds = limits::hourly_rounds, hourly_s = 3600, late_round_s = limits::late_round_s;
  std::uint32_t vigil_life_s = limits::vigil_life_s;
  std::uint32_t outage_grace_s = limits::outage_grace_s;
  std::uint32_t outage_cap_s = 2 * limits::outage_grace_s;  // by which all outages together may put one check-in off
  std::uint32_t mailbox_unread_days = limits::mailbox_unread_days;
  std::size_t normal_copies_max = limits::normal_copies_max, normal_bytes_max = limits::normal_bytes_max;
  // The keys of the files (key_slots.hpp) lie in directory/keys. 'master_key', 32 bytes, opens them when it lies elsewhere; with
  // 'keys_in_memory' nothing of them is ever on the disk, and each start begins with an empty store.
  std::shared_ptr<const SecretBytes> master_key;
  bool keys_in_memory = false;
  // Tests: a file layer that loses power, a clock of their own.
  std::shared_ptr<rocksdb::FileSystem> file_system;  // null: ours over the default one
  std::shared_ptr<const Clock> clock;                // null: the system's
};

// What lies in the directory.
inline constexpr std::string_view rows_name = "rows", keys_name = "keys";

// The open store, or a sentence that says what is wrong and what to do.
std::expected<std::unique_ptr<Store>, std::string> open_embedded(const EmbeddedOptions& options);

}  // namespace vigil::storage

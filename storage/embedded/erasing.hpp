// What makes RocksDB forget: tables that never span two buckets or volumes, a compaction filter that purges what has expired, a
// collector that sends any table with a tombstone into compaction and notes when the first of its rows expires, a listener that
// wipes stacks, and a logger that writes nothing. Used by rocks only.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "rocksdb/compaction_filter.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"
#include "rocksdb/sst_partitioner.h"
#include "rocksdb/table_properties.h"
#include "storage/store.hpp"

namespace vigil::storage {

// The store's time as compactions see it: set by the committer and the scrubber, read by RocksDB's threads.
using CoarseNow = std::shared_ptr<std::atomic<Instant>>;

std::shared_ptr<rocksdb::SstPartitionerFactory> volume_partitioner();
// For "once": kPurge, because kRemove under a SingleDelete breaks the database (RocksDB issue 9888).
std::shared_ptr<rocksdb::CompactionFilterFactory> purge_expired_rows(CoarseNow now);
// For "heads": grants that have expired.
std::shared_ptr<rocksdb::CompactionFilterFactory> remove_expired_grants(CoarseNow now);
std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> collector_of_rows_to_forget();
struct FirstExpiry {
  Instant at = 0;
  std::uint32_t bucket = 0;  // all of them lie in it
};
// Of the copies in a table of "once"; nothing: it holds none.
std::optional<FirstExpiry> first_expiry(const rocksdb::TableProperties& table);
// RocksDB's own threads leave no row on their stacks.
std::shared_ptr<rocksdb::EventListener> stack_wiper();
std::shared_ptr<rocksdb::Logger> silent_logger();

}  // namespace vigil::storage

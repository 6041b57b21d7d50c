// Partitioner, filters, collector, listener, logger. RocksDB's threads call these: no locks, no allocation in the hot ones.
#include "storage/embedded/erasing.hpp"

#include "crypto/base/secret_bytes.hpp"
#include "proto/stored.pb.h"
#include "storage/embedded/keys.hpp"

namespace vigil::storage {
namespace {

using rocksdb::Slice;

std::string_view text_of(const Slice& slice) {
  return {slice.data(), slice.size()};
}

constexpr Instant never = ~Instant{0};

// When a row of "once" is to be purged: with its bucket, a copy at its own second.
Instant expiry_of_row(std::string_view key, std::string_view value) {
  if (key.size() < prefix_bytes) return never;
  const Bucket bucket = bucket_of_key(key);
  const Instant ends = bucket == forever ? never : bucket;
  const bool copy = kind_of_key(key) == Kind::copy && value.size() >= 4;
  return copy ? std::min<Instant>(ends, read_u32(value)) : ends;
}

class PurgeExpired final : public rocksdb::CompactionFilter {
 public:
  explicit PurgeExpired(Instant now) : now_(now) {}
  const char* Name() const override { return "vigil.PurgeExpired"; }

  Decision FilterV2(int, const Slice& key, ValueType type, const Slice& value, std::string*, std::string*) const override {
    if (type != ValueType::kValue) return Decision::kKeep;
    return expiry_of_row(text_of(key), text_of(value)) <= now_ ? Decision::kPurge : Decision::kKeep;
  }

 private:
  const Instant now_;
};

class RemoveExpiredGrants final : public rocksdb::CompactionFilter {
 public:
  explicit RemoveExpiredGrants(Instant now) : now_(now) {}
  const char* Name() const override { return "vigil.RemoveExpiredGrants"; }

  Decision FilterV2(int, const Slice& key, ValueType type, const Slice& value, std::string*, std::string*) const override {
    if (type != ValueType::kValue || key.empty()) return Decision::kKeep;
    const int size = static_cast<int>(value.size());
    if (key[0] == static_cast<char>(Head::address)) {
      stored::Address row;
      return row.ParseFromArray(value.data(), size) && over(row.expires()) ? Decision::kRemove : Decision::kKeep;
    }
    if (key[0] == static_cast<char>(Head::address_of)) {
      stored::AddressOf row;
      return row.ParseFromArray(value.data(), size) && over(row.expires()) ? Decision::kRemove : Decision::kKeep;
    }
    return Decision::kKeep;
  }

 private:
  bool over(Instant expires) const { return expires != 0 && expires <= now_; }
  const Instant now_;
};

template <class Filter>
class Factory final : public rocksdb::CompactionFilterFactory {
 public:
  explicit Factory(CoarseNow now) : now_(std::move(now)) {}
  const char* Name() const override { return "vigil.Filters"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<Filter>(now_->load(std::memory_order_relaxed));
  }

 private:
  CoarseNow now_;
};

constexpr const char* first_expiry_name = "vigil.first_expiry";

// RocksDB 7.8's own collector does not count SingleDelete, so acknowledged bytes would stay; and it knows nothing of expiry.
class RowsToForget final : public rocksdb::TablePropertiesCollector {
 public:
  const char* Name() const override { return "vigil.RowsToForget"; }
  rocksdb::Status AddUserKey(const Slice& key, const Slice& value, rocksdb::EntryType type, rocksdb::SequenceNumber,
                             std::uint64_t) override {
    using enum rocksdb::EntryType;
    if (type == rocksdb::kEntryDelete || type == rocksdb::kEntrySingleDelete || type == rocksdb::kEntryRangeDeletion) any_ = true;
    if (type == rocksdb::kEntryPut) first_expiry_ = std::min(first_expiry_, expiry_of_row(text_of(key), text_of(value)));
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties* properties) override {
    properties->emplace(first_expiry_name, std::to_string(first_expiry_));
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  bool NeedCompact() const override { return any_; }

 private:
  bool any_ = false;
  Instant first_expiry_ = never;
};

class RowsToForgetFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  const char* Name() const override { return "vigil.RowsToForget"; }
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context) override { return new RowsToForget; }
};

class SilentLogger final : public rocksdb::Logger {
 public:
  SilentLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// RocksDB's threads have copied rows, and wait now for the next job.
class WipeStacks final : public rocksdb::EventListener {
 public:
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { wipe_stack_and_registers(); }
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override { wipe_stack_and_registers(); }
};

}  // namespace

std::shared_ptr<rocksdb::SstPartitionerFactory> bucket_partitioner() {
  return rocksdb::NewSstPartitionerFixedPrefixFactory(bucket_bytes);
}
std::shared_ptr<rocksdb::CompactionFilterFactory> purge_expired_rows(CoarseNow now) {
  return std::make_shared<Factory<PurgeExpired>>(std::move(now));
}
std::shared_ptr<rocksdb::CompactionFilterFactory> remove_expired_grants(CoarseNow now) {
  return std::make_shared<Factory<RemoveExpiredGrants>>(std::move(now));
}
std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> collector_of_rows_to_forget() {
  return std::make_shared<RowsToForgetFactory>();
}
bool has_rows_to_forget(const rocksdb::TableProperties& table, Instant now) {
  if (table.num_deletions != 0) return true;
  const auto first = table.user_collected_properties.find(first_expiry_name);
  return first != table.user_collected_properties.end() && std::strtoull(first->second.c_str(), nullptr, 10) <= now;
}
std::shared_ptr<rocksdb::EventListener> stack_wiper() {
  return std::make_shared<WipeStacks>();
}
std::shared_ptr<rocksdb::Logger> silent_logger() {
  return std::make_shared<SilentLogger>();
}

}  // namespace vigil::storage

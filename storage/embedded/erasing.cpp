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

bool is_copy(std::string_view key, std::string_view value) {
  return key.size() == copy_key_bytes && kind_of_key(key) == Kind::copy && value.size() >= 4;
}

class PurgeExpired final : public rocksdb::CompactionFilter {
 public:
  explicit PurgeExpired(Instant now) : now_(now) {}
  const char* Name() const override { return "vigil.PurgeExpired"; }

  Decision FilterV2(int, const Slice& key, ValueType type, const Slice& value, std::string*, std::string*) const override {
    if (type != ValueType::kValue || key.size() < prefix_bytes) return Decision::kKeep;
    if (bucket_of_key(text_of(key)) <= now_) return Decision::kPurge;
    return is_copy(text_of(key), text_of(value)) && read_u32(text_of(value)) <= now_ ? Decision::kPurge : Decision::kKeep;
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

constexpr const char* first_expiry_name = "vigil.first_expiry";  // be32 moment, be32 bucket

// RocksDB 7.8's own collector does not count SingleDelete, so acknowledged bytes would stay; and it knows nothing of expiry.
class RowsToForget final : public rocksdb::TablePropertiesCollector {
 public:
  explicit RowsToForget(bool holds_copies) : holds_copies_(holds_copies) {}
  const char* Name() const override { return "vigil.RowsToForget"; }
  rocksdb::Status AddUserKey(const Slice& key, const Slice& value, rocksdb::EntryType type, rocksdb::SequenceNumber,
                             std::uint64_t) override {
    using enum rocksdb::EntryType;
    if (type == rocksdb::kEntryDelete || type == rocksdb::kEntrySingleDelete || type == rocksdb::kEntryRangeDeletion) any_ = true;
    if (holds_copies_ && type == rocksdb::kEntryPut && is_copy(text_of(key), text_of(value))) {
      first_ = std::min(first_, read_u32(text_of(value)));
      bucket_ = bucket_of_key(text_of(key));
    }
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties* out) override {
    if (bucket_ != 0) out->emplace(first_expiry_name, Key{}.u32(first_).u32(bucket_).view());
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  bool NeedCompact() const override { return any_; }

 private:
  const bool holds_copies_;
  bool any_ = false;
  std::uint32_t first_ = std::numeric_limits<std::uint32_t>::max();
  Bucket bucket_ = 0;
};

class RowsToForgetFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  const char* Name() const override { return "vigil.RowsToForget"; }
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context of) override {
    return new RowsToForget(of.column_family_id == 0);  // "once" is the default one
  }
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

std::shared_ptr<rocksdb::SstPartitionerFactory> volume_partitioner() {
  return rocksdb::NewSstPartitionerFixedPrefixFactory(bucket_bytes + volume_bytes);
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
std::shared_ptr<rocksdb::EventListener> stack_wiper() {
  return std::make_shared<WipeStacks>();
}
std::optional<FirstExpiry> first_expiry(const rocksdb::TableProperties& table) {
  const auto found = table.user_collected_properties.find(first_expiry_name);
  if (found == table.user_collected_properties.end() || found->second.size() != 8) return std::nullopt;
  const std::string_view noted(found->second);
  return FirstExpiry{.at = read_u32(noted), .bucket = read_u32(noted.substr(4))};
}
std::shared_ptr<rocksdb::Logger> silent_logger() {
  return std::make_shared<SilentLogger>();
}

}  // namespace vigil::storage

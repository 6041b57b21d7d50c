// Options, opening and closing. Every setting that differs from the default has its reason beside it (measured: see the decision
// page on storage).
#include "storage/embedded/rocks.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "storage/embedded/file_system.hpp"
#include "storage/embedded/open.hpp"

namespace vigil::storage {
namespace {

// Copies of one mailbox come in the order of their keys, so the place of the last one is a good guess for the next. Other rows
// come anywhere.
class CopiesOfOneMailbox final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "vigil.CopiesOfOneMailbox"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), prefix_bytes + 1}; }
  bool InDomain(const rocksdb::Slice& key) const override {
    return key.size() == copy_key_bytes && kind_of_key(text_of(key)) == Kind::copy;
  }
};

}  // namespace

Rocks::Rocks(const EmbeddedOptions& options, CoarseNow now)
    : path_((options.directory / rows_name).string()),
      keys_path_((options.directory / keys_name).string()),
      keys_in_memory_(options.keys_in_memory),
      master_key_(options.master_key),
      memtable_bytes_(options.memtable_bytes),
      now_(std::move(now)),
      below_(options.file_system ? options.file_system : rocksdb::FileSystem::Default()),
      cache_(rocksdb::NewLRUCache(options.block_cache_bytes)),
      buffers_(std::make_shared<rocksdb::WriteBufferManager>(3 * options.memtable_bytes)) {}

Rocks::~Rocks() {
  close(false);
}

rocksdb::ColumnFamilyOptions Rocks::family_options(bool once) const {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = memtable_bytes_;
  options.compression = rocksdb::kNoCompression;  // cipher text
  options.level_compaction_dynamic_level_bytes = true;
  options.target_file_size_base = 8u << 20;
  // Sixteen tables, three volumes: nearly all of what they are merged with is left alone.
  options.level0_file_num_compaction_trigger = 16;
  options.level0_slowdown_writes_trigger = 32;
  options.level0_stop_writes_trigger = 48;
  options.table_properties_collector_factories = {collector_of_rows_to_forget()};
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache_;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;  // memory stays bounded with many files
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 4096;
  table.format_version = 5;
  if (once) {
    table.whole_key_filtering = false;  // every question is about a prefix
    options.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(prefix_bytes));
    options.memtable_insert_with_hint_prefix_extractor = std::make_shared<CopiesOfOneMailbox>();
    options.sst_partitioner_factory = volume_partitioner();
    options.compaction_filter_factory = purge_expired_rows(now_);
  } else {
    options.compaction_filter_factory = remove_expired_grants(now_);
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::DBOptions Rocks::db_options() const {
  rocksdb::DBOptions options;
  options.env = env_.get();
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.listeners = {stack_wiper()};
  options.info_log = silent_logger();  // INFO prints keys
  options.keep_log_file_num = 1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.recycle_log_file_num = 0;  // a recycled log keeps what it held
  options.WAL_ttl_seconds = 0;
  options.WAL_size_limit_MB = 0;
  options.max_total_wal_size = 64u << 20;
  options.max_manifest_file_size = 1;                 // rolls at once: old boundaries go
  options.track_and_verify_wals_in_manifest = false;  // true: refuses to open after a crash (RocksDB pull 10892)
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.avoid_flush_during_recovery = false;
  options.avoid_flush_during_shutdown = true;  // close() decides
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.avoid_unnecessary_blocking_io = true;  // whoever reads last from an expired bucket does not unlink its files
  options.bytes_per_sync = 1u << 20;
  options.compaction_readahead_size = 256u << 10;  // by itself it reads 4 KiB at a time: a call and a new cipher for each
  options.write_buffer_manager = buffers_;
  options.allow_mmap_reads = false;
  options.enable_write_thread_adaptive_yield = false;  // one writer
  options.allow_concurrent_memtable_write = false;
  options.max_bgerror_resume_count = 0;  // a failed disk is left by closing and opening, not by trying on
  return options;
}

std::optional<std::string> Rocks::open_keys() {
  const bool rows = std::filesystem::exists(path_), keys = std::filesystem::exists(keys_path_);
  if (keys_in_memory_) {
    if (keys)
      return "the store in " + path_ + " has its keys on the disk, not in memory: vigild destroy, or change [store] keys back";
    std::error_code failed;
    std::filesystem::remove_all(path_, failed);  // its keys went with the last process: nobody can read it
    if (failed) return "cannot remove what the last run left in " + path_ + ": " + failed.message();
    keys_ = KeySlots::in_memory();
  } else {
    if (rows && !keys)
      return "the keys of the store in " + path_ + " are gone: nobody can read it any more. To begin anew, remove it.";
    auto opened = KeySlots::open(below_, keys_path_, master_key_.get());
    if (!opened) return opened.error();
    keys_ = std::move(*opened);
  }
  env_ = rocksdb::NewCompositeEnv(sealing_file_system(below_, *keys_));
  return std::nullopt;
}

std::optional<std::string> Rocks::open() {
  const std::unique_lock lock(open_);
  if (!keys_) {
    if (auto wrong = open_keys()) return wrong;
  }
  // What a crash left of files that are gone, and of those that were never made.
  const std::optional<std::set<SlotName>> files = slots_of_files(*below_, path_);
  if (!files) return "cannot read the store's files in " + path_;
  keys_->destroy_all_but(*files);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families{{rocksdb::kDefaultColumnFamilyName, family_options(true)},
                                                              {"heads", family_options(false)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(rocksdb::DBOptions(db_options()), path_, families, &handles, &db);
  if (!opened.ok()) return "cannot open the store in " + path_ + ": " + opened.ToString();
  db_ = db;
  once_ = handles[0];
  heads_ = handles[1];
  return std::nullopt;
}

void Rocks::close(bool flush) {
  const std::unique_lock lock(open_);
  if (!db_) return;
  if (flush) {
    // Flush and wait, or the log keeps acknowledged rows while the relay is off. A failing disk fails here too: the log has
    // everything.
    const rocksdb::Status flushed = db_->Flush(rocksdb::FlushOptions(), {once_, heads_});
    flushed.PermitUncheckedError();
  }
  rocksdb::CancelAllBackgroundWork(db_, true);
  db_->DestroyColumnFamilyHandle(once_).PermitUncheckedError();
  db_->DestroyColumnFamilyHandle(heads_).PermitUncheckedError();
  once_ = heads_ = nullptr;
  db_->Close().PermitUncheckedError();
  delete db_;
  db_ = nullptr;
}

void Rocks::forget_blocks() const {
  cache_->EraseUnRefEntries();
}

rocksdb::Status Rocks::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  return db_->Write(options, &batch);
}

std::optional<std::string> Rocks::Reading::head(std::string_view key) const {
  std::optional<std::string> value;
  get(heads(), key, value).PermitUncheckedError();
  return value;
}

rocksdb::Status Rocks::Reading::get(rocksdb::ColumnFamilyHandle* family, std::string_view key,
                                    std::optional<std::string>& value) const {
  std::string found;
  const rocksdb::Status status = db().Get(rocksdb::ReadOptions(), family, slice(key), &found);
  if (status.ok()) value = std::move(found);
  return status.IsNotFound() ? rocksdb::Status::OK() : status;
}

}  // namespace vigil::storage

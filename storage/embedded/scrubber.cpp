// Every interval, everything acknowledged, expired or overwritten is driven out of log, tables and manifest:
//
//   flush all families     the log and what died in memory go; a table with a tombstone asks for its own compaction (erasing.cpp)
//   expired buckets        their files go whole; what is left over in small ones is compacted away
//   heads                  overwritten rows leave no tombstone, so the small family is compacted each time
//   tombstones, expiry     whatever compaction has not reached by itself is compacted by name
//   two heartbeats         the manifest rolls on each edit and writes the state before it: after two, no old boundary is left
//   block cache            keeps blocks of files that are gone: it is emptied
//
// Before all that, once per opening: the ids that earlier openings remembered are read into memory.
#include "storage/embedded/scrubber.hpp"

#include <rocksdb/convenience.h>

namespace vigil::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Instant slack_s = 5;  // clocks of a commit and of this thread are not the same
constexpr unsigned ballast_margin_percent = 5;
constexpr std::size_t tables_at_once = 32;  // a quarter of a gigabyte
constexpr milliseconds part_pause{50};

rocksdb::CompactRangeOptions whole_compaction() {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  options.exclusive_manual_compaction = false;
  return options;
}

bool overlaps(const rocksdb::LiveFileMetaData& file, Bucket bucket) {
  return file.column_family_name == rocksdb::kDefaultColumnFamilyName && bucket_of_key(file.smallestkey) <= bucket &&
         bucket_of_key(file.largestkey) >= bucket;
}

bool inside(const rocksdb::LiveFileMetaData& file, Bucket bucket) {
  return file.column_family_name == rocksdb::kDefaultColumnFamilyName && bucket_of_key(file.smallestkey) == bucket &&
         bucket_of_key(file.largestkey) == bucket;
}

}  // namespace

void Scrubber::start() {
  look_at_disk();
  thread_ = std::thread([this] { run(); });
}

void Scrubber::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Scrubber::sleep_for(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void Scrubber::run() {
  const milliseconds pause(core_.options.scrub_interval_s * std::uint64_t{750});
  auto next = steady_clock::now() + pause, next_drop = next;
  do {
    look_at_disk();
    core_.rocks.keys()->make_ready();
    if (core_.writable && filled_opening_ != core_.openings) fill_remembered();
    const auto began = steady_clock::now();
    // A cycle of a large store is long. What has expired does not wait for it: nothing is rewritten for that.
    if (began >= next_drop) {
      next_drop = began + pause;
      if (Rocks::Reading reading = core_.rocks.read()) drop_expired_buckets(reading);
    }
    if (began < next) continue;
    cycle();
    const auto took = std::chrono::ceil<std::chrono::seconds>(steady_clock::now() - began);
    const Rocks::Reading reading = core_.rocks.read();
    std::uint64_t bytes = 0;
    if (reading) reading.db().GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
    // What is acknowledged right after a flush waits for the next one and for the work that follows it.
    const std::uint64_t wanted_s =
        std::max<std::uint64_t>(core_.options.scrub_interval_s, bytes / core_.options.scrub_bytes_per_s);
    const auto period_s = std::max<std::uint64_t>(wanted_s * 3 / 4, 1);
    bound_s_ = std::max(wanted_s, period_s + 2 * static_cast<std::uint64_t>(took.count()));
    next = began + std::chrono::seconds(period_s);
  } while (sleep_for(milliseconds(500)));
}

void Scrubber::look_at_disk() {
  core_.disk.look();
  const unsigned free = core_.disk.free_percent();
  if (free < core_.options.free_for_urgent_percent) {
    core_.disk.drop_ballast();  // acknowledgements always work
  } else {
    core_.disk.take_ballast(core_.options.free_for_normal_percent + ballast_margin_percent);
  }
}

void Scrubber::fill_remembered() {
  Rocks::Reading reading = core_.rocks.read();
  if (!reading || !core_.writable) return;
  const std::uint64_t opening = core_.openings;
  for (const Buckets::Place& place : core_.buckets.unexpired(core_.clock.now_s())) {
    if (!each_remembered(reading, place, [&](const Tag& id) { core_.remembered.fill(id, place); }))
      return core_.remembered.not_filled();
  }
  core_.remembered.filled();
  filled_opening_ = opening;
}

void Scrubber::cycle() {
  Rocks::Reading reading = core_.rocks.read();
  if (!reading) return;
  core_.coarse_now->store(core_.clock.now_s(), std::memory_order_relaxed);
  // One idle family with one row in memory would pin every log: all are flushed.
  if (!reading.db().Flush(rocksdb::FlushOptions(), {reading.once(), reading.heads()}).ok()) return;
  drop_expired_buckets(reading);
  compact_heads(reading);
  chase_rows(reading);
  beat(reading);
  core_.rocks.forget_blocks();
  core_.rocks.keys()->destroy_rest();  // what a failing disk refused
}

void Scrubber::drop_expired_buckets(Rocks::Reading& reading) {
  const Instant now = core_.clock.now_s();
  core_.coarse_now->store(now, std::memory_order_relaxed);
  const Instant written = core_.oldest_commit_s(now);
  for (const Bucket bucket : core_.buckets.expired(written > slack_s ? written - slack_s : 0)) {
    const Key from = bucket_key(bucket), to = bucket_key(bucket + 1);
    const rocksdb::Slice begin = slice(from.view()), end = slice(to.view());
    if (!delete_tables(reading, bucket)) return;
    if (!reading.db().CompactRange(whole_compaction(), reading.once(), &begin, &end).ok()) return;
    // Files that were just being compacted are skipped by both: then again in the next cycle.
    std::vector<rocksdb::LiveFileMetaData> files;
    reading.db().GetLiveFilesMetaData(&files);
    if (std::any_of(files.begin(), files.end(), [&](const auto& file) { return overlaps(file, bucket); })) continue;
    core_.buckets.drop(bucket);
    core_.remembered.drop(bucket);
  }
}

// A large bucket goes a part at a time: thousands of files unlinked at once would keep the disk's journal busy, and every commit
// with it. What reaches over the border of two parts goes with the whole. False: stopping.
bool Scrubber::delete_tables(Rocks::Reading& reading, Bucket bucket) {
  std::vector<rocksdb::LiveFileMetaData> files;
  reading.db().GetLiveFilesMetaData(&files);
  std::vector<std::string> starts;
  for (rocksdb::LiveFileMetaData& file : files) {
    if (inside(file, bucket)) starts.push_back(std::move(file.smallestkey));
  }
  std::sort(starts.begin(), starts.end());
  const Key first = bucket_key(bucket), last = bucket_key(bucket + 1);
  const rocksdb::Slice begin = slice(first.view()), end = slice(last.view());
  rocksdb::Slice from = begin;
  for (std::size_t i = tables_at_once; i < starts.size(); i += tables_at_once) {
    const rocksdb::Slice border(starts[i]);
    rocksdb::DeleteFilesInRange(&reading.db(), reading.once(), &from, &border, false).PermitUncheckedError();
    from = border;
    if (!sleep_for(part_pause)) return false;
  }
  rocksdb::DeleteFilesInRange(&reading.db(), reading.once(), &begin, &end, false).PermitUncheckedError();
  return true;
}

void Scrubber::compact_heads(Rocks::Reading& reading) {
  reading.db().CompactRange(whole_compaction(), reading.heads(), nullptr, nullptr).PermitUncheckedError();
}

// It has a deleted row, or one that has expired. Very many that expire together are not rewritten first, when their bucket ends
// so soon that they go with it within the bound.
bool Scrubber::is_to_be_compacted(const rocksdb::TableProperties& table, Instant now) const {
  if (table.num_deletions != 0) return true;
  const std::optional<FirstExpiry> first = first_expiry(table);
  if (!first || first->at > now || first->bucket <= now) return false;
  return first->bucket + slack_s + core_.options.scrub_interval_s > first->at + bound_s_;
}

void Scrubber::chase_rows(Rocks::Reading& reading) {
  constexpr int turns = 20;
  const Instant now = core_.coarse_now->load(std::memory_order_relaxed);  // as the compaction filter sees it
  for (int turn = 0; turn < turns; ++turn) {
    rocksdb::TablePropertiesCollection tables;
    if (!reading.db().GetPropertiesOfAllTables(reading.once(), &tables).ok()) return;
    std::erase_if(tables, [&](const auto& table) { return !is_to_be_compacted(*table.second, now); });
    if (tables.empty()) return;
    if (!sleep_for(milliseconds(50))) return;
    if (turn != turns / 2) continue;
    std::vector<rocksdb::LiveFileMetaData> files;
    reading.db().GetLiveFilesMetaData(&files);
    for (const rocksdb::LiveFileMetaData& file : files) {
      const bool stays =
          std::any_of(tables.begin(), tables.end(), [&](const auto& table) { return table.first.ends_with(file.name); });
      if (!stays) continue;
      const rocksdb::Slice begin(file.smallestkey), end(file.largestkey);
      reading.db().CompactRange(whole_compaction(), reading.once(), &begin, &end).PermitUncheckedError();
    }
  }
}

void Scrubber::beat(Rocks::Reading& reading) {
  for (int turn = 0; turn < 2; ++turn) {
    rocksdb::WriteOptions unsynced;  // nothing hangs on it
    if (!reading.db().Put(unsynced, reading.heads(), slice(beat_key), slice(turn == 0 ? "0" : "1")).ok()) return;
    if (!reading.db().Flush(rocksdb::FlushOptions(), reading.heads()).ok()) return;
  }
}

}  // namespace vigil::storage

// First what earlier openings remembered is read into memory; then, every interval, everything acknowledged or expired is driven
// out of the files.
#include "storage/embedded/scrubber.hpp"

namespace vigil::storage {

void Scrubber::start() {
  interval_s_ = core_.options.scrub_interval_s;
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

void Scrubber::run() {
  fill_remembered();
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
    lock.unlock();
    core_.disk.look();
    lock.lock();
  }
}

void Scrubber::fill_remembered() {
  Rocks::Reading reading = core_.rocks.read();
  if (!reading) return;
  for (const Bucket bucket : core_.buckets.unexpired(core_.clock.now_s())) {
    std::string end(kind_key(bucket, Kind::remembered).view());
    ++end.back();
    const rocksdb::Slice bound(end);
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    options.fill_cache = false;
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator(options, reading.once()));
    for (at->Seek(slice(kind_key(bucket, Kind::remembered).view())); at->Valid(); at->Next())
      core_.remembered.fill(tag_of_key(text_of(at->key()), bucket_bytes + 1), bucket);
    if (!at->status().ok()) return;
  }
  core_.remembered.filled();
}

}  // namespace vigil::storage

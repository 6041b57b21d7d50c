// The thread that makes the disk forget, and looks how full it is. One per store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/embedded/core.hpp"

namespace vigil::storage {

class Scrubber {
 public:
  explicit Scrubber(Core& core) : core_(core), bound_s_(core.options.scrub_interval_s) {}
  ~Scrubber() { stop(); }
  void start();
  void stop();
  // Acknowledged and expired bytes leave the files within this, at today's size and pace.
  std::chrono::seconds bound() const { return std::chrono::seconds(bound_s_.load()); }

 private:
  void run();
  bool sleep_for(std::chrono::milliseconds time);  // false: stopping
  void look_at_disk();
  void fill_remembered();
  void cycle();
  void drop_expired_buckets(Rocks::Reading& reading);
  bool delete_tables(Rocks::Reading& reading, Bucket bucket);  // false: stopping
  void compact_heads(Rocks::Reading& reading);
  bool is_to_be_compacted(const rocksdb::TableProperties& table, Instant now) const;
  void chase_rows(Rocks::Reading& reading);
  void beat(Rocks::Reading& reading);

  Core& core_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::uint64_t filled_opening_ = 0;
  std::atomic<std::uint64_t> bound_s_;
};

}  // namespace vigil::storage

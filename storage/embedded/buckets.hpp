// Which expiry buckets are live, which volumes are in them, and what they hold: so that readers skip empty ones, figures cost
// nothing, and the scrubber knows what to drop. Any thread.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "storage/embedded/keys.hpp"

namespace vigil::storage {

class Buckets {
 public:
  struct Count {
    std::uint64_t urgent = 0, normal = 0, bytes = 0;
  };

  struct Place {
    Bucket bucket = 0;
    Volume volume = 0;
  };

  void live(Bucket bucket, Volume volume) {
    const std::lock_guard lock(mutex_);
    note(buckets_[bucket], volume);
  }
  void set(Bucket bucket, const Count& count) {
    const std::lock_guard lock(mutex_);
    buckets_[bucket].count = count;
  }
  void add(Bucket bucket, Volume volume, int lane, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    One& one = buckets_[bucket];
    note(one, volume);
    ++(lane == 0 ? one.count.urgent : one.count.normal);
    one.count.bytes += bytes;
  }
  void take(Bucket bucket, int lane, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = buckets_.find(bucket);
    if (found == buckets_.end()) return;
    Count& count = found->second.count;
    std::uint64_t& copies = lane == 0 ? count.urgent : count.normal;
    copies -= copies > 0;
    count.bytes -= std::min(count.bytes, bytes);
  }
  void drop(Bucket bucket) {
    const std::lock_guard lock(mutex_);
    buckets_.erase(bucket);
  }
  std::map<Bucket, Count> all() const {
    const std::lock_guard lock(mutex_);
    std::map<Bucket, Count> out;
    for (const auto& [bucket, one] : buckets_) out.emplace_hint(out.end(), bucket, one.count);
    return out;
  }
  // Those that may still hold a row, volume by volume.
  std::vector<Place> unexpired(std::uint64_t now) const {
    const std::lock_guard lock(mutex_);
    std::vector<Place> out;
    for (auto at = buckets_.upper_bound(static_cast<Bucket>(now)); at != buckets_.end() && at->first != forever; ++at) {
      for (const Volume volume : at->second.volumes) out.push_back({at->first, volume});
    }
    return out;
  }
  std::vector<Bucket> expired(std::uint64_t now) const {
    const std::lock_guard lock(mutex_);
    std::vector<Bucket> out;
    for (auto at = buckets_.begin(); at != buckets_.end() && at->first <= now; ++at) out.push_back(at->first);
    return out;
  }
  Count total() const {
    const std::lock_guard lock(mutex_);
    Count sum;
    for (const auto& [bucket, one] : buckets_) {
      sum.urgent += one.count.urgent;
      sum.normal += one.count.normal;
      sum.bytes += one.count.bytes;
    }
    return sum;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    buckets_.clear();
  }

 private:
  struct One {
    Count count;
    std::vector<Volume> volumes;  // in order
  };
  static void note(One& one, Volume volume) {
    std::vector<Volume>& volumes = one.volumes;
    if (!volumes.empty() && volumes.back() == volume) return;  // nearly always
    const auto at = std::lower_bound(volumes.begin(), volumes.end(), volume);
    if (at == volumes.end() || *at != volume) volumes.insert(at, volume);
  }

  mutable std::mutex mutex_;
  std::map<Bucket, One> buckets_;  // bounded: a volume is 65,536 rows, and goes with its bucket
};

}  // namespace vigil::storage

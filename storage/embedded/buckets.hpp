// Which expiry buckets are live, and what they hold: so that readers skip empty ones, figures cost nothing, and the scrubber
// knows what to drop. Any thread.
#pragma once

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

  void live(Bucket bucket) {
    const std::lock_guard lock(mutex_);
    counts_.try_emplace(bucket);
  }
  void set(Bucket bucket, const Count& count) {
    const std::lock_guard lock(mutex_);
    counts_[bucket] = count;
  }
  void add(Bucket bucket, int lane, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    Count& count = counts_[bucket];
    ++(lane == 0 ? count.urgent : count.normal);
    count.bytes += bytes;
  }
  void take(Bucket bucket, int lane, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(bucket);
    if (found == counts_.end()) return;
    std::uint64_t& copies = lane == 0 ? found->second.urgent : found->second.normal;
    copies -= copies > 0;
    found->second.bytes -= std::min(found->second.bytes, bytes);
  }
  void drop(Bucket bucket) {
    const std::lock_guard lock(mutex_);
    counts_.erase(bucket);
  }
  std::map<Bucket, Count> all() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  // Those that may still hold a copy.
  std::vector<Bucket> unexpired(std::uint64_t now) const {
    const std::lock_guard lock(mutex_);
    std::vector<Bucket> out;
    for (auto at = counts_.upper_bound(static_cast<Bucket>(now)); at != counts_.end() && at->first != forever; ++at)
      out.push_back(at->first);
    return out;
  }
  std::vector<Bucket> expired(std::uint64_t now) const {
    const std::lock_guard lock(mutex_);
    std::vector<Bucket> out;
    for (auto at = counts_.begin(); at != counts_.end() && at->first <= now; ++at) out.push_back(at->first);
    return out;
  }
  Count total() const {
    const std::lock_guard lock(mutex_);
    Count sum;
    for (const auto& [bucket, count] : counts_) {
      sum.urgent += count.urgent;
      sum.normal += count.normal;
      sum.bytes += count.bytes;
    }
    return sum;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    counts_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::map<Bucket, Count> counts_;
};

}  // namespace vigil::storage

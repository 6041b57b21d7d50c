// Token buckets against floods: per connection and per address, in memory only. Used by connection and requests.
// A Bucket belongs to one thread; AddressFloods is shared by all (sharded locks, held for nanoseconds). Time is an argument:
// milliseconds of any monotonic clock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "proto/ids.hpp"
#include "server/config.hpp"

namespace vigil::server {

// 'rate' tokens per 'period_ms', never more than 'rate' of them at once. 16 bytes of state; full at first.
class Bucket {
 public:
  Bucket() = default;
  Bucket(std::uint32_t rate, std::uint32_t period_ms) : rate_(rate), period_ms_(period_ms) {}
  // 0: taken. Otherwise nothing was taken and so many seconds must pass first (at least 1).
  std::uint32_t take(std::uint32_t tokens, std::uint64_t now_ms);

 private:
  std::uint32_t rate_ = 0, period_ms_ = 1000;
  std::uint64_t full_at_ = 0;  // when it would be full again, in units of 1 / rate ms (GCRA): no division per token
};

// Per address. At most 'entries_max' addresses are remembered; the one least recently seen in its set is forgotten, which
// forgives it at most one bucket.
class AddressFloods {
 public:
  enum class Kind : std::uint8_t { urgent, prekeys };
  explicit AddressFloods(const ConfigLimits& limits, std::size_t entries_max = 65'536);
  ~AddressFloods();
  // As Bucket::take.
  std::uint32_t take(const AddressHash& address, Kind kind, std::uint32_t tokens, std::uint64_t now_ms);

 private:
  struct Shard;
  std::uint32_t urgent_per_min_, prekeys_per_h_;
  std::uint64_t salt_ = 0;
  std::size_t sets_ = 1;                        // per shard
  std::vector<std::unique_ptr<Shard>> shards_;  // bounded: a fixed number
};

}  // namespace vigil::server

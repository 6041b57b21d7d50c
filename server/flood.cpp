// Token buckets as GCRA: one number says when the bucket is full again, in units of 1/rate ms, so that no token costs a division.
#include "server/flood.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "crypto/base/random.hpp"

namespace vigil::server {
namespace {

constexpr std::size_t shard_count = 64;
constexpr std::size_t ways = 4;  // addresses that compete for one set

// 'full_at' is the state of one bucket. Returns 0 and takes, or the seconds to wait and takes nothing.
std::uint32_t take_from(std::uint64_t& full_at, std::uint32_t rate, std::uint32_t period_ms, std::uint32_t tokens,
                        std::uint64_t now_ms) {
  if (rate == 0) return 1;
  const std::uint64_t now = now_ms * rate, burst = std::uint64_t{rate} * period_ms;
  const std::uint64_t after = std::max(full_at, now) + std::uint64_t{std::min(tokens, rate)} * period_ms;
  if (after <= now + burst) {
    full_at = after;
    return 0;
  }
  const std::uint64_t wait = after - now - burst, per_second = std::uint64_t{rate} * 1000;
  return static_cast<std::uint32_t>((wait + per_second - 1) / per_second);
}

}  // namespace

std::uint32_t Bucket::take(std::uint32_t tokens, std::uint64_t now_ms) {
  return take_from(full_at_, rate_, period_ms_, tokens, now_ms);
}

struct AddressFloods::Shard {
  struct Entry {
    std::array<std::uint8_t, 16> address{};  // enough of the hash: two alike would share a bucket, nothing worse
    std::uint64_t seen_ms = 0, urgent = 0, prekeys = 0;
  };
  std::mutex mutex;
  std::vector<Entry> entries;

  Entry& entry(std::uint64_t set, const std::array<std::uint8_t, 16>& address, std::uint64_t now_ms) {
    Entry* const first = &entries[static_cast<std::size_t>(set) * ways];
    Entry* oldest = first;
    for (Entry* way = first; way != first + ways; ++way) {
      if (way->address == address) return way->seen_ms = now_ms, *way;
      if (way->seen_ms < oldest->seen_ms) oldest = way;
    }
    *oldest = Entry{address, now_ms, 0, 0};
    return *oldest;
  }
};

AddressFloods::AddressFloods(const ConfigLimits& limits, std::size_t entries_max)
    : urgent_per_min_(limits.urgent_per_address_per_min), prekeys_per_h_(limits.prekey_fetches_per_address_per_h) {
  random_fill({reinterpret_cast<std::uint8_t*>(&salt_), sizeof salt_});
  sets_ = std::bit_ceil(std::max<std::size_t>(1, entries_max / shard_count / ways));
  for (std::size_t i = 0; i < shard_count; ++i) {
    shards_.push_back(std::make_unique<Shard>());
    shards_.back()->entries.resize(sets_ * ways);
  }
}

AddressFloods::~AddressFloods() = default;

std::uint32_t AddressFloods::take(const AddressHash& hash, Kind kind, std::uint32_t tokens, std::uint64_t now_ms) {
  std::array<std::uint8_t, 16> address;
  std::memcpy(address.data(), hash.bytes.data(), address.size());
  std::uint64_t word = 0;
  std::memcpy(&word, address.data(), sizeof word);
  word = (word ^ salt_) * 0x9e3779b97f4a7c15u;  // salted: nobody can aim at somebody else's set
  word ^= word >> 32;
  Shard& shard = *shards_[word % shard_count];
  const std::scoped_lock lock(shard.mutex);
  Shard::Entry& entry = shard.entry((word / shard_count) & (sets_ - 1), address, now_ms);
  switch (kind) {
    case Kind::urgent:
      return take_from(entry.urgent, urgent_per_min_, 60'000, tokens, now_ms);
    case Kind::prekeys:
      return take_from(entry.prekeys, prekeys_per_h_, 3'600'000, tokens, now_ms);
  }
  return 1;
}

}  // namespace vigil::server

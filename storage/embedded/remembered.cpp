// Exact table, Bloom filters, and the question that joins them.
#include "storage/embedded/remembered.hpp"

namespace vigil::storage {
namespace {

constexpr Tag nothing{};

std::uint64_t half(const Tag& id, std::size_t at) {
  std::uint64_t out = 0;
  std::memcpy(&out, id.data() + at, sizeof out);
  return out;
}

}  // namespace

RecentIds::RecentIds() : now_(slots), before_(slots) {}

bool RecentIds::find(const Table& table, const Tag& id) {
  for (std::size_t slot = half(id, 0) % slots;; slot = (slot + 1) % slots) {
    if (table[slot] == id) return true;
    if (table[slot] == nothing) return false;
  }
}

bool RecentIds::contains(const Tag& id) const {
  return find(now_, id) || find(before_, id);
}

void RecentIds::add(const Tag& id) {
  if (count_ == ids_max) {
    std::swap(now_, before_);
    std::fill(now_.begin(), now_.end(), nothing);
    count_ = 0;
    ++generation_;
  }
  std::size_t slot = half(id, 0) % slots;
  while (now_[slot] != nothing) slot = (slot + 1) % slots;
  now_[slot] = id;
  ++count_;
}

void RecentIds::clear() {
  std::fill(now_.begin(), now_.end(), nothing);
  std::fill(before_.begin(), before_.end(), nothing);
  count_ = 0;
  generation_ += 2;
}

bool BloomFilter::may_contain(const Tag& id) const {
  const Line& line = lines_[half(id, 0) % lines];
  std::uint64_t bits = half(id, 8);
  for (int probe = 0; probe < 6; ++probe, bits >>= 9) {
    if (!(line.words[(bits >> 6) & 7] >> (bits & 63) & 1)) return false;
  }
  return true;
}

void BloomFilter::add(const Tag& id) {
  Line& line = lines_[half(id, 0) % lines];
  std::uint64_t bits = half(id, 8);
  for (int probe = 0; probe < 6; ++probe, bits >>= 9) line.words[(bits >> 6) & 7] |= std::uint64_t{1} << (bits & 63);
  ++count_;
}

Remembered::Seen Remembered::seen(const IdCheck& check) const {
  if (recent_.contains(check.id)) return Seen::yes;
  if (check.known == IdCheck::Known::seen) return Seen::yes;
  // What was added since the disk was asked is still in the exact part.
  if (check.known == IdCheck::Known::fresh && recent_.generation() - check.generation <= 1) return Seen::no;
  const std::lock_guard lock(mutex_);
  if (!filled_) return Seen::ask_disk;
  for (const auto& [bucket, filters] : filters_) {
    for (const BloomFilter& filter : filters) {
      if (filter.may_contain(check.id)) return Seen::ask_disk;
    }
  }
  return Seen::no;
}

void Remembered::add(const Tag& id, Bucket bucket) {
  recent_.add(id);
  const std::lock_guard lock(mutex_);
  add_to_filter(id, bucket);
}

void Remembered::fill(const Tag& id, Bucket bucket) {
  const std::lock_guard lock(mutex_);
  add_to_filter(id, bucket);
}

void Remembered::add_to_filter(const Tag& id, Bucket bucket) {
  std::vector<BloomFilter>& filters = filters_[bucket];
  if (filters.empty() || (filters.back().full() && filter_count_ < filters_max)) {
    filters.emplace_back();
    ++filter_count_;
  }
  filters.back().add(id);
}

void Remembered::filled() {
  const std::lock_guard lock(mutex_);
  filled_ = true;
}

std::vector<Bucket> Remembered::buckets() const {
  const std::lock_guard lock(mutex_);
  std::vector<Bucket> out;
  for (const auto& [bucket, filters] : filters_) out.push_back(bucket);
  return out;
}

void Remembered::drop(Bucket bucket) {
  const std::lock_guard lock(mutex_);
  const auto found = filters_.find(bucket);
  if (found == filters_.end()) return;
  filter_count_ -= found->second.size();
  filters_.erase(found);
}

void Remembered::clear() {
  recent_.clear();
  const std::lock_guard lock(mutex_);
  filters_.clear();
  filter_count_ = 0;
  filled_ = false;
}

}  // namespace vigil::storage

// Exact table, sieves, and the question that joins them.
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
  const Line& line = lines_[half(id, 0) % lines_.size()];
  std::uint64_t bits = half(id, 8);
  for (int probe = 0; probe < 6; ++probe, bits >>= 9) {
    if (!(line.words[(bits >> 6) & 7] >> (bits & 63) & 1)) return false;
  }
  return true;
}

void BloomFilter::add(const Tag& id) {
  Line& line = lines_[half(id, 0) % lines_.size()];
  std::uint64_t bits = half(id, 8);
  for (int probe = 0; probe < 6; ++probe, bits >>= 9) line.words[(bits >> 6) & 7] |= std::uint64_t{1} << (bits & 63);
  ++count_;
}

bool Sieve::may_contain(const Tag& id) const {
  return all_.may_contain(id) && std::ranges::any_of(parts_, [&](const Part& part) { return part.ids.may_contain(id); });
}

bool Sieve::may_contain(const Tag& id, Volume volume) const {
  return all_.may_contain(id) && std::ranges::any_of(parts_, [&](const Part& part) {
           return part.first <= volume && volume <= part.last && part.ids.may_contain(id);
         });
}

void Sieve::add(const Tag& id, Volume volume) {
  all_.add(id);
  // Nearly always the last one; while old ones are filled in, those of two volumes come by turns.
  const auto has = [&](const Part& part) { return part.first <= volume && volume <= part.last; };
  auto part = std::find_if(parts_.rbegin(), parts_.rend(), has);
  if (part == parts_.rend()) {
    if (parts_.size() < parts_max) parts_.push_back({volume, volume});
    part = parts_.rbegin();
    part->first = std::min(part->first, volume);
    part->last = std::max(part->last, volume);
  }
  part->ids.add(id);
}

Remembered::Seen Remembered::seen(const IdCheck& check) const {
  if (recent_.contains(check.id)) return Seen::yes;
  if (check.known == IdCheck::Known::seen) return Seen::yes;
  // What was added since the disk was asked is still in the exact part.
  if (check.known == IdCheck::Known::fresh && recent_.generation() - check.generation <= 1) return Seen::no;
  const std::lock_guard lock(mutex_);
  if (!filled_) return Seen::ask_disk;
  for (const auto& [bucket, sieves] : sieves_) {
    if (std::ranges::any_of(sieves, [&](const Sieve& sieve) { return sieve.may_contain(check.id); })) return Seen::ask_disk;
  }
  return Seen::no;
}

bool Remembered::may_be(const Tag& id, const Buckets::Place& place) const {
  const std::lock_guard lock(mutex_);
  if (!filled_) return true;
  const auto found = sieves_.find(place.bucket);
  return found != sieves_.end() &&
         std::ranges::any_of(found->second, [&](const Sieve& sieve) { return sieve.may_contain(id, place.volume); });
}

void Remembered::add(const Tag& id, const Buckets::Place& place) {
  recent_.add(id);
  const std::lock_guard lock(mutex_);
  add_to_sieve(id, place);
}

void Remembered::fill(const Tag& id, const Buckets::Place& place) {
  const std::lock_guard lock(mutex_);
  add_to_sieve(id, place);
}

void Remembered::add_to_sieve(const Tag& id, const Buckets::Place& place) {
  std::vector<Sieve>& sieves = sieves_[place.bucket];
  if (sieves.empty() || (sieves.back().full() && sieve_count_ < sieves_max)) {
    sieves.emplace_back();
    ++sieve_count_;
  }
  sieves.back().add(id, place.volume);
}

void Remembered::filled() {
  {
    const std::lock_guard lock(mutex_);
    filled_ = true;
  }
  tell_waiting(true);
}

void Remembered::not_filled() {
  tell_waiting(false);
}

bool Remembered::when_filled(std::function<void(bool ok)> then) {
  const std::lock_guard lock(mutex_);
  if (filled_) return false;
  waiting_.push_back(std::move(then));
  return true;
}

void Remembered::tell_waiting(bool ok) {
  std::vector<std::function<void(bool ok)>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const auto& then : waiting) then(ok);
}

void Remembered::drop(Bucket bucket) {
  const std::lock_guard lock(mutex_);
  const auto found = sieves_.find(bucket);
  if (found == sieves_.end()) return;
  sieve_count_ -= found->second.size();
  sieves_.erase(found);
}

void Remembered::clear() {
  recent_.clear();
  tell_waiting(false);
  const std::lock_guard lock(mutex_);
  sieves_.clear();
  sieve_count_ = 0;
  filled_ = false;
}

}  // namespace vigil::storage

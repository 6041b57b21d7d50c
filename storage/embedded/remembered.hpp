// Ids that were seen, for 72 hours: a new copy must not wait for the disk to learn that it is new. The last ids are kept exactly,
// all others in Bloom filters by bucket; a possible hit is asked of the disk by the readers' pool, never by the committer. The
// committer asks and adds; one background thread fills in what earlier openings have left. Keyed hashes only.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "storage/embedded/keys.hpp"

namespace vigil::storage {

// What a request knows about one of its ids. An answer of the disk holds as long as the exact part still covers what came after
// it.
struct IdCheck {
  enum class Known : std::uint8_t { unchecked, fresh, seen };
  Tag id{};
  Known known = Known::unchecked;
  std::uint64_t generation = 0;
};

// The last ids, exactly: two tables of open addressing; when one is full the older is forgotten.
class RecentIds {
 public:
  RecentIds();
  bool contains(const Tag& id) const;
  void add(const Tag& id);
  std::uint64_t generation() const { return generation_; }
  void clear();

 private:
  static constexpr std::size_t ids_max = 1u << 16, slots = ids_max * 2;
  using Table = std::vector<Tag>;
  static bool find(const Table& table, const Tag& id);

  Table now_, before_;
  std::size_t count_ = 0;
  std::uint64_t generation_ = 0;
};

// Ten bits an id, one cache line a question.
class BloomFilter {
 public:
  static constexpr std::size_t ids_max = 1u << 20;
  BloomFilter() : lines_(lines) {}
  bool may_contain(const Tag& id) const;
  void add(const Tag& id);
  bool full() const { return count_ >= ids_max; }

 private:
  static constexpr std::size_t lines = ids_max * 10 / 512;
  struct alignas(64) Line {
    std::array<std::uint64_t, 8> words{};
  };
  std::vector<Line> lines_;
  std::size_t count_ = 0;
};

class Remembered {
 public:
  enum class Seen { no, yes, ask_disk };

  Seen seen(const IdCheck& check) const;
  std::uint64_t generation() const { return recent_.generation(); }
  void add(const Tag& id, Bucket bucket);
  void fill(const Tag& id, Bucket bucket);  // background
  void filled();                            // background: everything older is in
  std::vector<Bucket> buckets() const;      // where the disk may have ids
  void drop(Bucket bucket);
  void clear();

 private:
  static constexpr std::size_t filters_max = 24;  // 30 MiB; then filters overfill and the disk is asked more often
  void add_to_filter(const Tag& id, Bucket bucket);

  RecentIds recent_;  // committer's
  mutable std::mutex mutex_;
  std::map<Bucket, std::vector<BloomFilter>> filters_;
  std::size_t filter_count_ = 0;
  bool filled_ = false;
};

}  // namespace vigil::storage

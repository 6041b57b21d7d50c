// Ids that were seen, for 72 hours: a new copy must not wait for the disk to learn that it is new. The last ids are kept exactly,
// all others in sieves (Bloom filters) by bucket; a possible hit is asked of the disk by the readers' pool, never by the
// committer. The committer asks and adds; one background thread fills in what earlier openings have left. Keyed hashes only.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "storage/embedded/buckets.hpp"

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

// One cache line a question.
class BloomFilter {
 public:
  BloomFilter(std::size_t ids, std::size_t bits_each) : ids_max_(ids), lines_(ids * bits_each / 512) {}
  bool may_contain(const Tag& id) const;
  void add(const Tag& id);
  bool full() const { return count_ >= ids_max_; }

 private:
  struct alignas(64) Line {
    std::array<std::uint64_t, 8> words{};
  };
  std::size_t ids_max_;
  std::vector<Line> lines_;
  std::size_t count_ = 0;
};

// A million ids: whether it may be one of them, and if so, in which volumes the disk has to be asked. Two sieves, because asking
// a volume means reading its ids: 1 MB.
class Sieve {
 public:
  bool may_contain(const Tag& id) const;
  bool may_contain(const Tag& id, Volume volume) const;
  void add(const Tag& id, Volume volume);
  bool full() const { return all_.full(); }

 private:
  static constexpr std::size_t ids_max = 1u << 20, parts_max = 32;
  struct Part {
    Volume first = 0, last = 0;
    BloomFilter ids{1u << 16, 16};
  };
  BloomFilter all_{ids_max, 10};
  std::vector<Part> parts_;  // the last one takes what comes when there are as many as may be
};

class Remembered {
 public:
  enum class Seen { no, yes, ask_disk };

  Seen seen(const IdCheck& check) const;
  std::uint64_t generation() const { return recent_.generation(); }
  void add(const Tag& id, const Buckets::Place& place);
  void fill(const Tag& id, const Buckets::Place& place);  // background
  void filled();                                          // background: everything older is in
  void not_filled();                                      // background: the disk failed, it tries again later
  // Calls 'then' when all is filled in, or with false when that failed; from any thread. False: it is already, 'then' is dropped.
  bool when_filled(std::function<void(bool ok)> then);
  // Whether the disk may have the id there. Any thread.
  bool may_be(const Tag& id, const Buckets::Place& place) const;
  void drop(Bucket bucket);
  void clear();

 private:
  static constexpr std::size_t sieves_max = 24;  // 80 MB; then they overfill and the disk is asked more often
  void add_to_sieve(const Tag& id, const Buckets::Place& place);

  RecentIds recent_;  // committer's
  mutable std::mutex mutex_;
  std::map<Bucket, std::vector<Sieve>> sieves_;
  std::size_t sieve_count_ = 0;
  bool filled_ = false;
  std::vector<std::function<void(bool ok)>> waiting_;  // bounded by the committer's inbox
  void tell_waiting(bool ok);
};

}  // namespace vigil::storage

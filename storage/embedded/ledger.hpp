// What lies where: for a mailbox that is in use, its waiting copies, how much room they take per address, and its topics; for an
// address, its grant. All of it is a cache of rows, bounded, and rebuilt by one scan when it is missing. Changed by the committer
// only; list() and probe() read under the entry's mutex from any thread.
#pragma once

#include <optional>

#include "storage/embedded/buckets.hpp"
#include "storage/embedded/cache.hpp"
#include "storage/store.hpp"

namespace vigil::storage {

// How many copies of one address wait in a mailbox.
struct AddressRoom {
  std::uint32_t urgent = 0, normal = 0;
};

// One waiting copy. Small: there may be millions of them, and a mailbox that does not fit into memory is read anew for every
// copy that comes.
class Waiting {
 public:
  // The bucket must be one in which a copy that expires then can lie.
  Waiting(std::uint64_t seq, AddressRoom& room, Bucket bucket, std::uint32_t expires, std::size_t bytes, bool of_vigil);
  static bool fits(Bucket bucket, std::uint32_t expires);

  std::uint64_t seq() const { return seq_; }
  AddressRoom& room() const { return *room_; }  // of its address, in the same entry
  std::uint32_t expires() const { return expires_; }
  Bucket bucket() const { return bucket_of_width(bucket_widths[rest_ >> 1 & 3], expires_); }
  std::uint32_t bytes() const { return rest_ >> 3; }
  bool of_vigil() const { return (rest_ & 1) != 0; }

 private:
  std::uint64_t seq_;
  AddressRoom* room_;
  std::uint32_t expires_;
  std::uint32_t rest_;  // bytes | which of the widths of buckets, 2 bits | of_vigil, 1 bit
};
static_assert(sizeof(Waiting) == 24);

// Copies of one lane in the order of their seq; nearly always acknowledged from the front.
class LaneQueue {
 public:
  std::size_t size() const { return rows_.size() - first_; }
  bool empty() const { return size() == 0; }
  const Waiting* begin() const { return rows_.data() + first_; }
  const Waiting* end() const { return rows_.data() + rows_.size(); }
  const Waiting* find(std::uint64_t seq) const;
  const Waiting* after(std::uint64_t seq) const;  // the first one with a higher number
  void push(const Waiting& waiting);              // any order while loading, then sort()
  void sort();
  void erase(const Waiting* at);
  template <class Gone>
  void erase_if(Gone gone) {
    std::erase_if(rows_, gone);
  }
  void compact();
  std::size_t bytes() const { return rows_.capacity() * sizeof(Waiting); }

 private:
  std::vector<Waiting> rows_;
  std::size_t first_ = 0;
};

struct MailboxEntry {
  std::mutex mutex;
  MailboxId id;
  Tag tag{};
  bool exists = false;
  std::uint32_t last_read_day = 0;
  std::array<LaneQueue, 2> lanes;  // by wire.Lane
  std::size_t normal_bytes = 0;
  std::unordered_map<Tag, AddressRoom, TagHash> rooms;  // by address tag; only those with copies
  struct TopicState {
    std::uint64_t order = 0, seq = 0;
    int lane = 0;
  };
  std::unordered_map<Tag, TopicState, TagHash> topics;  // by address and topic; a delivered one stays a while for its order
  Instant soonest_expiry = ~Instant{0};

  std::size_t charged = 0;
  std::size_t bytes() const;
  void add(int lane, const Waiting& waiting);
  void remove(int lane, const Waiting* at);
  // Forgets what has expired, here and in the counts of its buckets; its rows go by themselves. How many.
  std::size_t drop_expired(Instant now, Buckets& buckets);
  void forget_old_topics();
};

// Immutable once it is in the cache, except for prekeys_taken, which is the committer's alone.
struct AddressEntry {
  MailboxId mailbox;
  Tag mailbox_tag{};
  bool gone = false;  // withdrawn: stays until the batch is written
  bool urgent = false, normal = false, vigils = false;
  std::uint32_t life_max = 0, prekeys_max = 0, prekeys_taken = 0;
  Instant expires = 0;

  std::size_t charged = 0;
  std::size_t bytes() const { return sizeof *this; }
  bool good(Instant now) const { return !gone && (expires == 0 || expires > now); }
};

// The addresses of one mailbox: for granting, withdrawing and burning only.
struct AddressList {
  struct One {
    bool urgent = false;
    Instant expires = 0;
  };
  std::unordered_map<Tag, One, TagHash> addresses;

  std::size_t charged = 0;
  std::size_t bytes() const { return sizeof *this + addresses.size() * 64; }
};

// The prekeys of one mailbox, in the order of publishing.
struct PrekeyShelf {
  struct One {
    std::uint64_t seq = 0;
    std::uint32_t id = 0;
    Bytes key;
  };
  std::mutex mutex;
  std::uint64_t sequence = 0;
  Bytes bundle;
  std::vector<One> one_time;

  std::size_t charged = 0;
  std::size_t bytes() const { return sizeof *this + bundle.size() + one_time.size() * 96; }
};

}  // namespace vigil::storage

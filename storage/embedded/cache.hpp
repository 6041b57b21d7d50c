// A bounded cache of what the committer must know without reading: entries by tag, the least recently used go first, those that a
// request holds stay. Loading is announced, so that two loads of one tag never race and a stale one never overwrites what the
// committer changed.
//
// **Invariant:** the committer changes an entry only while it is resident, and an entry leaves only when every commit that may
// have changed it can be read from the disk. So a load that started before the entry was resident is the one that made it
// resident, and what it read is what is on the disk.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "storage/embedded/keys.hpp"

namespace vigil::storage {

// Entry has 'std::size_t bytes() const' and a member 'std::size_t charged = 0' that belongs to the cache.
template <class Entry>
class Cache {
 public:
  using Held = std::shared_ptr<Entry>;
  // 'ok' false: it could not be read. With 'ok' and no entry: there is none.
  // The entry stays in memory for as long as it is held.
  using Then = std::function<void(bool ok, std::shared_ptr<Entry> entry)>;

  Held find(const Tag& tag) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(tag);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    found->second->commit = commit_;
    return found->second->entry;
  }

  // A commit begins: what is found from now on may be changed by it. Numbers rise; up to 'settled' everything is on the disk, and
  // what lies here beyond 'bytes_max' may go.
  void begin(std::uint64_t commit, std::uint64_t settled, std::size_t bytes_max) {
    const std::lock_guard lock(mutex_);
    commit_ = commit;
    shrink(settled, bytes_max);
  }

  // True: the caller must read it and call loaded(). False: somebody is at it already. 'then' is called in both cases.
  bool want(const Tag& tag, Then then) {
    std::unique_lock lock(mutex_);
    if (const auto found = entries_.find(tag); found != entries_.end()) {
      Held entry = found->second->entry;
      lock.unlock();
      then(true, std::move(entry));
      return false;
    }
    std::vector<Then>& waiting = loading_[tag];
    waiting.push_back(std::move(then));
    return waiting.size() == 1;
  }

  void loaded(const Tag& tag, const Held& entry, bool ok) {
    std::vector<Then> waiting;
    {
      const std::lock_guard lock(mutex_);
      const auto found = loading_.find(tag);
      if (found != loading_.end()) {
        waiting = std::move(found->second);
        loading_.erase(found);
      }
      if (entry && !entries_.contains(tag)) insert(tag, entry);
    }
    for (Then& then : waiting) then(ok, entry);
  }

  // Entries that other threads read without a lock are never changed: the committer puts a new one in their place.
  void replace(const Tag& tag, Held entry) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(tag);
    if (found == entries_.end()) return insert(tag, std::move(entry));
    bytes_ -= found->second->entry->charged;
    entry->charged = entry->bytes() + overhead_bytes;
    bytes_ += entry->charged;
    found->second->entry = std::move(entry);
    found->second->commit = commit_;
  }

  void recharge(Entry& entry) {
    const std::size_t bytes = entry.bytes() + overhead_bytes;
    const std::lock_guard lock(mutex_);
    bytes_ += bytes - entry.charged;
    entry.charged = bytes;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    order_.clear();
    bytes_ = 0;
  }

  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  static constexpr std::size_t overhead_bytes = 160;  // map node, list node, control block
  struct Node {
    Tag tag;
    Held entry;
    std::uint64_t commit;  // the last one that may have changed it
  };
  void shrink(std::uint64_t settled, std::size_t bytes_max) {
    std::size_t looked = 0;
    for (auto at = order_.end(); bytes_ > bytes_max && at != order_.begin() && looked < 4096; ++looked) {
      --at;
      if (at->entry.use_count() > 1 || at->commit > settled) continue;
      bytes_ -= at->entry->charged;
      entries_.erase(at->tag);
      at = order_.erase(at);
    }
  }
  void insert(const Tag& tag, Held entry) {
    entry->charged = entry->bytes() + overhead_bytes;
    bytes_ += entry->charged;
    order_.push_front({tag, std::move(entry), commit_});
    entries_[tag] = order_.begin();
  }

  mutable std::mutex mutex_;
  std::list<Node> order_;
  std::unordered_map<Tag, typename std::list<Node>::iterator, TagHash> entries_;
  std::unordered_map<Tag, std::vector<Then>, TagHash> loading_;
  std::size_t bytes_ = 0;
  std::uint64_t commit_ = 0;
};

}  // namespace vigil::storage

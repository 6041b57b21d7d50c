// Who listens to which mailbox on this relay, and the way of a copy from the committer to that listener. The only meeting place
// of threads in server/: the store tells it of copies on the committer's threads, listeners come and go on their own shards.
//
// Sharded by mailbox: a stripe's lock is held for one look-up. Copies cross by posting: those of one batch to one shard go in one
// post. Nothing here waits, reads a disk or a clock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "server/shard.hpp"
#include "storage/store.hpp"

namespace vigil::server {

// Who listens. All calls come on the listener's own shard.
class Listens {
 public:
  // A copy on its way to the disk. May be one that was seen in a list already.
  virtual void admitted(const storage::StoredCopy& copy) = 0;
  // What was admitted up to a noted order is on the disk now (see Switchboard::settled), or may be lost: list again.
  virtual void settled() = 0;
  virtual void unsettled() = 0;
  // Another device listens to this mailbox now; nothing comes any more.
  virtual void displaced() = 0;

 protected:
  ~Listens() = default;
};

class Switchboard final : public storage::Observer {
 public:
  explicit Switchboard(std::function<void(std::uint64_t due_ms)> next_due);
  ~Switchboard() override;

  // Before the first listener; the shards must outlive the store.
  void serve(const std::vector<std::unique_ptr<Shard>>& shards);

  // From now on 'who' hears of 'mailbox', on 'shard', and whoever did before is displaced. Returns a ticket for stop().
  // Everything that was admitted earlier has at most admitted_up_to() as its order, read after this call.
  std::uint64_t listen(Shard& shard, const MailboxId& mailbox, Listens& who);
  // After it 'who' hears nothing more.
  void stop(Shard& shard, const MailboxId& mailbox, std::uint64_t ticket);

  std::uint64_t admitted_up_to() const { return admitted_up_to_.load(); }
  // Everything admitted with at most this order is on the disk and in lists.
  std::uint64_t settled_up_to() const { return settled_up_to_.load(); }
  // Calls Listens::settled once, when settled_up_to() has moved next or is at least 'order' already.
  void await_settled(Shard& shard, std::uint64_t ticket, std::uint64_t order);
  // How long urgent copies took from the committer to their listener's connection: of those that went together, the first one.
  storage::Durations::Counts hand_over_times() const { return hand_over_times_.counts(); }

  // storage::Observer, on the committer's threads
  void admitted(const MailboxId& mailbox, const storage::StoredCopy& copy) noexcept override;
  void settled(std::uint64_t order) noexcept override;
  void unsettled() noexcept override;
  void next_due(std::uint64_t due_ms) noexcept override;

 private:
  struct Entry {
    unsigned shard;
    std::uint64_t ticket;
  };
  struct Stripe {
    std::mutex lock;
    std::unordered_map<MailboxId, Entry> listeners;  // bounded by connections_max
  };
  // What lies ready for one shard, and who on it listens.
  struct Desk {
    Shard* shard = nullptr;
    std::mutex lock;
    std::vector<std::pair<std::uint64_t, storage::StoredCopy>> inbox;   // at most inbox_max
    bool overflowed = false;                                            // some found no place: all of this shard list again
    std::optional<std::chrono::steady_clock::time_point> urgent_since;  // the first urgent one in it
    std::atomic<bool> awaits_settled{false};
    // on the shard's thread only
    std::unordered_map<std::uint64_t, Listens*> listeners;
    std::vector<std::uint64_t> awaiting;
  };
  static constexpr std::size_t stripes = 64;
  static constexpr std::size_t inbox_max = 8192;

  Stripe& stripe(const MailboxId& mailbox);
  void hand_over(Desk& desk);
  void tell_settled(Desk& desk);
  template <class Tell>
  void tell_all(Desk& desk, Tell tell);

  storage::Durations hand_over_times_;
  std::function<void(std::uint64_t due_ms)> next_due_;
  std::array<Stripe, stripes> stripes_;
  std::vector<std::unique_ptr<Desk>> desks_;  // bounded: one per shard
  std::atomic<std::uint64_t> admitted_up_to_{0}, settled_up_to_{0}, last_ticket_{0};
};

}  // namespace vigil::server

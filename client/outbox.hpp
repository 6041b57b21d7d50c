// What is NOT SENT YET: one file per item, on the disk before the first byte is sent, there until the relay has said *done*.
// Needs no PIN. Any number of processes work on one outbox (`alert`, `listen`, every other command): an item is in one pair of
// hands at a time (flock), and sending it twice changes nothing (ids). Blocking; time is an argument.
//
// **Invariant:** a process killed between any two system calls loses no item that put() returned, and never leaves a half one.
#pragma once

#include <span>

#include "client/home.hpp"
#include "client/kept.pb.h"
#include "client/relay_link.hpp"

namespace vigil::client {

inline constexpr std::uint64_t refused_retry_s = 600;
inline constexpr std::uint64_t refused_give_up_s = 2 * 3600;
inline constexpr std::size_t outbox_item_bytes_max = 1024 * 1024;

using ItemId = Fixed<struct ItemIdTag, 16>;

// How an item fared at one try.
enum class Fate {
  done,      // the relay has all of it, durably; the item is gone
  waiting,   // not reached, or to be asked again: tried again at item.next_try_s
  refused,   // the address does not take it: every 10 min for 2 h
  given_up,  // refused for 2 h: say so to the person, then forget()
  broken,    // the relay cannot read it, or its vigil has ended (see Sent.answers): our bug or another version. Say so, then
             // forget()
};

class Outbox {
 public:
  explicit Outbox(const Home& home) : folder_(home.outbox()) {}

  struct NewItem {
    Routes routes;
    std::vector<wire::Request> requests;  // deliver, keep (all parts), end, answering, ...: of one relay, sent in one POST
    bool urgent = false;
    Bytes about;  // alert or content id, for whoever shows its state
  };
  // Durable when it returns. too_large, disk_full, disk.
  Outcome<ItemId> put(const NewItem& item, std::uint64_t now_s);
  // The same, already in this process's hands: for whoever sends at once and wants to see the answer itself. Defined below.
  class Claimed;
  Outcome<Claimed> put_claimed(const NewItem& item, std::uint64_t now_s);

  // All items, urgent and oldest first; a damaged file is moved aside ("damaged-*") and left out.
  Outcome<std::vector<kept::Item>> list() const;

  // An item in this process's hands until this object goes.
  class Claimed {
   public:
    const kept::Item& item() const { return item_; }
    // Takes what the relay answered, or why it was not reached; writes the item's new state durably, or removes it when it is
    // done.
    Outcome<Fate> settle(const Outcome<std::vector<wire::Answer>>& answers, std::uint64_t now_s);
    Outcome<void> forget();

   private:
    friend class Outbox;
    Outcome<void> write();
    Claimed(Path path, kept::Item item, Descriptor lock)
        : path_(std::move(path)), item_(std::move(item)), lock_(std::move(lock)) {}
    Path path_;
    kept::Item item_;
    Descriptor lock_;
  };
  // busy: another process is sending it. no_profile: no such item (done, or forgotten).
  Outcome<Claimed> claim(const ItemId& id);
  // The first item that is due and free, urgent ones first; nothing when there is none. An alert's keep is not due while an
  // ending of its vigil waits to be sent: an alert that was cancelled before it ever left must not ring anybody.
  std::optional<Claimed> claim_due(std::uint64_t now_s);
  // When the next one is due; nothing when the outbox is empty or holds only what was given up.
  std::optional<std::uint64_t> next_due_s() const;
  // Everything waiting is due now: the network is back.
  void hurry(std::uint64_t now_s);
  // What waits for the relay of this list, with an older one, goes by this one, and is due now.
  void use_routes(const Routes& newest, std::uint64_t now_s);
  // How many are NOT SENT YET; without those that were given up.
  std::size_t waiting() const;

 private:
  Path folder_;
};

// Still to be tried.
bool is_open(const kept::Item& item);

// The new state of an item after one try: the schedule, pure. Changes 'item' (state, times, requests that are still open).
Fate fate_after(kept::Item& item, const Outcome<std::vector<wire::Answer>>& answers, std::uint64_t now_s);

// One item, sent once and settled. What an `alert` does with the item it has just put.
struct Sent {
  ItemId id;
  Bytes about;
  Fate fate = Fate::waiting;
  std::optional<Fault> fault;         // why it was not reached
  std::vector<wire::Answer> answers;  // what the relay said, in the order of the requests
  std::uint64_t next_try_s = 0;
};
asio::awaitable<Outcome<Sent>> send_item(Outbox::Claimed claimed, std::uint64_t now_s, LinkOptions options = {});
// Everything that is due, one after the other (an unreachable relay is tried once); what was sent, in order.
asio::awaitable<std::vector<Sent>> drain(Outbox& outbox, std::uint64_t now_s, LinkOptions options = {});
// As claim(), but while another process is sending it waits, at most so long, for what becomes of it.
asio::awaitable<Outcome<Outbox::Claimed>> claim_in_turn(Outbox& outbox, ItemId id, std::chrono::milliseconds patience);

}  // namespace vigil::client

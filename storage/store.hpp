// The seam: what a relay needs from any store, in the words of the design. Used by server/ only; implemented by embedded/
// (RocksDB).
//
// Every write is one value (a verb with what it needs), one atomic durable step, and idempotent by the caller's id: asking again
// changes nothing and gets the same outcome for as long as limits::remembered_s says. Nothing about batches, transactions, column
// families or clocks shows here. Refusals are values: wire.Status, whose meaning lies in proto/status.hpp.
//
// **Invariant:** the store never sees an address, an IP, a name or a plain-text length: only hashes and envelopes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <variant>

#include "crypto/base/hash.hpp"
#include "proto/ids.hpp"
#include "proto/limits.hpp"
#include "proto/status.hpp"
#include "storage/durations.hpp"

namespace vigil::storage {

using wire::Effect;
using wire::Lane;
using wire::Lifetime;
using wire::VigilCopy;
using wire::VigilKind;

// Seconds since 1970 by the store's clock, which is injected and never runs backwards.
using Instant = std::uint64_t;
// Bytes shared by many copies: encoded once, immutable.
using SharedBytes = std::shared_ptr<const Bytes>;

// Where a copy lies in its mailbox. Opaque outside the store; `order` rises within one mailbox and lane and is never reused.
struct Position {
  Lane lane = wire::NORMAL;
  std::uint64_t order = 0;
  std::uint32_t where = 0;
  auto operator<=>(const Position&) const = default;
};

// What a notice says outside the seal.
struct ReleasedAct {
  wire::Released::Act act = wire::Released::ACT_UNSET;
  std::uint32_t index = 0, step = 0;
  Secret token;
  std::uint32_t index_other = 0;
  Secret token_other;
  std::uint32_t lease_s = 0;
};

// A copy as its reader gets it.
struct StoredCopy {
  Position at;
  CopyId id;
  AddressHash address;
  SharedBytes envelope;
  Instant expires = 0;
  // copies that a vigil released:
  VigilCopy of_vigil = wire::NOT_OF_VIGIL;
  std::uint32_t round = 0, stage = 0;
  bool many_silent = false;
  Instant released = 0;
  std::optional<ReleasedAct> notice;
};

// ---- writes. Owners' first: the server has checked ownership and signatures.

struct AddInvites {
  std::vector<Hash> rights;
  Instant expires = 0;
};  // from the console
struct OpenMailbox {
  MailboxId mailbox;
  std::optional<Hash> invite;
};  // REFUSED: unknown or used invite. No invite: renews last-read, REFUSED if there is no such mailbox
struct Grant {
  MailboxId mailbox;
  AddressHash address;
  bool urgent = false, normal = false, vigils = false;
  Lifetime life_max = wire::FOURTEEN_DAYS;
  std::uint32_t prekeys_max = 0;
  Instant expires = 0;  // 0: stays
};
struct Withdraw {
  MailboxId mailbox;
  AddressHash address;
};  // what waits from it stays; its reservations in vigils are dropped at release
struct PublishPrekeys {
  MailboxId mailbox;
  Bytes bundle;  // empty: keep the present one
  std::uint64_t sequence = 0;
  std::vector<std::pair<std::uint32_t, Bytes>> one_time;
};
struct Acknowledge {
  MailboxId mailbox;
  std::vector<Position> copies;
};  // copies that are gone already are no error
struct Burn {
  MailboxId mailbox;
};  // mailbox, copies, addresses, prekeys: everything

// Capability writes.
struct TakePrekeys {
  AddressHash address;
  bool one_time = false;
};  // hands each one-time prekey out once, after it is durably gone
struct Deliver {
  FanoutId id;
  Lane lane = wire::NORMAL;
  Lifetime lifetime = wire::LIFETIME_UNSET;
  std::optional<Topic> topic;
  std::uint64_t order = 0;
  SharedBytes envelope;
  std::vector<AddressHash> to;
};

struct VigilEnvelope {
  std::uint32_t address = 0;
  SharedBytes envelope;
};  // index into Keep::addresses
struct Stage {
  std::uint32_t after_s = 0;
  std::vector<VigilEnvelope> copies;
};
struct Ending {
  Hash hash;
  Effect effect = wire::EFFECT_UNSET;
  std::vector<VigilEnvelope> copies;
};
struct Answerer {
  Hash head;
  Hash close_hash;
};
struct Keep {
  VigilId id;
  VigilKind kind = wire::VIGIL_UNSET;
  std::uint32_t due_in_s = 0, period_max_s = 0;
  Hash hurry_hash, refresh_hash;
  std::vector<AddressHash> addresses;
  std::vector<Stage> stages;
  bool repeats = false;
  std::vector<Ending> endings;
  std::vector<Ending> renewals;
  std::vector<Answerer> answers;
  std::vector<VigilEnvelope> notices;
};
struct Refresh {
  VigilId vigil;
  Secret secret;
  std::uint64_t seq = 0;
  struct One {
    std::uint32_t stage = 0, copy = 0;
    SharedBytes envelope;
  };
  std::vector<One> copies;
};
struct Renew {
  VigilId vigil;
  Secret secret;
  std::uint64_t seq = 0;
  std::uint32_t due_in_s = 0;
};
struct Hurry {
  VigilId vigil;
  Secret secret;
};
struct End {
  VigilId vigil;
  Secret secret;
  AddressHash charged_to;
};
struct Answering {
  VigilId vigil;
  std::uint32_t index = 0, step = 0;
  Secret token;
};
struct Close {
  VigilId vigil;
  std::uint32_t index = 0;
  Secret token;
};
struct ReleaseDue {};  // the timekeeper: release what is due now, lapse leases that have ended, let old vigils die

using Write = std::variant<AddInvites, OpenMailbox, Grant, Withdraw, PublishPrekeys, Acknowledge, Burn, TakePrekeys, Deliver,
                           Keep, Refresh, Renew, Hurry, End, Answering, Close, ReleaseDue>;

// ---- outcomes

struct TakenPrekeys {
  Bytes bundle;
  std::optional<std::pair<std::uint32_t, Bytes>> one_time;
};
struct PrekeyCount {
  std::uint32_t one_time = 0;
  std::uint64_t sequence = 0;
};
struct LeaseState {
  bool yours = false;
  std::uint32_t holder = 0, lease_s = 0;
};
struct VigilState {
  std::uint32_t due_s = 0, stage = 0, round = 1;
  bool released = false;
  std::uint32_t fetched = 0;
};

struct Outcome {
  Status status = wire::STATUS_UNSET;
  std::uint32_t retry_after_s = 0;
  std::vector<Status> each;  // Deliver to several addresses with different fates (status PARTIAL)
  std::variant<std::monostate, TakenPrekeys, PrekeyCount, LeaseState, VigilState> detail;
};

// How the store answers a write: on the executor of the caller's shard, all answers of one batch in one post, each exactly once,
// also when the store closes (UNAVAILABLE or UNKNOWN). The completion must stay valid until then: its owner counts what is
// outstanding.
class Completion {
 public:
  virtual void done(std::uint64_t tag, Outcome outcome) = 0;

 protected:
  ~Completion() = default;
};

// Told by the store about copies and time, by the committer, so it posts and returns: never blocks, never throws. settled() may
// come on another thread at the same time as one of the others; those come one after the other.
class Observer {
 public:
  virtual ~Observer() = default;
  // A copy is on its way to the disk: a listener may have it now, its sender's answer waits for the sync. May be seen again by
  // list().
  virtual void admitted(const MailboxId& mailbox, const StoredCopy& copy) noexcept = 0;
  // Everything admitted before with at most this order is durable and list() shows it.
  virtual void settled(std::uint64_t order) noexcept = 0;
  // Some admitted copies may be lost (a failed sync): listeners must list again from their cursors.
  virtual void unsettled() noexcept = 0;
  // The earliest moment at which ReleaseDue has something to do, in milliseconds since 1970 by the store's clock: in whole
  // seconds an alert could come nearly a second late.
  virtual void next_due(std::uint64_t due_ms) noexcept = 0;
};

struct Guarantees {
  bool one_disk = true;                  // durable on one machine's disk, or on a majority
  std::chrono::seconds erase_bound{60};  // acknowledged and expired bytes leave the files within this, at today's size
};

struct Figures {  // counters for status and metrics; nothing per mailbox
  std::uint64_t mailboxes = 0, addresses = 0, copies_urgent = 0, copies_normal = 0, bytes = 0, vigils = 0, invites = 0;
  std::uint64_t commits = 0, requests = 0, stored = 0, acknowledged = 0, expired = 0, refused = 0, failed_syncs = 0;
  std::uint64_t undestroyed_keys = 0;  // of files that are gone: a failing disk does not take the zeros over them
  unsigned free_percent = 100;
  bool writable = true;
  Durations::Counts commit_times{};  // of batches: written and synced
};

class Store {
 public:
  virtual ~Store() = default;

  // Never blocks on the disk. A full inbox of the committer is answered SLOW_DOWN. Completes on 'shard'.
  virtual void submit(Write write, boost::asio::any_io_executor shard, Completion& completion, std::uint64_t tag) = 0;

  // The waiting copies of one lane after 'after' (order 0: from the cursor), in order, never an expired or acknowledged one; at
  // most 'most' copies and 256 KiB. The answer comes on 'shard'.
  using Page = std::vector<StoredCopy>;
  virtual void list(const MailboxId& mailbox, Lane lane, std::uint64_t after, std::size_t most,
                    boost::asio::any_io_executor shard, std::function<void(Result<Page>)> done) = 0;

  // Quick reads, from memory or one row; any thread.
  virtual Status probe(const AddressHash& address) = 0;  // DONE or REFUSED; writes nothing
  virtual Result<PrekeyCount> count_prekeys(const MailboxId& mailbox) = 0;
  virtual Result<std::pair<VigilState, LeaseState>> look(const VigilId& vigil, const Secret& secret) = 0;
  virtual bool has_mailbox(const MailboxId& mailbox) = 0;

  virtual Guarantees guarantees() const = 0;
  virtual Figures figures() const = 0;

  // One observer, set once before the first submit; it must outlive the store.
  virtual void observe(Observer& observer) = 0;
  // Answers everything outstanding, syncs, and closes. After it every submit is answered UNAVAILABLE.
  virtual void close() = 0;
};

// The store's clock: wall time beside monotonic time, so that a jump of the wall clock releases nothing early. Tests inject their
// own.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970: a store that starts on whole seconds runs up to one behind.
  virtual std::uint64_t wall_ms() const = 0;
  virtual std::uint64_t monotonic_ms() const = 0;
  Instant wall_s() const { return wall_ms() / 1000; }
};
// The machine's, for store, relay and timekeeper alike. Its monotonic time goes on while the machine sleeps.
std::shared_ptr<const Clock> system_clock();

// For callers that wait: co_await apply(store, write) completes on the coroutine's own executor.
boost::asio::awaitable<Outcome> apply(Store& store, Write write);
boost::asio::awaitable<Result<Store::Page>> list(Store& store, MailboxId mailbox, Lane lane, std::uint64_t after,
                                                 std::size_t most);

}  // namespace vigil::storage

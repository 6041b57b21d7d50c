// Every write has three steps, together in one file per family:
//   prepare  on the caller's thread: hashes and sealing, nothing else
//   gather   on the committer: what it needs is found in memory, or asked of the readers' pool and gathered again later
//   apply    on the committer: decides, changes memory, adds rows to the batch. It never reads the disk and never waits.
// Used by committer and embedded_store only.
#pragma once

#include "storage/embedded/core.hpp"

namespace vigil::storage {

// What gather() did not find. Each is read by the pool; then the request is gathered again.
class Missing {
 public:
  explicit Missing(Core& core) : core_(core) {}
  using Then = std::function<void(bool ok, std::shared_ptr<void> held)>;
  using Start = std::function<void(Then then)>;  // begins one read, calls 'then' from any thread when it is done

  // Each fills in what is in memory and returns true, or notes what has to be read and returns false.
  bool mailbox(const Tag& tag, std::shared_ptr<MailboxEntry>& into);
  bool address(Target& target);  // and its mailbox
  bool addresses_of(const Tag& mailbox, std::shared_ptr<AddressList>& into);
  bool prekeys_of(const Tag& mailbox, std::shared_ptr<PrekeyShelf>& into);
  bool id(IdCheck& check);
  bool parts(const Tag& vigil, std::vector<std::uint64_t> seqs, std::unordered_map<std::uint64_t, SharedBytes>& into);

  bool unread(Request& request);  // mailboxes past their days

  bool none() const { return starts_.empty(); }
  std::vector<Start> take() { return std::move(starts_); }

 private:
  Core& core_;
  std::vector<Start> starts_;
};

void prepare(const Core& core, Request& request);
void gather(Core& core, Request& request, Missing& missing);
// Nothing: the answer comes with the last of the requests that this one started.
std::optional<Outcome> apply(Core& core, Batch& batch, Request& request);
Cost cost_of(const Request& request);
bool is_urgent(const Request& request);

// One file per family.
#define VIGIL_VERB(Verb)                                                   \
  void prepare(const Core& core, Request& request, Verb& verb);            \
  void gather(Core& core, Request& request, Verb& verb, Missing& missing); \
  std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Verb& verb);
VIGIL_VERB(AddInvites)
VIGIL_VERB(OpenMailbox)
VIGIL_VERB(Grant)
VIGIL_VERB(Withdraw)
VIGIL_VERB(PublishPrekeys)
VIGIL_VERB(Acknowledge)
VIGIL_VERB(Burn)
VIGIL_VERB(TakePrekeys)
VIGIL_VERB(Deliver)
VIGIL_VERB(Keep)
VIGIL_VERB(Refresh)
VIGIL_VERB(Renew)
VIGIL_VERB(Hurry)
VIGIL_VERB(End)
VIGIL_VERB(Answering)
VIGIL_VERB(Close)
VIGIL_VERB(ReleaseDue)
VIGIL_VERB(Fire)
VIGIL_VERB(ExpireUnread)
#undef VIGIL_VERB

inline Outcome answer(Status status, std::uint32_t retry_after_s = 0) {
  Outcome outcome;
  outcome.status = status;
  outcome.retry_after_s = retry_after_s;
  return outcome;
}

// ---- copies: shared by Deliver and the releases of vigils (copies.cpp)

struct NewCopy {
  CopyId id;
  AddressHash address;
  Tag address_tag{};
  int lane = wire::NORMAL;
  std::uint32_t lifetime_s = 0;
  SharedBytes envelope;
  const Body* body = nullptr;               // of a fan-out
  std::optional<Tag> topic = std::nullopt;  // joined with the address
  Topic topic_id{};
  std::uint64_t order = 0;
  VigilCopy of_vigil = wire::NOT_OF_VIGIL;
  std::uint32_t round = 0, stage = 0;
  bool many_silent = false;
  std::optional<ReleasedAct> notice = std::nullopt;
};
// Adds its row, counts it, tells the observer. Where it lies.
Position put_copy(Core& core, Batch& batch, MailboxEntry& mailbox, const NewCopy& copy);
// Takes a waiting copy away; 'at' is of this lane.
void remove_copy(Core& core, Batch& batch, MailboxEntry& mailbox, int lane, const Waiting* at);
// Counts what has expired and forgets it; its rows go by themselves.
void drop_expired(Core& core, MailboxEntry& mailbox, Instant now);
// For 72 hours, so that the same copy or prekey is not taken twice.
void remember(Core& core, Batch& batch, const Tag& id);

// ---- vigils, as far as others touch them
// A copy that a vigil has released was acknowledged.
void released_copy_fetched(Core& core, Batch& batch, std::uint64_t seq);

}  // namespace vigil::storage

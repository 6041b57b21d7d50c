// One write on its way: what the caller asked, the hashes computed on the caller's thread, what was found in memory or read by
// the readers' pool, and whom to answer. Owned by one thread at a time: caller, committer, a reader, committer.
#pragma once

#include <boost/container/small_vector.hpp>

#include "storage/embedded/ledger.hpp"
#include "storage/embedded/remembered.hpp"
#include "storage/store.hpp"

namespace vigil::storage {

// The committer's own: release the next stage of a vigil, let a lease lapse, let a vigil die. Comes from ReleaseDue, Hurry and
// Answering.
struct Fire {
  Tag vigil{};
};

// The committer's own, once a day: mailboxes that nobody has read for too long are burned.
struct ExpireUnread {};

// How much of a batch a request takes.
struct Cost {
  std::size_t copies = 0, bytes = 0;
};

// An address that a request names, and what became known of it.
struct Target {
  AddressHash hash;
  Tag tag{};
  CopyId copy;                            // Deliver: the id of its copy
  IdCheck id;                             // and its keyed hash
  std::uint64_t looked_up = 0;            // in which opening
  std::shared_ptr<AddressEntry> address;  // null after looking up: unknown
  std::shared_ptr<MailboxEntry> mailbox;
};

struct Body {  // of a fan-out
  Tag tag{};
  Volume volume = 0;
  Secret key;
  Bytes sealed;
};

struct Request;

// A request whose answer waits for others that it started.
struct Parent {
  std::unique_ptr<Request> request;
  std::size_t left = 0;
};

struct Request {
  std::variant<Write, Fire, ExpireUnread> what;
  boost::asio::any_io_executor shard;
  Completion* completion = nullptr;  // null: nobody waits
  std::uint64_t tag = 0;
  std::shared_ptr<Parent> parent;
  Cost cost;
  bool urgent = false;
  bool in_line = false;           // behind or before others of its sender, see Committer
  std::size_t charged_bytes = 0;  // of the inbox; 0: did not come through it

  // Prepared on the caller's thread.
  Tag mailbox_tag{}, vigil_tag{};
  Hash proof;  // of the secret or token that was shown, as the vigil keeps it
  boost::container::small_vector<Target, 1> targets;
  std::vector<IdCheck> ids;          // PublishPrekeys
  std::vector<Target> parties;       // of a vigil, each address once
  std::vector<std::uint32_t> table;  // Keep: which party stands at each place of its address table
  Body body;

  // Found by gather().
  std::shared_ptr<MailboxEntry> mailbox;
  std::shared_ptr<AddressList> addresses;
  std::shared_ptr<PrekeyShelf> prekeys;
  std::unordered_map<std::uint64_t, SharedBytes> parts;  // sealed copies of a vigil, by seq
  unsigned part_tries = 0;
  std::vector<MailboxId> unread;  // ExpireUnread
  bool unread_known = false;
  std::vector<std::shared_ptr<void>> held;  // what was read for it stays in memory
  bool failed = false;                      // something could not be read
};

}  // namespace vigil::storage

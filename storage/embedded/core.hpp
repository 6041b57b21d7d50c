// What all parts of the embedded store share: the database, the clock, the caches, the counters. One per open store.
// Who may change what: rows, caches' contents, invites, vigils and next_seq are the committer's; everything else says its thread
// itself.
#pragma once

#include <array>
#include <atomic>

#include "storage/embedded/batch.hpp"
#include "storage/embedded/buckets.hpp"
#include "storage/embedded/clock.hpp"
#include "storage/embedded/disk.hpp"
#include "storage/embedded/invites.hpp"
#include "storage/embedded/open.hpp"
#include "storage/embedded/readers.hpp"
#include "storage/embedded/rows.hpp"
#include "storage/embedded/vigils.hpp"

namespace vigil::storage {

struct Counters {
  std::atomic<std::uint64_t> mailboxes = 0, addresses = 0, vigils = 0, invites = 0;
  std::atomic<std::uint64_t> commits = 0, requests = 0, stored = 0, acknowledged = 0, expired = 0, refused = 0, failed_syncs = 0;
  Durations commit_times;
};

// Sealed copies of vigils whose commit is on its way: the disk does not have them yet, and a vigil may be due before it does. The
// committer's.
class NewParts {
 public:
  void add(std::uint64_t seq, std::uint64_t commit, SharedBytes envelope) { parts_[seq] = {commit, std::move(envelope)}; }
  SharedBytes find(std::uint64_t seq) const {
    const auto found = parts_.find(seq);
    return found == parts_.end() ? nullptr : found->second.envelope;
  }
  void forget(std::uint64_t settled) {
    std::erase_if(parts_, [&](const auto& part) { return part.second.commit <= settled; });
  }
  void clear() { parts_.clear(); }

 private:
  struct Part {
    std::uint64_t commit = 0;
    SharedBytes envelope;
  };
  std::unordered_map<std::uint64_t, Part> parts_;  // bounded: two commits
};

struct Core {
  explicit Core(const EmbeddedOptions& with);

  const EmbeddedOptions options;
  CoarseNow coarse_now = std::make_shared<std::atomic<Instant>>(0);
  StoreClock clock;
  Rocks rocks;
  HashingKey hashing_key;
  std::uint64_t next_seq = 0;                    // the next one to be given away
  std::atomic<std::uint64_t> committed_seq = 0;  // copies up to here are on the disk
  std::atomic<bool> writable = false;            // false: closed after a failure, being opened again

  Cache<MailboxEntry> mailboxes;
  Cache<AddressEntry> addresses;
  Cache<AddressList> address_lists;
  Cache<PrekeyShelf> prekeys;
  Remembered remembered;
  Buckets buckets;
  Invites invites;
  Vigils vigils;
  NewParts new_parts;
  Counters counters;
  Disk disk;
  std::atomic<Observer*> observer = nullptr;
  std::atomic<std::uint64_t> openings = 0;  // of the database, by this process
  // When the commits that are being filled and written began, seconds; 0: none. Their rows may come into buckets that ended
  // since.
  std::array<std::atomic<Instant>, 2> commits_begun{};
  Instant oldest_commit_s(Instant otherwise) const;
  std::uint64_t unread_day = 0;  // when unread mailboxes were last looked for
  Readers readers{2};

  Tag mailbox_tag(const MailboxId& id) const;
  Tag address_tag(const AddressHash& hash) const;
  Tag vigil_tag(const VigilId& id) const;
  Tag remembered_tag(View id) const;

  // Opens the database and everything that lies in memory from the start. A sentence, or nothing.
  std::optional<std::string> open();
  void close(bool flush);
  // How long the relay was away before this opening.
  std::uint64_t outage_ms = 0;

 private:
  std::optional<std::string> begin_epoch();
  bool clock_anchored_ = false;
  bool find_buckets();
};

// What the next opening has to know: the moment, and how much lies in each bucket.
stored::Alive alive_row(const Core& core, std::uint64_t now_ms);

// Reading what the caches want: on a reader's thread.
std::optional<std::string> load_invites(Core& core);
bool load_mailbox(Core& core, Rocks::Reading& reading, const Tag& tag, std::shared_ptr<MailboxEntry>& out);
bool load_address(Core& core, Rocks::Reading& reading, const Tag& tag, std::shared_ptr<AddressEntry>& out);
bool load_address_list(Core& core, Rocks::Reading& reading, const Tag& mailbox, std::shared_ptr<AddressList>& out);
bool each_remembered(Rocks::Reading& reading, const Buckets::Place& place, const std::function<void(const Tag&)>& each);
bool load_prekeys(Core& core, Rocks::Reading& reading, const Tag& mailbox, std::shared_ptr<PrekeyShelf>& out);
// Mailboxes that nobody has read for longer than the operator allows.
bool find_unread(Core& core, Rocks::Reading& reading, std::vector<MailboxId>& out);
AddressEntry address_from_row(const Core& core, const stored::Address& row);
stored::Address row_from_address(const AddressEntry& entry);

}  // namespace vigil::storage

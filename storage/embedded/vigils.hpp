// The living vigils: their heads in memory, ordered by what happens next; what they reserve at each address; and which vigils
// have ended. Changed by the committer, under 'mutex', so that look() may read from any thread.
//
// A head's life:   kept --due--> stage 0 .. stage n --round--> stage 0 .. --> dies
//                  an answer pauses it (lease); given back or lapsed it goes on at its next stage, at once
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "storage/embedded/keys.hpp"
#include "storage/store.hpp"

namespace vigil::storage {

struct Core;

struct VigilPart {  // a sealed copy that lies in a row of its own
  std::uint32_t party = 0;
  std::uint64_t seq = 0;  // 0: not kept, its address was refused
  std::uint32_t bytes = 0;
};

struct VigilParty {
  AddressHash hash;
  Tag tag{};
  bool refused = false;      // silent
  std::uint32_t places = 0;  // reserved: one bit for each wire.VigilCopy
  struct Waiting {
    std::uint64_t order = 0;
    Bucket bucket = 0;
  };
  std::array<Waiting, 5> waiting;  // released and not acknowledged, by wire.VigilCopy
  bool ending_told = false;

  static std::uint32_t bit(VigilCopy what) { return 1u << static_cast<unsigned>(what); }
  // Reserved and not taken by a waiting copy.
  std::uint32_t open_places() const;
};

struct VigilHead {
  VigilId id;
  Tag tag{};
  VigilKind kind = wire::VIGIL_UNSET;
  std::uint32_t period_max_s = 0;
  Hash hurry_hash, refresh_hash;
  std::vector<VigilParty> parties;
  struct Stage {
    std::uint32_t after_s = 0;
    std::vector<VigilPart> parts;
  };
  std::vector<Stage> stages;
  bool repeats = false;
  struct Ending {
    Hash hash;
    Effect effect = wire::EFFECT_UNSET;
    std::vector<VigilPart> parts;
  };
  std::vector<Ending> endings, renewals;
  struct Answerer {
    Hash head, close_hash;
    std::uint32_t last_step = 0;
    Secret last_token;
  };
  std::vector<Answerer> answers;
  std::vector<VigilPart> notices;

  std::uint64_t due_ms = 0;  // 0: nothing more is due
  std::uint32_t stage = 0, round = 1;
  bool released = false;
  std::uint64_t dies_ms = 0, refresh_seq = 0, renew_seq = 0;
  std::uint32_t shifted_s = 0, fetched = 0, told = 0;  // told: notices and renewals sent, so that each has an id of its own
  bool many_silent = false;

  std::uint32_t holder = 0;
  std::uint64_t lease_end_ms = 0;  // 0: nobody is answering
  std::uint64_t lease_told_ms = 0;
  std::uint32_t close_index = 0;
  std::optional<Secret> close_token;
  std::uint64_t close_ms = 0;
  bool gone_on = false;
  std::uint32_t gone_on_ending = 0;
  std::uint64_t gone_on_ms = 0;

  std::uint64_t scheduled_ms = 0;  // where it stands in the order
  bool silence_counted = false;

  std::uint64_t next_ms() const;
  VigilState state(std::uint64_t now_ms) const;
  LeaseState lease(std::uint32_t asked_by, std::uint64_t now_ms) const;
  bool leased(std::uint64_t now_ms) const { return lease_end_ms > now_ms; }
};

class Vigils {
 public:
  mutable std::mutex mutex;

  // What the living vigils take at one address.
  struct Load {
    std::uint32_t vigils = 0, tombstones = 0, open_places = 0;
  };
  std::unordered_map<Tag, Load, TagHash> loads;  // by address
  std::uint32_t open_places(const Tag& address) const;

  struct Tombstone {
    Hash secret_hash;
    Tag address{};
    Bucket bucket = 0;
  };
  std::unordered_map<Tag, Tombstone, TagHash> tombstones;
  std::unordered_map<Tag, Bucket, TagHash> ended;

  struct Released {
    Tag vigil{};
    std::uint32_t party = 0;
    VigilCopy what = wire::NOT_OF_VIGIL;
  };
  std::unordered_map<std::uint64_t, Released> waiting;  // released copies that nobody has acknowledged, by seq

  VigilHead* find(const Tag& tag);
  VigilHead& add(VigilHead head);
  void remove(const Tag& tag);
  // After anything changed what happens next.
  void reschedule(VigilHead& head);
  std::vector<Tag> due(std::uint64_t now_ms) const;
  std::size_t size() const { return heads_.size(); }
  std::size_t check_ins_running() const { return check_ins_; }
  void check_in_fired() { --check_ins_; }

  Result<std::pair<VigilState, LeaseState>> look(const Tag& tag, const Hash& secret_hash, std::uint64_t now_ms) const;

  // Many check-ins that fall silent together: perhaps the network. True for those that should say so.
  bool many_silent(std::size_t now_silent, std::uint64_t now_ms);

  // From the rows, at opening: the heads, the ended, the tombstones. Check-ins are put off by the outage.
  std::optional<std::string> load(Core& core, std::uint64_t outage_ms);
  void clear();
  void forget_expired(Instant now);
  void tell_next(Observer* observer);

 private:
  void count(const VigilHead& head, int sign);

  std::unordered_map<Tag, std::unique_ptr<VigilHead>, TagHash> heads_;
  std::set<std::pair<std::uint64_t, Tag>> order_;
  std::size_t check_ins_ = 0;  // whose stage 0 has not been released
  std::map<std::uint64_t, std::size_t> silent_;
  std::uint64_t told_next_ = 0;  // milliseconds
};

}  // namespace vigil::storage

// Load of all verbs for crash tests, and what is known of its outcomes. A Worker does random things to a store and notes every
// intent before and every answer after; Known replays the notes and says what a store that came back owes. Used by crash tests
// only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "tests/contract/people.hpp"

namespace vigil::storage::testing {

// One note: small, of fixed size, so that it leaves a dying process through a pipe in one write.
struct Note {
  // In three families, one after the other: addresses, copies, vigils.
  enum class Fact : std::uint8_t {
    mailbox,        // b: is open
    granting,       // a address, b mailbox
    granted,        //
    withdrawing,    //
    withdrawn,      //
    sending,        // a fan-out id, b mailbox, c address
    sent,           // answered DONE
    not_sent,       // answered UNAVAILABLE or FULL: nothing happened
    pinging,        // a copy of a topic: c address, order; b mailbox
    pinged,         //
    seen,           // a copy id, b mailbox, order, number = lane
    acknowledging,  // a copy id, b mailbox
    acknowledged,   //
    taken,          // b mailbox, number = prekey
    keeping,        // a vigil, b mailbox of stage 0, c address of stage 0, order = the soonest that stage 0 may fire
    second_stage,   // a vigil, b mailbox of stage 1, c address of stage 1
    secret,         // a vigil, b refresh secret
    kept,           // a vigil, order = due at the latest, number = seconds to stage 1
    not_kept,       //
    ending,         // a vigil
    ended,          //
    answering,      // a vigil, number = index
    answered,       // yours
    hurrying,       // a vigil
    fired,          // a copy id of a stage, order = when: its release is durable
    opened          // the store, order = when
  } fact{};
  std::uint32_t number = 0;
  std::uint64_t order = 0;
  std::array<std::uint8_t, 32> a{}, b{}, c{};
};
static_assert(std::is_trivially_copyable_v<Note>);

using Noting = std::function<void(const Note&)>;

class Worker {
 public:
  // 'now_ms' is the store's clock.
  Worker(Store& store, std::uint64_t seed, Noting noting, std::function<std::uint64_t()> now_ms);
  // Opens its mailboxes and grants its addresses. False when the store gave up meanwhile.
  bool settle();
  // A few random verbs, submitted together, each answer noted. False when the store is gone.
  bool step();
  std::uint64_t acknowledgements() const { return acknowledgements_; }

 private:
  enum class Verb { deliver, fan_out, ping, fetch, keep, end, refresh, hurry, answer, prekeys, addresses };
  struct Sent {
    std::uint64_t tag;
    std::function<void(const Outcome&)> note;
  };
  struct Living {
    Plan plan;
    std::uint64_t seq = 0;
  };

  bool settle_mailbox(Person& who);
  void submit(Write write, std::function<void(const Outcome&)> note);
  bool wait_for_all();
  void deliver(std::vector<Person> to);
  void ping();
  void fetch();
  std::optional<Person> fresh_address(const MailboxId& mailbox);
  void keep();
  void on_a_living(Verb verb);
  void take_prekeys();
  void change_addresses();
  std::uint64_t below(std::uint64_t bound) { return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_); }
  const Person& somebody() { return people_[below(people_.size())]; }

  Driver driver_;
  std::mt19937_64 random_;
  Noting noting_;
  std::function<std::uint64_t()> now_ms_;
  std::vector<Person> people_;  // two mailboxes, a few addresses each
  std::vector<Person> fleeting_;
  std::vector<Sent> sent_;
  std::vector<Living> living_;
  Topic topic_ = random_id<Topic>();
  std::uint64_t ping_order_ = 0;
  std::uint64_t acknowledgements_ = 0;
  std::uint32_t next_prekey_ = 0;
  bool gone_ = false;
};

std::uint64_t real_now_ms();

// Releases what is due when it is due, as the relay's timekeeper does, and notes when each stage was released: the moment of the
// release itself, noted once it is durable. By the machine's clock.
class Timekeeper final : public Observer {
 public:
  explicit Timekeeper(Noting noting) : noting_(std::move(noting)) {}
  void admitted(const MailboxId&, const StoredCopy& copy) noexcept override;
  void settled(std::uint64_t order) noexcept override;
  void unsettled() noexcept override { admitted_.clear(); }
  void next_due(std::uint64_t due_ms) noexcept override;

  // Until stop(), or for ever.
  void keep_time(Store& store);
  void stop();

 private:
  struct Admitted {
    std::uint64_t order, at_ms;
    CopyId id;
  };
  const Noting noting_;
  std::deque<Admitted> admitted_;  // the committer's thread only
  std::mutex mutex_;
  std::condition_variable moved_;
  std::uint64_t due_ms_ = ~std::uint64_t{0};
  bool stopping_ = false;
};

// What the notes say, and what a store that came back owes.
class Known {
 public:
  void note(const Note& note);
  // The store was open from then, until it died or was closed. Where a timekeeper ran, each stage must have come in time.
  void opened(std::uint64_t at_ms) { windows_.push_back({at_ms, ~std::uint64_t{0}}); }
  void closed(std::uint64_t at_ms) { windows_.back().closed_ms = at_ms; }
  // Lists every mailbox, looks at every vigil. Each complaint is one sentence. Everything that was due at 'now_ms' by the store's
  // clock has been released.
  std::vector<std::string> check(Driver& driver, std::uint64_t now_ms);
  // As clients do after a relay came back: retries every delivery without an answer under its id, reads a share of the mailboxes
  // empty.
  std::vector<std::string> go_on(Driver& driver, std::uint64_t seed);

  std::uint64_t notes = 0, copies_sent = 0, copies_acknowledged = 0, vigils_kept = 0, stages_seen = 0;
  std::uint64_t stages_timed = 0, latest_ms = 0;  // stages whose moment is known, and by how much the worst one was late

 private:
  struct Delivery {
    FanoutId fanout;
    AddressHash address;
    MailboxId mailbox;
    bool sent = false, open = true, acknowledging = false, acknowledged = false;
  };
  struct Ping {
    MailboxId mailbox;
    std::uint64_t highest = 0, tried = 0, read = 0;
  };
  struct GivenAddress {
    MailboxId mailbox;
    bool granted = false, withdrawing = false, withdrawn = false;
  };
  struct Kept {
    std::array<MailboxId, 2> mailbox;
    std::array<AddressHash, 2> address;
    Secret refresh;
    std::uint64_t soonest_ms = 0, due_ms = 0;
    std::uint32_t after_s = 0;
    bool kept = false, ending = false, ended = false, answering = false, answered = false, hurrying = false;
    std::array<bool, 2> timed{};
    std::uint64_t stage_0_by_ms = 0;  // a check at this moment found that stage 0 had fired
  };
  struct Window {
    std::uint64_t opened_ms, closed_ms;
  };

  // By the family of its fact.
  void note_address(const Note& note);
  void note_copy(const Note& note);
  void note_vigil(const Note& note);
  Delivery& delivery(const Note& note);
  void check_mailbox(Driver& driver, const MailboxId& mailbox, std::vector<std::string>& complaints);
  void check_deliveries(std::vector<std::string>& complaints) const;
  void check_vigils(Driver& driver, std::uint64_t now_ms, std::vector<std::string>& complaints);
  void check_stages(const VigilId& id, Kept& vigil, std::uint64_t now_ms, std::vector<std::string>& complaints);
  void check_moment(const VigilId& id, Kept& vigil, std::uint32_t stage, std::vector<std::string>& complaints);
  std::uint64_t late_ms(std::uint64_t due_ms, std::uint64_t fired_ms) const;
  std::string describe(const CopyId& id, const Delivery& delivery) const;
  void check_addresses(Driver& driver, std::vector<std::string>& complaints) const;
  void see(const MailboxId& mailbox, Lane lane, std::uint64_t order, const CopyId& id, std::vector<std::string>& complaints);
  void note_reading(const StoredCopy& copy, const MailboxId& mailbox);

  std::set<MailboxId> mailboxes_;
  std::map<AddressHash, GivenAddress> addresses_;
  std::map<CopyId, Delivery> deliveries_;
  std::map<AddressHash, Ping> pings_;
  std::map<VigilId, Kept> vigils_;
  std::map<CopyId, std::uint64_t> fired_ms_;
  std::vector<Window> windows_;
  std::set<CopyId> acknowledged_;
  std::set<CopyId> acknowledging_;
  std::set<std::pair<MailboxId, std::uint32_t>> taken_;
  std::vector<std::string> late_complaints_;
  std::map<std::tuple<MailboxId, Lane, std::uint64_t>, CopyId> at_;  // no position serves twice
  std::map<std::pair<MailboxId, CopyId>, std::uint64_t> where_;      // no copy comes twice
  std::map<CopyId, StoredCopy> waiting_;                             // of the present check
};

}  // namespace vigil::storage::testing

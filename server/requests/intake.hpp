// Where the requests of one connection (or one POST) come in: role and proof, checks, rate, then the store; and where the store's
// outcomes become answers, each request exactly one. Used by connection and post; belongs to their I/O thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "crypto/base/signed.hpp"
#include "server/relay.hpp"
#include "server/requests/keep_parts.hpp"

namespace vigil::server {

// What a connection may do. It starts undecided; a proof makes it an owner's, a capability request a sender's, and so it stays.
enum class Role : std::uint8_t { undecided, owner, sender };

class Intake final : public storage::Completion {
 public:
  // Who sends the answers.
  class Replies {
   public:
    virtual void reply(const wire::Answer& answer, bool urgent) = 0;
    virtual void reply(std::uint64_t id, Status status, bool urgent) = 0;
    // The owner listens from now on. Returns what to answer.
    virtual Status listen(const MailboxId& mailbox, std::uint32_t window) = 0;
    // One that was outstanding has been answered. The last one may end the caller: nothing is touched after it.
    virtual void settled() = 0;
    // The connection cannot go on in order: acknowledgements were lost, or somebody tries proof after proof.
    virtual void fail() = 0;

   protected:
    ~Replies() = default;
  };

  // A POST has no challenge and so no owner.
  Intake(Relay& relay, Shard& shard, const Serving& serving, Replies& replies);
  Intake(Relay& relay, Shard& shard, const Serving& serving, Replies& replies, const Binding& binding,
         const Challenge& challenge);

  // Admits a request, which may be moved from. Its answer may come inside the call.
  void admit(wire::Request& request);
  void acknowledge(std::vector<storage::Position> positions);
  // Requests and acknowledgements in the store's hands. The intake must live until there are none.
  std::size_t outstanding() const { return outstanding_; }
  // Parts that wait for others do so until then; far away: there are none.
  std::uint64_t parts_until_s() const { return parts_ ? parts_->until_s() : ~std::uint64_t{0}; }
  void forget_old_parts(std::uint64_t now_s);
  const std::optional<MailboxId>& mailbox() const { return mailbox_; }

  void done(std::uint64_t tag, storage::Outcome outcome) override;

 private:
  // What an outcome means beyond its answer.
  enum class Then : std::uint8_t { answer, answer_at_tick, listen, acknowledged };
  struct Pending {
    std::uint64_t id = 0;
    std::uint32_t window = 0;  // listen
    std::uint32_t next_free = 0;
    Then then = Then::answer;
    bool urgent = false;
  };

  bool may(Role wanted, std::uint64_t id);
  void admit_owner(wire::Request& request);
  void admit_capability(wire::Request& request);
  void admit_vigil(wire::Request& request);
  void prove(std::uint64_t id, const wire::Prove& prove);
  void deliver(std::uint64_t id, const wire::Deliver& from);
  void fetch_prekeys(std::uint64_t id, const wire::FetchPrekeys& from);
  void keep(std::uint64_t id, wire::Keep& from);
  void look(std::uint64_t id, const wire::LookVigil& from);
  void fetch_routes(std::uint64_t id, const wire::FetchRoutes& from);
  void count_prekeys(std::uint64_t id);
  void probe(std::uint64_t id, const wire::Probe& from);

  void refuse(std::uint64_t id, const Why& why);
  void slow_down(std::uint64_t id, std::uint32_t seconds);
  void submit(storage::Write write, const Pending& pending);
  template <class Value>
  void submit_checked(std::uint64_t id, Checked<Value> value, bool urgent, Then then = Then::answer);
  void reply_now(const Pending& pending, const storage::Outcome& outcome);
  void settle();

  Relay& relay_;
  Shard& shard_;
  const Serving& serving_;
  Replies& replies_;
  Role role_ = Role::undecided;
  std::uint8_t failed_proofs_ = 0;
  struct Proof {  // only where ownership can be proved
    Binding binding;
    Challenge challenge;
  };
  std::optional<Proof> proof_;
  PublicKey owner_;
  std::optional<MailboxId> mailbox_;  // proved
  Bucket requests_, owner_requests_;
  std::unique_ptr<KeepParts> parts_;  // while vigils have missing parts
  std::vector<Pending> pending_;      // bounded: pending_requests_max and what one frame adds; by tag
  std::uint32_t free_ = 0;            // 1 + index of the first free one; 0: none
  std::size_t outstanding_ = 0;
  std::uint32_t timed_ = 0;  // 1 + tag of the request whose durable answer is timed; 0: none
  std::chrono::steady_clock::time_point timed_since_;
};

}  // namespace vigil::server

#include "server/requests/intake.hpp"

namespace vigil::server {
namespace {

using Kind = wire::Request::KindCase;

constexpr unsigned failed_proofs_max = 3;
constexpr std::size_t spare_pending = 64;
// A kind that admit() hands to a role which does not know it: a gap of ours, never another request done in its place.
constexpr Why unknown_kind{"a request of no kind, or of one that this relay does not know", wire::UNSUPPORTED};

template <class Detail>
storage::Outcome done_with(const Detail& detail) {
  storage::Outcome outcome;
  outcome.status = wire::DONE;
  outcome.detail = detail;
  return outcome;
}

}  // namespace

Intake::Intake(Relay& relay, Shard& shard, const Serving& serving, Replies& replies)
    : relay_(relay),
      shard_(shard),
      serving_(serving),
      replies_(replies),
      requests_(serving.limits.requests_per_s, 1000),
      owner_requests_(serving.limits.owner_requests_per_s, 1000) {}

Intake::Intake(Relay& relay, Shard& shard, const Serving& serving, Replies& replies, const Binding& binding,
               const Challenge& challenge)
    : Intake(relay, shard, serving, replies) {
  proof_ = Proof{binding, challenge};
}

void Intake::admit(wire::Request& request) {
  const std::uint64_t id = request.id();
  const std::uint32_t wait_s = requests_.take(1, Shard::now_ms());
  if (wait_s > 0) return slow_down(id, wait_s);
  switch (request.kind_case()) {
    case Kind::kProve:
      return prove(id, request.prove());
    case Kind::kFetchRoutes:
      return fetch_routes(id, request.fetch_routes());  // of no mailbox: either role may ask
    case Kind::kOpenMailbox:
    case Kind::kGrant:
    case Kind::kWithdraw:
    case Kind::kPublishPrekeys:
    case Kind::kCountPrekeys:
    case Kind::kListen:
    case Kind::kBurn:
      if (may(Role::owner, id)) admit_owner(request);
      return;
    case Kind::kProbe:
    case Kind::kFetchPrekeys:
    case Kind::kDeliver:
      if (may(Role::sender, id)) admit_capability(request);
      return;
    case Kind::kKeep:
    case Kind::kRefresh:
    case Kind::kRenew:
    case Kind::kHurry:
    case Kind::kEnd:
    case Kind::kAnswering:
    case Kind::kClose:
    case Kind::kLook:
      if (may(Role::sender, id)) admit_vigil(request);
      return;
    case Kind::KIND_NOT_SET:
      return refuse(id, unknown_kind);
  }
}

bool Intake::may(Role wanted, std::uint64_t id) {
  if (wanted == Role::owner && role_ == Role::undecided) {
    refuse(id, {"prove ownership first", proof_ ? wire::NOT_PROVED : wire::WRONG_ROLE});
    return false;
  }
  if (role_ != wanted && role_ != Role::undecided) {
    refuse(id, {"this connection has the other role", wire::WRONG_ROLE});
    return false;
  }
  role_ = wanted;
  return true;
}

void Intake::prove(std::uint64_t id, const wire::Prove& prove) {
  if (!proof_ || role_ == Role::sender) return refuse(id, {"this connection has the other role", wire::WRONG_ROLE});
  if (prove.version() != limits::protocol_version) return refuse(id, {"unknown version", wire::UNSUPPORTED});
  PublicKey key;
  Signature signature;
  if (!read_id(prove.owner_key(), key) || !read_id(prove.signature(), signature))
    return refuse(id, {"an owner key has 32 bytes, a signature 64"});
  if (role_ == Role::owner && key != owner_) return refuse(id, {"this connection is another owner's", wire::WRONG_ROLE});
  if (!verify_proof(key, signature, proof_->binding, proof_->challenge)) {
    relay_.counters.proofs_refused.add();
    refuse(id, {"the proof is not good for this connection", wire::REFUSED});
    if (++failed_proofs_ >= failed_proofs_max) replies_.fail();
    return;
  }
  relay_.counters.proofs.add();
  role_ = Role::owner;
  owner_ = key;
  mailbox_ = mailbox_id(key);
  replies_.reply(id, wire::DONE, false);
}

void Intake::admit_owner(wire::Request& request) {
  const std::uint64_t id = request.id();
  const std::uint32_t wait_s = owner_requests_.take(1, Shard::now_ms());
  if (wait_s > 0) return slow_down(id, wait_s);
  constexpr Why not_signed{"the owner's signature is not good for this request and connection", wire::REFUSED};
  const Binding& binding = proof_->binding;
  if (request.has_open_mailbox()) return submit_checked(id, read_open_mailbox(request.open_mailbox(), *mailbox_), false);
  if (request.has_grant()) {
    if (!verify_grant(owner_, binding, request.grant())) return refuse(id, not_signed);
    return submit_checked(id, read_grant(request.grant(), *mailbox_, relay_.clock.wall_s()), false);
  }
  if (request.has_withdraw()) {
    if (!verify_withdraw(owner_, binding, request.withdraw())) return refuse(id, not_signed);
    return submit_checked(id, read_withdraw(request.withdraw(), *mailbox_), false);
  }
  if (request.has_publish_prekeys()) return submit_checked(id, read_publish_prekeys(request.publish_prekeys(), *mailbox_), false);
  if (request.has_count_prekeys()) return count_prekeys(id);
  if (request.has_listen()) {
    // Also what says that the mailbox is read: the store notes the day.
    return submit(storage::OpenMailbox{.mailbox = *mailbox_, .invite = {}},
                  {.id = id, .window = request.listen().window(), .then = Then::listen});
  }
  if (request.has_burn()) {
    if (!verify_burn(owner_, binding, request.burn())) return refuse(id, not_signed);
    return submit(storage::Burn{*mailbox_}, {.id = id});
  }
  refuse(id, unknown_kind);
}

void Intake::admit_capability(wire::Request& request) {
  const std::uint64_t id = request.id();
  if (request.has_probe()) return probe(id, request.probe());
  if (request.has_fetch_prekeys()) return fetch_prekeys(id, request.fetch_prekeys());
  if (request.has_deliver()) return deliver(id, request.deliver());
  refuse(id, unknown_kind);
}

// Everything about vigils goes before normal copies, and so do its answers.
void Intake::admit_vigil(wire::Request& request) {
  const std::uint64_t id = request.id();
  constexpr bool urgent = true;
  if (request.has_keep()) return keep(id, *request.mutable_keep());
  if (request.has_refresh()) return submit_checked(id, read_refresh(request.refresh()), urgent);
  // Whichever of the two secrets was shown: the answer leaves at a time and with bytes that do not tell.
  if (request.has_renew()) return submit_checked(id, read_renew(request.renew()), urgent, Then::answer_at_tick);
  if (request.has_end()) return submit_checked(id, read_end(request.end()), urgent, Then::answer_at_tick);
  if (request.has_hurry()) return submit_checked(id, read_hurry(request.hurry()), urgent);
  if (request.has_answering()) return submit_checked(id, read_answering(request.answering()), urgent);
  if (request.has_close()) return submit_checked(id, read_close(request.close()), urgent);
  if (request.has_look()) return look(id, request.look());
  refuse(id, unknown_kind);
}

void Intake::deliver(std::uint64_t id, const wire::Deliver& from) {
  Checked<storage::Deliver> checked = read_deliver(from);
  if (!checked) return refuse(id, checked.error());
  const bool urgent = checked->lane == wire::URGENT;
  if (urgent) {
    const std::uint64_t now_ms = Shard::now_ms();
    for (const AddressHash& to : checked->to) {
      const std::uint32_t wait_s = serving_.floods->take(to, AddressFloods::Kind::urgent, 1, now_ms);
      if (wait_s > 0) return slow_down(id, wait_s);
    }
  }
  submit(std::move(*checked), {.id = id, .urgent = urgent});
}

void Intake::fetch_prekeys(std::uint64_t id, const wire::FetchPrekeys& from) {
  Checked<storage::TakePrekeys> checked = read_fetch_prekeys(from);
  if (!checked) return refuse(id, checked.error());
  const std::uint32_t wait_s = serving_.floods->take(checked->address, AddressFloods::Kind::prekeys, 1, Shard::now_ms());
  if (wait_s > 0) return slow_down(id, wait_s);
  submit(*checked, {.id = id});
}

void Intake::keep(std::uint64_t id, wire::Keep& from) {
  if (!parts_) parts_ = std::make_unique<KeepParts>(relay_);
  KeepParts::Added added = parts_->add(from, Shard::now_s());
  if (parts_->empty()) parts_.reset();
  if (added) return submit(std::move(*added), {.id = id, .urgent = true});
  const Why why = added.error();
  if (why.status == wire::PARTIAL) return replies_.reply(id, wire::PARTIAL, true);
  if (why.status == wire::SLOW_DOWN) return slow_down(id, static_cast<std::uint32_t>(limits::vigil_parts_wait_s));
  refuse(id, why);
}

void Intake::forget_old_parts(std::uint64_t now_s) {
  if (!parts_) return;
  parts_->forget_old(now_s);
  if (parts_->empty()) parts_.reset();
}

void Intake::probe(std::uint64_t id, const wire::Probe& from) {
  AddressHash address;
  if (!read_address(from.address(), address)) return refuse(id, {"an address has 32 bytes"});
  replies_.reply(id, relay_.store.probe(address), false);
}

void Intake::look(std::uint64_t id, const wire::LookVigil& from) {
  VigilId vigil;
  Secret secret;
  if (!read_id(from.vigil_id(), vigil) || !read_id(from.secret(), secret))
    return refuse(id, {"vigil id and secret have 32 bytes"});
  const Result<std::pair<storage::VigilState, storage::LeaseState>> seen = relay_.store.look(vigil, secret);
  if (!seen) return replies_.reply(id, seen.error(), true);
  replies_.reply(answer_from(id, done_with(seen->first)), true);
}

void Intake::count_prekeys(std::uint64_t id) {
  const Result<storage::PrekeyCount> count = relay_.store.count_prekeys(*mailbox_);
  if (!count) return replies_.reply(id, count.error(), false);
  replies_.reply(answer_from(id, done_with(*count)), false);
}

void Intake::fetch_routes(std::uint64_t id, const wire::FetchRoutes& from) {
  wire::Answer answer;
  answer.set_id(id);
  answer.set_status(wire::DONE);
  if (serving_.keys->route_serial > from.have_serial()) *answer.mutable_routes() = serving_.keys->routes;
  replies_.reply(answer, false);
}

void Intake::refuse(std::uint64_t id, const Why& why) {
  if (why.status == wire::INVALID) relay_.counters.invalid.add();
  wire::Answer answer;
  answer.set_id(id);
  answer.set_status(why.status);
  answer.set_why(why.text);
  replies_.reply(answer, false);
}

void Intake::slow_down(std::uint64_t id, std::uint32_t seconds) {
  relay_.counters.slowed.add();
  wire::Answer answer;
  answer.set_id(id);
  answer.set_status(wire::SLOW_DOWN);
  answer.set_retry_after_s(seconds);
  replies_.reply(answer, false);
}

void Intake::acknowledge(std::vector<storage::Position> positions) {
  if (positions.empty()) return;
  relay_.counters.acknowledged.add(positions.size());
  submit(storage::Acknowledge{*mailbox_, std::move(positions)}, {.then = Then::acknowledged});
}

template <class Value>
void Intake::submit_checked(std::uint64_t id, Checked<Value> value, bool urgent, Then then) {
  if (!value) return refuse(id, value.error());
  submit(std::move(*value), {.id = id, .then = then, .urgent = urgent});
}

void Intake::submit(storage::Write write, const Pending& pending) {
  std::size_t tag = free_;
  if (tag == 0) {
    pending_.push_back(pending);
    tag = pending_.size();
  } else {
    free_ = pending_[tag - 1].next_free;
    pending_[tag - 1] = pending;
  }
  ++outstanding_;
  if (timed_ == 0 && pending.then == Then::answer) {
    timed_ = static_cast<std::uint32_t>(tag);
    timed_since_ = std::chrono::steady_clock::now();
  }
  relay_.store.submit(std::move(write), shard_.executor(), *this, tag - 1);
}

void Intake::done(std::uint64_t tag, storage::Outcome outcome) {
  Pending& at = pending_[tag];
  const Pending pending = at;
  at.next_free = std::exchange(free_, static_cast<std::uint32_t>(tag + 1));
  if (timed_ == tag + 1) {
    timed_ = 0;
    relay_.counters.answer_times.add(std::chrono::steady_clock::now() - timed_since_);
  }
  switch (pending.then) {
    case Then::answer:
      reply_now(pending, outcome);
      break;
    case Then::answer_at_tick:
      // Still outstanding until the tick has come.
      shard_.at_next_tick([this, pending, outcome = std::move(outcome)] {
        reply_now(pending, outcome);
        settle();
      });
      return;
    case Then::listen:
      if (outcome.status == wire::DONE) outcome.status = replies_.listen(*mailbox_, pending.window);
      reply_now(pending, outcome);
      break;
    case Then::acknowledged:
      // Told again to the next connection, which acknowledges again: nothing is lost, and nothing is forgotten.
      if (outcome.status != wire::DONE) replies_.fail();
      break;
  }
  settle();
}

void Intake::reply_now(const Pending& pending, const storage::Outcome& outcome) {
  const bool plain = outcome.each.empty() && outcome.retry_after_s == 0 && std::holds_alternative<std::monostate>(outcome.detail);
  if (plain)
    replies_.reply(pending.id, outcome.status, pending.urgent);
  else
    replies_.reply(answer_from(pending.id, outcome), pending.urgent);
}

void Intake::settle() {
  if (--outstanding_ == 0) {
    free_ = 0;
    if (pending_.capacity() > spare_pending)
      std::vector<Pending>().swap(pending_);
    else
      pending_.clear();
  }
  replies_.settled();
}

}  // namespace vigil::server

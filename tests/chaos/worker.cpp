// A worker of the crash tests: random verbs of all kinds against a store, every intent noted before it is submitted and every
// answer after it came. Runs in a process that will be killed, or on a thread beside others.
#include "tests/chaos/load.hpp"

#include <chrono>

namespace vigil::storage::testing {

namespace {

using Fact = Note::Fact;

template <class Id>
std::array<std::uint8_t, 32> wide(const Id& id) {
  std::array<std::uint8_t, 32> made{};
  std::copy(id.bytes.begin(), id.bytes.end(), made.begin());
  return made;
}

Note note_of(Fact fact, const std::array<std::uint8_t, 32>& a, const std::array<std::uint8_t, 32>& b = {},
             const std::array<std::uint8_t, 32>& c = {}) {
  return {.fact = fact, .a = a, .b = b, .c = c};
}

constexpr std::size_t addresses_each = 3;

}  // namespace

Worker::Worker(Store& store, std::uint64_t seed, Noting noting, std::function<std::uint64_t()> now_ms)
    : driver_(store), random_(seed), noting_(std::move(noting)), now_ms_(std::move(now_ms)) {}

void Worker::submit(Write write, std::function<void(const Outcome&)> note) {
  sent_.push_back({driver_.submit(std::move(write)), std::move(note)});
}

bool Worker::wait_for_all() {
  for (Sent& sent : sent_) {
    const Outcome outcome = driver_.wait(sent.tag);
    if (outcome.status == wire::DONE) ++acknowledgements_;
    if (outcome.status == wire::UNAVAILABLE || outcome.status == wire::UNKNOWN) gone_ = true;
    sent.note(outcome);
  }
  sent_.clear();
  return !gone_;
}

bool Worker::settle_mailbox(Person& who) {
  const auto right = random_id<Hash>();
  who.mailbox = random_id<MailboxId>();
  if (driver_.apply(AddInvites{{right}, 4'000'000'000}).status != wire::DONE) return false;
  if (driver_.apply(OpenMailbox{who.mailbox, right}).status != wire::DONE) return false;
  noting_(note_of(Fact::mailbox, {}, wide(who.mailbox)));
  PublishPrekeys publish{who.mailbox, Bytes(100, 1), 1, {}};
  for (std::uint32_t i = 0; i < 60; ++i) publish.one_time.emplace_back(next_prekey_++, Bytes(33, 7));
  return driver_.apply(std::move(publish)).status == wire::DONE;
}

bool Worker::settle() {
  for (int m = 0; m < 2; ++m) {
    Person who;
    if (!settle_mailbox(who)) return false;
    for (std::size_t i = 0; i < addresses_each; ++i) {
      who.address = random_id<AddressHash>();
      noting_(note_of(Fact::granting, wide(who.address), wide(who.mailbox)));
      Grant whole = whole_grant(who.mailbox, who.address);
      whole.prekeys_max = 40;
      if (driver_.apply(whole).status != wire::DONE) return false;
      noting_(note_of(Fact::granted, wide(who.address), wide(who.mailbox)));
      people_.push_back(who);
    }
  }
  return true;
}

bool Worker::step() {
  const std::uint64_t verbs = 1 + below(6);
  for (std::uint64_t i = 0; i < verbs; ++i) {
    const std::uint64_t die = below(100);
    if (die < 40) {
      deliver({somebody()});
    } else if (die < 46) {
      deliver({people_[below(addresses_each)], people_[addresses_each + below(addresses_each)]});
    } else if (die < 54) {
      ping();
    } else if (die < 66) {
      keep();
    } else if (die < 72) {
      on_a_living(Verb::end);
    } else if (die < 78) {
      on_a_living(Verb::refresh);
    } else if (die < 80) {
      on_a_living(Verb::hurry);
    } else if (die < 83) {
      on_a_living(Verb::answer);
    } else if (die < 90) {
      take_prekeys();
    } else {
      change_addresses();
    }
  }
  if (!wait_for_all()) return false;
  if (below(3) == 0) fetch();
  return wait_for_all();
}

void Worker::deliver(std::vector<Person> to) {
  constexpr std::array lifetimes{wire::ONE_HOUR, wire::ONE_DAY, wire::FOURTEEN_DAYS};
  Deliver deliver = message(to[0].address, "x", below(4) == 0 ? wire::URGENT : wire::NORMAL, lifetimes[below(3)]);
  deliver.envelope = envelope("x", limits::envelope_bytes[below(2)]);
  deliver.to.clear();
  for (const Person& who : to) {
    deliver.to.push_back(who.address);
    noting_(note_of(Fact::sending, wide(deliver.id), wide(who.mailbox), wide(who.address)));
  }
  const FanoutId id = deliver.id;
  submit(std::move(deliver), [this, id, to](const Outcome& outcome) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const Status status = outcome.status == wire::PARTIAL && i < outcome.each.size() ? outcome.each[i] : outcome.status;
      const Fact fact = status == wire::DONE ? Fact::sent : Fact::not_sent;
      if (status != wire::UNKNOWN) noting_(note_of(fact, wide(id), wide(to[i].mailbox), wide(to[i].address)));
    }
  });
}

void Worker::ping() {
  const Person who = people_[0];
  Deliver deliver = message(who.address, std::to_string(++ping_order_), wire::NORMAL, wire::ONE_DAY);
  deliver.topic = topic_;
  deliver.order = ping_order_;
  Note note = note_of(Fact::pinging, {}, wide(who.mailbox), wide(who.address));
  note.order = ping_order_;
  noting_(note);
  submit(std::move(deliver), [this, note](const Outcome& outcome) mutable {
    note.fact = Fact::pinged;
    if (outcome.status == wire::DONE) noting_(note);
  });
}

void Worker::fetch() {
  const Person who = people_[below(2) * addresses_each];
  Acknowledge acknowledge{who.mailbox, {}};
  std::vector<CopyId> ids;
  for (const Lane lane : {wire::URGENT, wire::NORMAL}) {
    const Result<Store::Page> page = driver_.page(who.mailbox, lane, 0, 32);
    if (!page) continue;
    for (const StoredCopy& copy : *page) {
      Note seen = note_of(Fact::seen, wide(copy.id), wide(who.mailbox));
      seen.order = copy.at.order;
      seen.number = static_cast<std::uint32_t>(copy.at.lane);
      noting_(seen);
      if (below(3) == 0) continue;
      Note acknowledging = note_of(Fact::acknowledging, wide(copy.id), wide(who.mailbox), wide(copy.address));
      acknowledging.order = copy.of_vigil == wire::STAGE ? copy.stage + 1 : 0;
      if (copy.of_vigil == wire::NOT_OF_VIGIL && text_of(copy) != "x")
        acknowledging.order = 1'000'000 + std::stoull(text_of(copy));
      noting_(acknowledging);
      acknowledge.copies.push_back(copy.at);
      ids.push_back(copy.id);
    }
  }
  if (ids.empty()) return;
  submit(std::move(acknowledge), [this, ids, who](const Outcome& outcome) {
    if (outcome.status != wire::DONE) return;
    for (const CopyId& id : ids) noting_(note_of(Fact::acknowledged, wide(id), wide(who.mailbox)));
  });
}

std::optional<Person> Worker::fresh_address(const MailboxId& mailbox) {
  const Person who{mailbox, random_id<AddressHash>()};
  noting_(note_of(Fact::granting, wide(who.address), wide(who.mailbox)));
  const Status status = driver_.apply(whole_grant(who.mailbox, who.address)).status;
  if (status == wire::UNAVAILABLE || status == wire::UNKNOWN) gone_ = true;
  if (status != wire::DONE) return std::nullopt;
  noting_(note_of(Fact::granted, wide(who.address), wide(who.mailbox)));
  return who;
}

void Worker::keep() {
  // Fresh addresses: with room of their own, no stage of this vigil may stay silent.
  const std::optional<Person> early = fresh_address(people_[0].mailbox), late = fresh_address(people_[addresses_each].mailbox);
  if (!early || !late) return;
  const Person first = *early, second = *late;
  const auto due_in_s = static_cast<std::uint32_t>(below(3)), after_s = 1 + static_cast<std::uint32_t>(below(2));
  Plan plan = alert({{0, {first}}, {after_s, {second}}}, due_in_s);
  const VigilId id = plan.keep.id;
  const std::uint64_t hold_ms = std::uint64_t{due_in_s} * 1000;
  Note keeping = note_of(Fact::keeping, wide(id), wide(first.mailbox), wide(first.address));
  keeping.order = now_ms_() + hold_ms;
  noting_(keeping);
  noting_(note_of(Fact::second_stage, wide(id), wide(second.mailbox), wide(second.address)));
  noting_(note_of(Fact::secret, wide(id), wide(plan.refresh)));
  submit(plan.keep, [this, id, hold_ms, after_s, plan](const Outcome& outcome) {
    Note note = note_of(outcome.status == wire::DONE ? Fact::kept : Fact::not_kept, wide(id));
    note.order = now_ms_() + hold_ms;  // its commit was before now
    note.number = after_s;
    if (outcome.status != wire::UNKNOWN) noting_(note);
    if (outcome.status == wire::DONE) living_.push_back({plan, 0});
  });
}

void Worker::on_a_living(Verb verb) {
  if (living_.empty()) return;
  const std::size_t which = below(living_.size());
  Living& living = living_[which];
  const VigilId id = living.plan.keep.id;
  if (verb == Verb::end) {
    noting_(note_of(Fact::ending, wide(id)));
    submit(living.plan.end(wire::STOP), [this, id](const Outcome& outcome) {
      if (outcome.status == wire::DONE) noting_(note_of(Fact::ended, wide(id)));
    });
    living_.erase(living_.begin() + static_cast<std::ptrdiff_t>(which));
  } else if (verb == Verb::answer) {
    Note note = note_of(Fact::answering, wide(id));
    noting_(note);
    submit(living.plan.answer(0, 1), [this, note](const Outcome& outcome) mutable {
      note.fact = Fact::answered;
      if (outcome.status == wire::DONE && std::get<LeaseState>(outcome.detail).yours) noting_(note);
    });
  } else if (verb == Verb::hurry) {
    noting_(note_of(Fact::hurrying, wide(id)));
    submit(Hurry{id, living.plan.hurry}, [](const Outcome&) {});
  } else {
    submit(living.plan.refreshed(++living.seq, 0, 0, "fresh"), [](const Outcome&) {});
  }
}

void Worker::take_prekeys() {
  const Person who = somebody();
  submit(TakePrekeys{who.address, true}, [this, who](const Outcome& outcome) {
    if (outcome.status != wire::DONE) return;
    const auto& one = std::get<TakenPrekeys>(outcome.detail).one_time;
    if (!one) return;
    Note note = note_of(Fact::taken, {}, wide(who.mailbox));
    note.number = one->first;
    noting_(note);
  });
}

void Worker::change_addresses() {
  if (!fleeting_.empty() && below(2) == 0) {
    const Person who = fleeting_.back();
    fleeting_.pop_back();
    noting_(note_of(Fact::withdrawing, wide(who.address), wide(who.mailbox)));
    submit(Withdraw{who.mailbox, who.address}, [this, who](const Outcome& outcome) {
      if (outcome.status == wire::DONE) noting_(note_of(Fact::withdrawn, wide(who.address), wide(who.mailbox)));
    });
    return;
  }
  const Person who{somebody().mailbox, random_id<AddressHash>()};
  noting_(note_of(Fact::granting, wide(who.address), wide(who.mailbox)));
  submit(whole_grant(who.mailbox, who.address), [this, who](const Outcome& outcome) {
    if (outcome.status != wire::DONE) return;
    noting_(note_of(Fact::granted, wide(who.address), wide(who.mailbox)));
    fleeting_.push_back(who);
  });
}

std::uint64_t real_now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void Timekeeper::admitted(const MailboxId&, const StoredCopy& copy) noexcept {
  if (copy.of_vigil == wire::STAGE && copy.round == 1) admitted_.push_back({copy.at.order, real_now_ms(), copy.id});
}

void Timekeeper::settled(std::uint64_t order) noexcept {
  while (!admitted_.empty() && admitted_.front().order <= order) {
    Note note = note_of(Fact::fired, wide(admitted_.front().id));
    note.order = admitted_.front().at_ms;
    noting_(note);
    admitted_.pop_front();
  }
}

void Timekeeper::next_due(std::uint64_t due_ms) noexcept {
  const std::lock_guard lock(mutex_);
  due_ms_ = due_ms;
  moved_.notify_one();
}

void Timekeeper::keep_time(Store& store) {
  constexpr std::uint64_t look_again_ms = 100;
  Driver driver(store);
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const std::uint64_t now_ms = real_now_ms();
      const std::uint64_t left_ms = due_ms_ > now_ms ? std::min(due_ms_ - now_ms, look_again_ms) : 1;
      moved_.wait_for(lock, std::chrono::milliseconds(left_ms));
      if (stopping_) return;
      if (due_ms_ > real_now_ms()) continue;
    }
    driver.release_due();
  }
}

void Timekeeper::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  moved_.notify_one();
}

}  // namespace vigil::storage::testing

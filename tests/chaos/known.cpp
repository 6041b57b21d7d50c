// What the notes of a load say, and what a store that came back after a crash owes by them. For crash_test only, on its thread.
#include "tests/chaos/load.hpp"

namespace vigil::storage::testing {

namespace {

template <class Id>
Id narrow(const std::array<std::uint8_t, 32>& bytes) {
  return *Id::from(View(bytes).first(Id::length));
}

template <class Id>
std::string short_hex(const Id& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 6; ++i) {
    text += digits[id.bytes[i] >> 4];
    text += digits[id.bytes[i] & 15];
  }
  return text;
}

// An alert is out within so much of its time, or of the restart.
constexpr std::uint64_t in_time_ms = 1'000;
// The store's clock and the worker's each drop what is finer than a millisecond.
constexpr std::uint64_t between_clocks_ms = 2;
// All of a batch is released at one moment, its beginning; the observer is shown a copy a little later, while the batch fills.
constexpr std::uint64_t batch_ms = 250;

bool is_ping(const StoredCopy& copy) {
  return copy.of_vigil == wire::NOT_OF_VIGIL && text_of(copy) != "x";
}

}  // namespace

void Known::note(const Note& note) {
  ++notes;
  if (note.fact <= Note::Fact::withdrawn) {
    note_address(note);
  } else if (note.fact <= Note::Fact::taken) {
    note_copy(note);
  } else {
    note_vigil(note);
  }
}

void Known::note_address(const Note& note) {
  using Fact = Note::Fact;
  if (note.fact == Fact::mailbox) {
    mailboxes_.insert(narrow<MailboxId>(note.b));
    return;
  }
  GivenAddress& grant = addresses_[narrow<AddressHash>(note.a)];
  if (note.fact == Fact::granting) grant.mailbox = narrow<MailboxId>(note.b);
  if (note.fact == Fact::granted) grant.granted = true;
  if (note.fact == Fact::withdrawing) grant.withdrawing = true;
  if (note.fact == Fact::withdrawn) grant.withdrawn = true;
}

Known::Delivery& Known::delivery(const Note& note) {
  const auto fanout = narrow<FanoutId>(note.a);
  const auto address = narrow<AddressHash>(note.c);
  Delivery& delivery = deliveries_[copy_id(fanout, address)];
  delivery.fanout = fanout;
  delivery.address = address;
  delivery.mailbox = narrow<MailboxId>(note.b);
  return delivery;
}

void Known::note_copy(const Note& note) {
  using Fact = Note::Fact;
  const auto a_ping = [&]() -> Ping& { return pings_[narrow<AddressHash>(note.c)]; };
  if (note.fact == Fact::sending) {
    delivery(note);
  } else if (note.fact == Fact::sent) {
    delivery(note).sent = true;
    delivery(note).open = false;
    ++copies_sent;
  } else if (note.fact == Fact::not_sent) {
    delivery(note).open = false;
  } else if (note.fact == Fact::pinging) {
    a_ping().mailbox = narrow<MailboxId>(note.b);
    a_ping().tried = std::max(a_ping().tried, note.order);
  } else if (note.fact == Fact::pinged) {
    a_ping().highest = std::max(a_ping().highest, note.order);
  } else if (note.fact == Fact::seen) {
    see(narrow<MailboxId>(note.b), static_cast<Lane>(note.number), note.order, narrow<CopyId>(note.a), late_complaints_);
  } else if (note.fact == Fact::acknowledging) {
    acknowledging_.insert(narrow<CopyId>(note.a));
    if (note.order >= 1'000'000) {
      a_ping().read = std::max(a_ping().read, note.order - 1'000'000);
    } else if (note.order > 0) {
      ++stages_seen;
    }
  } else if (note.fact == Fact::acknowledged) {
    acknowledged_.insert(narrow<CopyId>(note.a));
    ++copies_acknowledged;
  } else if (!taken_.emplace(narrow<MailboxId>(note.b), note.number).second) {
    late_complaints_.emplace_back("a one-time prekey was handed out twice");
  }
}

void Known::note_vigil(const Note& note) {
  using Fact = Note::Fact;
  if (note.fact == Fact::not_kept) return;
  if (note.fact == Fact::opened) return opened(note.order);
  if (note.fact == Fact::fired) {
    if (!fired_ms_.emplace(narrow<CopyId>(note.a), note.order).second)
      late_complaints_.push_back("the release of copy " + short_hex(narrow<CopyId>(note.a)) + " became durable twice");
    return;
  }
  Kept& vigil = vigils_[narrow<VigilId>(note.a)];
  if (note.fact == Fact::keeping || note.fact == Fact::second_stage) {
    const std::size_t stage = note.fact == Fact::keeping ? 0 : 1;
    vigil.mailbox[stage] = narrow<MailboxId>(note.b);
    vigil.address[stage] = narrow<AddressHash>(note.c);
  }
  if (note.fact == Fact::keeping) vigil.soonest_ms = note.order;
  if (note.fact == Fact::hurrying) vigil.hurrying = true;
  if (note.fact == Fact::secret) vigil.refresh = narrow<Secret>(note.b);
  if (note.fact == Fact::kept) {
    vigil.kept = true;
    vigil.due_ms = note.order;
    vigil.after_s = note.number;
    ++vigils_kept;
  }
  if (note.fact == Fact::ending) vigil.ending = true;
  if (note.fact == Fact::ended) vigil.ended = true;
  if (note.fact == Fact::answering) vigil.answering = true;
  if (note.fact == Fact::answered) vigil.answered = true;
}

void Known::see(const MailboxId& mailbox, Lane lane, std::uint64_t order, const CopyId& id,
                std::vector<std::string>& complaints) {
  const auto [at, fresh] = at_.emplace(std::tuple(mailbox, lane, order), id);
  if (!fresh && at->second != id) complaints.push_back("position " + std::to_string(order) + " served two copies");
  const auto [where, first] = where_.emplace(std::pair(mailbox, id), order);
  if (!first && where->second != order) complaints.push_back("copy " + short_hex(id) + " came twice, at two positions");
}

void Known::check_mailbox(Driver& driver, const MailboxId& mailbox, std::vector<std::string>& complaints) {
  if (!driver.store().has_mailbox(mailbox)) complaints.push_back("mailbox " + short_hex(mailbox) + " is lost");
  std::set<CopyId> ids;
  for (const StoredCopy& copy : driver.list(mailbox)) {
    see(mailbox, copy.at.lane, copy.at.order, copy.id, complaints);
    if (!ids.insert(copy.id).second) complaints.push_back("copy " + short_hex(copy.id) + " waits twice");
    if (acknowledged_.contains(copy.id)) complaints.push_back("acknowledged copy " + short_hex(copy.id) + " is back");
    waiting_[copy.id] = copy;
  }
}

// What a person needs to know about a copy that is lost.
std::string Known::describe(const CopyId& id, const Delivery& delivery) const {
  std::string siblings;
  for (const auto& [other, of] : deliveries_) {
    if (other == id || !(of.fanout == delivery.fanout)) continue;
    siblings += ", sibling " + short_hex(other) +
                (waiting_.contains(other)         ? " waits"
                 : acknowledging_.contains(other) ? " was read"
                 : of.sent                        ? " is lost too"
                                                  : " was not answered");
  }
  const auto in_mailbox = std::count_if(deliveries_.begin(), deliveries_.end(), [&](const auto& one) {
    return one.second.mailbox == delivery.mailbox && waiting_.contains(one.first);
  });
  return "copy " + short_hex(id) + " (mailbox " + short_hex(delivery.mailbox) + " with " + std::to_string(in_mailbox) +
         " others waiting" + siblings + ")";
}

void Known::check_deliveries(std::vector<std::string>& complaints) const {
  for (const auto& [id, delivery] : deliveries_) {
    const bool waits = waiting_.contains(id);
    if (delivery.sent && !waits && !acknowledging_.contains(id))
      complaints.push_back(describe(id, delivery) + " was answered DONE and is lost");
    if (!delivery.sent && !delivery.open && waits) complaints.push_back("copy " + short_hex(id) + " was not taken and is there");
  }
  std::map<AddressHash, std::vector<std::uint64_t>> pings;
  for (const auto& [id, copy] : waiting_)
    if (is_ping(copy)) pings[copy.address].push_back(std::stoull(text_of(copy)));
  for (const auto& [address, ping] : pings_) {
    const auto found = pings.find(address);
    const std::size_t many = found == pings.end() ? 0 : found->second.size();
    if (many > 1) complaints.push_back("a topic has " + std::to_string(many) + " copies waiting");
    const std::uint64_t newest = many == 0 ? 0 : found->second.back();
    if (std::max(newest, ping.read) < ping.highest)
      complaints.push_back("ping " + std::to_string(ping.highest) + " was answered DONE and is lost: " + std::to_string(newest) +
                           " waits, " + std::to_string(ping.read) + " was read");
    if (newest > ping.tried) complaints.emplace_back("a ping that nobody sent");
  }
}

void Known::check_vigils(Driver& driver, std::uint64_t now_ms, std::vector<std::string>& complaints) {
  for (auto& [id, vigil] : vigils_) {
    const auto state = driver.store().look(id, vigil.refresh);
    if (vigil.ended && (state || state.error() != wire::ENDED))
      complaints.push_back("vigil " + short_hex(id) + " was ended and lives");
    if (!vigil.kept || vigil.ending) continue;
    if (!state) {
      complaints.push_back("vigil " + short_hex(id) + " was kept and is lost");
      continue;
    }
    if (vigil.answered && (state->second.holder != 0 || state->second.lease_s == 0))
      complaints.push_back("the answer to vigil " + short_hex(id) + " is lost");
    // An answer, also one inside the hold, pauses the ladder.
    if (!vigil.answering) check_stages(id, vigil, now_ms, complaints);
  }
}

// What was due when everything due was released has fired, to the millisecond.
void Known::check_stages(const VigilId& id, Kept& vigil, std::uint64_t now_ms, std::vector<std::string>& complaints) {
  for (std::uint32_t stage = 0; stage < 2; ++stage) {
    const CopyId copy = released_copy_id(id, 1, stage, wire::STAGE, vigil.address[stage]);
    const bool fired = waiting_.contains(copy) || acknowledging_.contains(copy);
    // Stage 1 counts from when stage 0 fired, which after an outage is later than its due.
    const std::uint64_t due_ms = (stage == 0 ? vigil.due_ms : vigil.stage_0_by_ms + vigil.after_s * 1000ull) + between_clocks_ms;
    if (stage == 1 && vigil.stage_0_by_ms == 0) continue;
    if (!fired && due_ms <= now_ms)
      complaints.push_back("stage " + std::to_string(stage) + " of vigil " + short_hex(id) + " never fired, due " +
                           std::to_string(now_ms - due_ms) + " ms ago");
    if (stage == 0 && fired) vigil.stage_0_by_ms = now_ms;
    if (fired && !vigil.timed[stage]) check_moment(id, vigil, stage, complaints);
  }
}

// Not before its time, and at most a second after it or after the restart.
void Known::check_moment(const VigilId& id, Kept& vigil, std::uint32_t stage, std::vector<std::string>& complaints) {
  std::array<std::uint64_t, 2> at_ms{};
  for (std::uint32_t i = 0; i <= stage; ++i) {
    const auto found = fired_ms_.find(released_copy_id(id, 1, i, wire::STAGE, vigil.address[i]));
    if (found == fired_ms_.end()) return;  // durable, and the process died before it could note when
    at_ms[i] = found->second;
  }
  vigil.timed[stage] = true;
  const std::uint64_t gap_ms = vigil.after_s * std::uint64_t{1000};
  const std::uint64_t soonest_ms = stage == 0 ? vigil.soonest_ms : at_ms[0] + gap_ms - batch_ms;
  const std::uint64_t due_ms = stage == 0 ? vigil.due_ms : at_ms[0] + gap_ms;
  const std::string name = "stage " + std::to_string(stage) + " of vigil " + short_hex(id);
  if (!vigil.hurrying && at_ms[stage] + between_clocks_ms < soonest_ms)
    complaints.push_back(name + " fired " + std::to_string(soonest_ms - at_ms[stage]) + " ms early");
  const std::uint64_t late = late_ms(due_ms, at_ms[stage]);
  ++stages_timed;
  latest_ms = std::max(latest_ms, late);
  if (late > in_time_ms) complaints.push_back(name + " fired " + std::to_string(late) + " ms late");
}

// Since its time, or since the store opened. A store that died within a second of either owes it to the next.
std::uint64_t Known::late_ms(std::uint64_t due_ms, std::uint64_t fired_ms) const {
  for (const Window& window : windows_) {
    if (window.closed_ms <= due_ms) continue;
    const std::uint64_t from_ms = std::max(due_ms, window.opened_ms);
    if (fired_ms > window.closed_ms && from_ms + in_time_ms > window.closed_ms) continue;
    return fired_ms > from_ms ? fired_ms - from_ms : 0;
  }
  return 0;
}

void Known::check_addresses(Driver& driver, std::vector<std::string>& complaints) const {
  for (const auto& [address, grant] : addresses_) {
    const Status probe = driver.store().probe(address);
    if (grant.withdrawn && probe != wire::REFUSED)
      complaints.push_back("withdrawn address " + short_hex(address) + " is good again");
    if (grant.granted && !grant.withdrawing && probe != wire::DONE)
      complaints.push_back("granted address " + short_hex(address) + " is lost");
  }
}

std::vector<std::string> Known::check(Driver& driver, std::uint64_t now_ms) {
  std::vector<std::string> complaints = std::move(late_complaints_);
  late_complaints_.clear();
  waiting_.clear();
  for (const MailboxId& mailbox : mailboxes_) check_mailbox(driver, mailbox, complaints);
  check_deliveries(complaints);
  check_vigils(driver, now_ms, complaints);
  check_addresses(driver, complaints);
  return complaints;
}

std::vector<std::string> Known::go_on(Driver& driver, std::uint64_t seed) {
  std::vector<std::string> complaints;
  std::mt19937_64 random(seed);
  for (auto& [id, delivery] : deliveries_) {
    if (!delivery.open) continue;
    Deliver again = message(delivery.address, "x");
    again.id = delivery.fanout;
    const Status status = driver.apply(again).status;
    if (status == wire::FULL && waiting_.contains(id)) complaints.emplace_back("a retry of a stored copy was answered FULL");
    if (status != wire::DONE && status != wire::FULL) complaints.push_back("a retry was answered " + std::to_string(status));
    delivery.open = false;
    delivery.sent = status == wire::DONE;
  }
  for (const MailboxId& mailbox : mailboxes_) {
    if (random() % 3 != 0) continue;
    const auto copies = driver.list(mailbox);
    for (const StoredCopy& copy : copies) {
      see(mailbox, copy.at.lane, copy.at.order, copy.id, complaints);
      note_reading(copy, mailbox);
    }
    if (copies.empty()) continue;
    if (driver.acknowledge(mailbox, copies).status != wire::DONE)
      complaints.emplace_back("an acknowledgement after the restart failed");
    for (const StoredCopy& copy : copies) acknowledged_.insert(copy.id);
    // Meanwhile a stage may have come; what was read must not.
    for (const StoredCopy& copy : driver.list(mailbox))
      if (acknowledged_.contains(copy.id)) complaints.push_back("acknowledged copy " + short_hex(copy.id) + " is still listed");
  }
  return complaints;
}

void Known::note_reading(const StoredCopy& copy, const MailboxId&) {
  acknowledging_.insert(copy.id);
  if (!is_ping(copy)) return;
  Ping& ping = pings_[copy.address];
  ping.read = std::max(ping.read, static_cast<std::uint64_t>(std::stoull(text_of(copy))));
}

}  // namespace vigil::storage::testing

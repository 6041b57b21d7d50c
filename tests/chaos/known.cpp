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

bool is_ping(const StoredCopy& copy) {
  return copy.of_vigil == wire::NOT_OF_VIGIL && text_of(copy) != "x";
}

}  // namespace

void Known::note(const Note& note) {
  ++notes;
  using Fact = Note::Fact;
  const auto a_vigil = [&]() -> Kept& { return vigils_[narrow<VigilId>(note.a)]; };
  const auto a_delivery = [&]() -> Delivery& {
    const auto fanout = narrow<FanoutId>(note.a);
    const auto address = narrow<AddressHash>(note.c);
    Delivery& delivery = deliveries_[copy_id(fanout, address)];
    delivery.fanout = fanout;
    delivery.address = address;
    delivery.mailbox = narrow<MailboxId>(note.b);
    return delivery;
  };
  switch (note.fact) {
    case Fact::mailbox:
      mailboxes_.insert(narrow<MailboxId>(note.b));
      break;
    case Fact::granting:
      addresses_[narrow<AddressHash>(note.a)].mailbox = narrow<MailboxId>(note.b);
      break;
    case Fact::granted:
      addresses_[narrow<AddressHash>(note.a)].granted = true;
      break;
    case Fact::withdrawing:
      addresses_[narrow<AddressHash>(note.a)].withdrawing = true;
      break;
    case Fact::withdrawn:
      addresses_[narrow<AddressHash>(note.a)].withdrawn = true;
      break;
    case Fact::sending:
      a_delivery();
      break;
    case Fact::sent:
      a_delivery().sent = true;
      a_delivery().open = false;
      ++copies_sent;
      break;
    case Fact::not_sent:
      a_delivery().open = false;
      break;
    case Fact::pinging: {
      Ping& ping = pings_[narrow<AddressHash>(note.c)];
      ping.mailbox = narrow<MailboxId>(note.b);
      ping.tried = std::max(ping.tried, note.order);
      break;
    }
    case Fact::pinged: {
      Ping& ping = pings_[narrow<AddressHash>(note.c)];
      ping.highest = std::max(ping.highest, note.order);
      break;
    }
    case Fact::seen:
      see(narrow<MailboxId>(note.b), static_cast<Lane>(note.number), note.order, narrow<CopyId>(note.a), late_complaints_);
      break;
    case Fact::acknowledging:
      acknowledging_.insert(narrow<CopyId>(note.a));
      if (note.order >= 1'000'000) {
        Ping& ping = pings_[narrow<AddressHash>(note.c)];
        ping.read = std::max(ping.read, note.order - 1'000'000);
      } else if (note.order > 0) {
        ++stages_seen;
      }
      break;
    case Fact::acknowledged:
      acknowledged_.insert(narrow<CopyId>(note.a));
      ++copies_acknowledged;
      break;
    case Fact::taken:
      if (!taken_.emplace(narrow<MailboxId>(note.b), note.number).second)
        late_complaints_.push_back("a one-time prekey was handed out twice");
      break;
    case Fact::keeping:
      a_vigil().mailbox[0] = narrow<MailboxId>(note.b);
      a_vigil().address[0] = narrow<AddressHash>(note.c);
      break;
    case Fact::second_stage:
      a_vigil().mailbox[1] = narrow<MailboxId>(note.b);
      a_vigil().address[1] = narrow<AddressHash>(note.c);
      break;
    case Fact::secret:
      a_vigil().refresh = narrow<Secret>(note.b);
      break;
    case Fact::kept:
      a_vigil().kept = true;
      a_vigil().due = note.order;
      a_vigil().after_s = note.number;
      ++vigils_kept;
      break;
    case Fact::not_kept:
      break;
    case Fact::ending:
      a_vigil().ending = true;
      break;
    case Fact::ended:
      a_vigil().ended = true;
      break;
    case Fact::answering:
      a_vigil().answering = true;
      break;
    case Fact::answered:
      a_vigil().answered = true;
      break;
  }
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

void Known::check_deliveries(std::vector<std::string>& complaints) const {
  for (const auto& [id, delivery] : deliveries_) {
    const bool waits = waiting_.contains(id);
    if (delivery.sent && !waits && !acknowledging_.contains(id))
      complaints.push_back("copy " + short_hex(id) + " was answered DONE and is lost");
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
    if (newest > ping.tried) complaints.push_back("a ping that nobody sent");
  }
}

void Known::check_vigils(Driver& driver, Instant now, std::vector<std::string>& complaints) {
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
    for (std::uint32_t stage = 0; stage < 2; ++stage) {
      if (vigil.answering) continue;  // an answer, also one inside the hold, pauses the ladder
      // Stage 1 counts from when stage 0 fired, which after an outage is later than its due.
      // Two seconds: the clocks of worker, store and this check each show whole seconds.
      const Instant due = (stage == 0 ? vigil.due : vigil.stage_0_by + vigil.after_s) + 2;
      if (due > now || (stage == 1 && vigil.stage_0_by == 0)) continue;
      const CopyId copy = released_copy_id(id, 1, stage, wire::STAGE, vigil.address[stage]);
      if (!waiting_.contains(copy) && !acknowledging_.contains(copy))
        complaints.push_back("stage " + std::to_string(stage) + " of vigil " + short_hex(id) + " never fired, due " +
                             std::to_string(now - vigil.due) + " s ago");
    }
    if (vigil.stage_0_by == 0 && vigil.due + 2 <= now) vigil.stage_0_by = now;
  }
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

std::vector<std::string> Known::check(Driver& driver, Instant now) {
  std::vector<std::string> complaints = std::move(late_complaints_);
  late_complaints_.clear();
  waiting_.clear();
  for (const MailboxId& mailbox : mailboxes_) check_mailbox(driver, mailbox, complaints);
  check_deliveries(complaints);
  check_vigils(driver, now, complaints);
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
    if (status == wire::FULL && waiting_.contains(id)) complaints.push_back("a retry of a stored copy was answered FULL");
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
      complaints.push_back("an acknowledgement after the restart failed");
    for (const StoredCopy& copy : copies) acknowledged_.insert(copy.id);
    if (!driver.list(mailbox).empty()) complaints.push_back("acknowledged copies are still listed");
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

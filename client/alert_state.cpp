#include "client/alert_state.hpp"

#include <algorithm>

#include "client/acts.hpp"
#include "client/printable.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t relay_seconds_differ = 5;  // between two of a relay's own times
constexpr std::uint64_t clocks_differ_s = 600;
constexpr int waiting_notices_max = 64;  // per vigil; a relay could send them for ever

std::string bytes(View v) {
  return std::string(text(v));
}

// The head that 'token' leads to after 'step' steps, or nothing for impossible input.
bool proves(const std::string& token, std::uint32_t step, const std::string& head) {
  const auto shown = Secret::from(view(token));
  if (!shown || step == 0 || step > limits::answer_chain_steps) return false;
  return equal_secret(answer_chain(*shown, step).view(), view(head));
}

bool closes(const std::string& token, const std::string& close_hash) {
  const auto shown = Secret::from(view(token));
  return shown && equal_secret(vigil_secret_hash(*shown).view(), view(close_hash));
}

record::ActRecord* act_of(record::VigilRecord& vigil, std::uint32_t index) {
  for (record::ActRecord& act : *vigil.mutable_acts()) {
    if (act.index() == index) return &act;
  }
  return nullptr;
}

// Since when somebody could have answered. Her press, by her clock; but not earlier than the relay can have had it, which a first
// round's copy tells: her clock may be a day behind, or her phone was offline for as long. 0: her press is all that is known.
std::uint64_t silent_from(const content::Alert& alert, const wire::Delivery& delivery, std::uint64_t now_s) {
  if (delivery.round() > 1 || delivery.released_s() == 0) return 0;
  if (alert.pressed_s() > delivery.released_s() + clocks_differ_s) return now_s;  // her clock is ahead, or the relay lies
  const auto index = static_cast<int>(std::min<std::uint32_t>(alert.your_index(), 1000));
  const std::uint64_t after_s = index < alert.responders_size() ? alert.responders(index).after_s() : 0;
  const std::uint64_t wait_s = alert.hold_s() + after_s;
  const std::uint64_t came_s = delivery.released_s() > wait_s ? delivery.released_s() - wait_s : 0;
  return std::min(std::max(alert.pressed_s(), came_s), now_s);
}

// Whether this is the first word that its first stage has gone out.
bool first_released(record::VigilRecord& vigil, std::uint64_t now_s) {
  if (vigil.first_release_s() != 0) return false;
  vigil.set_first_release_s(now_s);
  vigil.set_due_s(std::min(vigil.due_s(), now_s));
  return true;
}

}  // namespace

AlertState AlertState::begin(View alert_id, View person, bool hers, std::uint64_t now_s) {
  record::AlertRecord record;
  record.set_version(1);
  record.set_alert_id(bytes(alert_id));
  record.set_person(bytes(person));
  record.set_hers(hers);
  record.set_first_here_s(now_s);
  return AlertState(std::move(record));
}

record::VigilRecord* AlertState::vigil(View vigil_id) {
  for (record::VigilRecord& vigil : *record_.mutable_vigils()) {
    if (vigil.vigil_id() == text(vigil_id)) return &vigil;
  }
  return nullptr;
}

record::VigilRecord& AlertState::vigil_or_new(View vigil_id, View root) {
  if (record::VigilRecord* known = vigil(vigil_id)) {
    if (known->root().empty()) known->set_root(bytes(root));  // a notice, which does not tell the relay, came before the copy
    return *known;
  }
  record::VigilRecord& made = *record_.add_vigils();
  made.set_vigil_id(bytes(vigil_id));
  made.set_root(bytes(root));
  return made;
}

// ---- hers

void AlertState::pressed(const content::Alert& alert) {
  *record_.mutable_alert() = alert;
  if (!record_.written()) {
    if (record::Entry* made = entry(record::Entry::PRESSED, alert.pressed_s(), alert.pressed_s())) made->set_own(true);
  }
  record_.set_written(true);
}

Fact AlertState::prepared(View vigil_id, View root, const google::protobuf::RepeatedPtrField<content::Responder>& responders,
                          std::uint64_t now_s) {
  record::VigilRecord& made = vigil_or_new(vigil_id, root);
  if (made.responders_size() != 0 || responders.empty()) return Fact::known;
  *made.mutable_responders() = responders;
  check_waiting(made, now_s);
  return Fact::news;
}

Fact AlertState::on_relay(View vigil_id, std::uint64_t now_s, std::uint32_t due_in_s) {
  record::VigilRecord* kept = vigil(vigil_id);
  if (kept == nullptr || kept->on_relay_s() != 0) return Fact::known;
  kept->set_on_relay_s(now_s);
  kept->set_due_s(now_s + due_in_s);
  if (record::Entry* made = entry(record::Entry::ON_RELAY, now_s, now_s)) made->set_vigil_id(kept->vigil_id());
  return Fact::news;
}

Fact AlertState::looked(View vigil_id, const wire::VigilState& state, std::uint64_t now_s) {
  record::VigilRecord* kept = vigil(vigil_id);
  if (kept == nullptr) return Fact::known;
  Fact fact = Fact::known;
  if (kept->on_relay_s() == 0) {
    kept->set_on_relay_s(now_s);
    kept->set_due_s(state.released() ? now_s : now_s + std::min(state.due_s(), 3600u));
    fact = Fact::news;
  }
  if (state.released() && first_released(*kept, now_s)) fact = Fact::news;
  const std::uint64_t next_s = now_s + state.due_s();
  const std::uint64_t moved_s = next_s > kept->next_s() ? next_s - kept->next_s() : kept->next_s() - next_s;
  if (kept->next_stage() != state.stage() || kept->next_round() != state.round() || moved_s > relay_seconds_differ)
    fact = Fact::news;
  kept->set_next_s(next_s);
  kept->set_next_stage(state.stage());
  kept->set_next_round(state.round());
  // The relay tells the next stage and its round; what has gone out is the one before it.
  const std::uint32_t gone_out = state.stage() > 0 || state.round() == 0 ? state.round() : state.round() - 1;
  if (gone_out > kept->round() && state.released()) {
    kept->set_round(gone_out);
    fact = Fact::news;
  }
  return fact;
}

Fact AlertState::released(View vigil_id, std::uint64_t now_s) {
  record::VigilRecord* kept = vigil(vigil_id);
  if (kept == nullptr || !first_released(*kept, now_s)) return Fact::known;
  kept->set_round(std::max(kept->round(), 1U));
  return Fact::news;
}

void AlertState::note_over(std::uint64_t now_s) {
  if (over() && record_.over_s() == 0) record_.set_over_s(now_s);
}

Fact AlertState::receipt(View person, bool seen, std::uint64_t now_s) {
  const auto write = [&] {
    if (record::Entry* made = entry(record::Entry::RECEIPT, now_s, now_s)) {
      made->set_person(bytes(person));
      made->set_step(seen ? 1 : 0);
    }
  };
  for (record::ReceiptRecord& known : *record_.mutable_receipts()) {
    if (known.person() != text(person)) continue;
    if (known.seen() || !seen) return Fact::known;
    known.set_seen(true);
    write();
    return Fact::news;
  }
  record::ReceiptRecord& made = *record_.add_receipts();
  made.set_person(bytes(person));
  made.set_seen(seen);
  write();
  return Fact::news;
}

Fact AlertState::pressed_again(std::uint32_t times, std::uint64_t now_s) {
  if (times <= record_.alert().pressed_again()) return Fact::known;
  record_.mutable_alert()->set_pressed_again(times);
  if (record::Entry* made = entry(record::Entry::PRESSED_AGAIN, now_s, now_s)) made->set_own(true);
  return Fact::news;
}

Fact AlertState::own_ending(std::uint64_t now_s) {
  if (record_.ended()) return Fact::known;
  record_.set_ended(true);
  note_over(now_s);
  if (record::Entry* made = entry(record::Entry::ENDED, now_s, now_s)) made->set_own(true);
  return Fact::news;
}

// ---- somebody else's

AlertState::Came AlertState::copy(const content::Alert& alert, const std::optional<e2ee::ResponderSecrets>& yours,
                                  const wire::Delivery& delivery, View root, std::uint64_t now_s) {
  record::VigilRecord& vigil = vigil_or_new(vigil::view(alert.vigil_id()), root);
  const bool known_alert = record_.has_alert();
  const std::uint32_t presses = record_.alert().pressed_again();
  const bool pressed_again = known_alert && alert.pressed_again() > presses;
  const bool newer = !known_alert || pressed_again || alert.track().newest().at_s() >= record_.alert().track().newest().at_s();
  if (!known_alert) {
    if (record::Entry* made = entry(record::Entry::PRESSED, alert.pressed_s(), now_s)) made->set_person(record_.person());
  } else if (pressed_again) {
    // Sealed at the first press: the relay's word and this device's clock are all that tells when the second one was.
    const std::uint64_t at_s = delivery.released_s() == 0 ? now_s : std::min(delivery.released_s(), now_s);
    record::Entry* made = entry(record::Entry::PRESSED_AGAIN, at_s, now_s);
    if (made != nullptr) made->set_person(record_.person());
  }
  if (newer) {
    *record_.mutable_alert() = alert;
    record_.mutable_alert()->clear_your_secrets();
    record_.mutable_alert()->clear_responders();
    // A copy from before the second press may come after it, by another relay.
    record_.mutable_alert()->set_pressed_again(std::max(presses, alert.pressed_again()));
  }
  // The first copy of a vigil fixes its heads: a later one by the same person cannot replace what answers were checked against.
  if (vigil.responders_size() == 0) *vigil.mutable_responders() = alert.responders();
  if (!vigil.mine() && yours && alert.your_index() < static_cast<std::uint32_t>(vigil.responders_size())) {
    vigil.set_mine(true);
    vigil.set_your_index(alert.your_index());
    vigil.set_your_secret(bytes(yours->answer.view()));
    vigil.set_your_close(bytes(yours->close.view()));
  }
  if (vigil.first_release_s() == 0) vigil.set_silent_from_s(silent_from(alert, delivery, now_s));
  const Came came = copy_again(vigil::view(alert.vigil_id()), delivery, now_s);
  check_waiting(vigil, now_s);
  const bool pressed = pressed_again && !over();
  return {.first = !known_alert, .again = known_alert && (came.again || pressed), .pressed_again = pressed};
}

AlertState::Came AlertState::copy_again(View vigil_id, const wire::Delivery& delivery, std::uint64_t now_s) {
  record::VigilRecord* known = vigil(vigil_id);
  if (known == nullptr) return {};
  const bool first_of_vigil = known->first_release_s() == 0;
  const std::uint64_t released_s = delivery.released_s() == 0 ? now_s : std::min(delivery.released_s(), now_s);
  if (first_of_vigil) {
    known->set_first_release_s(now_s);
  }
  const auto place = [](std::uint32_t round, std::uint32_t stage) { return (static_cast<std::uint64_t>(round) << 32) | stage; };
  if (place(delivery.round(), delivery.stage()) <= place(known->round(), known->stage()) && !first_of_vigil) return {};
  if (record::Entry* made = entry(record::Entry::RANG, released_s, now_s)) {
    made->set_vigil_id(known->vigil_id());
    made->set_round(delivery.round());
    made->set_stage(delivery.stage());
  }
  // Another relay's vigil of the same alert is not a second ring: only a round later than any that rang is.
  std::uint32_t highest = 0;
  for (const record::VigilRecord& each : record_.vigils()) highest = std::max(highest, each.round());
  known->set_round(std::max(known->round(), delivery.round()));
  known->set_stage(delivery.stage());
  known->set_released_s(released_s);
  return {.first = false, .again = highest != 0 && delivery.round() > highest};
}

Fact AlertState::ending(bool forced, std::uint64_t said_s, std::uint64_t now_s) {
  if (record_.ended() && record_.forced() == forced) return Fact::known;
  record_.set_ended(true);
  // Once forced, a second ending is not believed to be free: whoever forced the first can force another.
  record_.set_forced(record_.forced() || forced);
  note_over(now_s);
  if (record::Entry* made = entry(forced ? record::Entry::FORCED : record::Entry::ENDED, said_s, now_s))
    made->set_person(record_.person());
  return Fact::news;
}

Fact AlertState::says_all_clear(View person, std::string_view note, std::uint64_t said_s, std::uint64_t now_s) {
  for (const std::string& known : record_.says_all_clear()) {
    if (known == text(person)) return Fact::known;
  }
  record_.add_says_all_clear(bytes(person));
  if (record::Entry* made = entry(record::Entry::SAYS_ALL_CLEAR, said_s, now_s)) {
    made->set_person(bytes(person));
    made->set_text(printable(note, 500));
  }
  return Fact::news;
}

void AlertState::seen_here(std::uint64_t now_s) {
  if (record_.seen()) return;
  record_.set_seen(true);
  if (record::Entry* made = entry(record::Entry::SEEN, now_s, now_s)) made->set_own(true);
}

// ---- between responders

Fact AlertState::mark(View person, bool own, const content::Mark& mark, std::uint64_t now_s) {
  if (!content::Mark::Kind_IsValid(mark.kind()) || mark.kind() == content::Mark::UNSET) return Fact::unproved;
  for (const record::Entry& known : record_.timeline()) {
    if (known.kind() != record::Entry::MARK || known.person() != text(person) || known.mark().kind() != mark.kind()) continue;
    if (known.mark().at_s() == mark.at_s() && known.mark().where() == mark.where() && known.mark().how() == mark.how())
      return Fact::known;
  }
  record::Entry* made = entry(record::Entry::MARK, mark.at_s(), now_s);
  if (made == nullptr) return Fact::known;
  made->set_person(bytes(person));
  made->set_own(own);
  *made->mutable_mark() = mark;
  return Fact::news;
}

Fact AlertState::note(View person, bool own, const content::Note& note, std::uint64_t now_s) {
  for (const record::Entry& known : record_.timeline()) {
    if (known.kind() == record::Entry::NOTE && known.person() == text(person) && known.note().at_s() == note.at_s() &&
        known.note().text() == note.text())
      return Fact::known;
  }
  record::Entry* made = entry(record::Entry::NOTE, note.at_s(), now_s);
  if (made == nullptr) return Fact::known;
  made->set_person(bytes(person));
  made->set_own(own);
  *made->mutable_note() = note;
  return Fact::news;
}

Fact AlertState::muted(View person, bool own, std::uint64_t until_s, std::uint64_t said_s, std::uint64_t now_s) {
  record::Entry* made = entry(record::Entry::MUTED, said_s, now_s);
  if (made == nullptr) return Fact::known;
  made->set_person(bytes(person));
  made->set_own(own);
  made->set_until_s(until_s);
  return Fact::news;
}

// ---- the timeline

record::Entry* AlertState::entry(record::Entry::Kind kind, std::uint64_t at_s, std::uint64_t now_s) {
  if (record_.timeline_size() >= timeline_entries_max) {
    record_.set_timeline_full(true);
    return nullptr;
  }
  record::Entry* made = record_.add_timeline();
  made->set_kind(kind);
  made->set_at_s(at_s == 0 ? now_s : at_s);
  made->set_here_s(now_s);
  return made;
}

// The own answer was written down when the relay took it; its notice brings the proof that the others see.
void AlertState::prove_own(const record::VigilRecord& vigil, const wire::Released& released) {
  for (record::Entry& entry : *record_.mutable_timeline()) {
    if (entry.kind() == record::Entry::ANSWERED && entry.vigil_id() == vigil.vigil_id() && entry.index() == released.index() &&
        entry.step() == released.step() && entry.token().empty())
      entry.set_token(released.token());
  }
}

void AlertState::act_entry(record::Entry::Kind kind, const record::VigilRecord& vigil, const wire::Delivery& delivery,
                           std::uint64_t now_s) {
  const wire::Released& released = delivery.notice();
  const bool mine = vigil.mine() && vigil.your_index() == released.index();
  record::Entry* made = entry(kind, std::min(delivery.released_s() == 0 ? now_s : delivery.released_s(), now_s), now_s);
  if (made == nullptr) return;
  made->set_vigil_id(vigil.vigil_id());
  made->set_index(released.index());
  made->set_step(released.step());
  made->set_token(released.token());
  made->set_index_other(released.index_other());
  made->set_token_other(released.token_other());
  made->set_lease_s(std::min(released.lease_s(), lease_s_max));
  made->set_own(mine);
}

// ---- both

void AlertState::names(const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (record_.names_size() != 0 || names.size() > static_cast<int>(limits::responders_max)) return;
  for (const std::string& name : names) record_.add_names(printable(name, name_characters_max));
}

Fact AlertState::notice(View vigil_id, const wire::Delivery& delivery, std::uint64_t now_s) {
  record::VigilRecord& about = vigil_or_new(vigil_id, {});
  if (about.responders_size() == 0) {
    if (about.waiting_size() >= waiting_notices_max) about.mutable_waiting()->DeleteSubrange(0, 1);
    wire::Delivery& kept = *about.add_waiting();
    kept = delivery;
    kept.clear_envelope();
    kept.set_released_s(std::min(delivery.released_s(), now_s));  // it came now, however long it has to wait
    return Fact::waiting;
  }
  return act(about, delivery, now_s);
}

void AlertState::check_waiting(record::VigilRecord& vigil, std::uint64_t now_s) {
  if (vigil.responders_size() == 0) return;
  const auto waiting = std::move(*vigil.mutable_waiting());
  vigil.clear_waiting();
  // Without proof now means a relay made it up: nothing to say, because nothing had been shown.
  for (const wire::Delivery& delivery : waiting) act(vigil, delivery, now_s);
}

Fact AlertState::act(record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s) {
  const wire::Released& released = delivery.notice();
  if (released.act() == wire::Released::CLOSED) return close(vigil, delivery, now_s);
  if (released.act() == wire::Released::LAPSED) return lapse(vigil, delivery, now_s);
  if (released.index() >= static_cast<std::uint32_t>(vigil.responders_size())) return Fact::unproved;
  const content::Responder& who = vigil.responders(static_cast<int>(released.index()));
  if (!proves(released.token(), released.step(), who.head())) return Fact::unproved;
  const bool odd = released.step() % 2 == 1;
  record::ActRecord* known = act_of(vigil, released.index());
  const std::uint64_t from_s = std::min(delivery.released_s(), now_s);

  // Also every act that this Vigil does not know.
  if (released.act() != (odd ? wire::Released::ANSWERED : wire::Released::GIVEN_BACK)) return Fact::unproved;
  if (known != nullptr && released.step() <= known->step()) {
    if (odd) prove_own(vigil, released);
    return Fact::known;
  }
  if (known == nullptr) {
    known = vigil.add_acts();
    known->set_index(released.index());
  }
  known->set_lapsed(false);
  known->set_step(released.step());
  known->set_from_s(from_s);
  known->set_lease_s(odd ? std::min(released.lease_s(), lease_s_max) : 0);
  act_entry(odd ? record::Entry::ANSWERED : record::Entry::GIVEN_BACK, vigil, delivery, now_s);
  return Fact::news;
}

// A lapse has no token: nobody did anything. It says no more than what the answer itself said, so it is believed only when the
// lease that is known here has run out by the relay's own times.
Fact AlertState::lapse(record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s) {
  record::ActRecord* known = act_of(vigil, delivery.notice().index());
  if (known == nullptr || !answers(*known) || known->lapsed() || delivery.notice().step() < known->step()) return Fact::known;
  if (delivery.released_s() + relay_seconds_differ < end_of(*known)) return Fact::unproved;
  known->set_lapsed(true);
  act_entry(record::Entry::LAPSED, vigil, delivery, now_s);
  return Fact::news;
}

Fact AlertState::close(record::VigilRecord& vigil, const wire::Delivery& delivery, std::uint64_t now_s) {
  const wire::Released& released = delivery.notice();
  const auto count = static_cast<std::uint32_t>(vigil.responders_size());
  if (released.index() >= count || released.index_other() >= count || released.index() == released.index_other())
    return Fact::unproved;
  if (!closes(released.token(), vigil.responders(static_cast<int>(released.index())).close_hash()) ||
      !closes(released.token_other(), vigil.responders(static_cast<int>(released.index_other())).close_hash())) {
    return Fact::unproved;
  }
  if (vigil.closed()) return Fact::known;
  vigil.set_closed(true);
  note_over(now_s);
  act_entry(record::Entry::CLOSED, vigil, delivery, now_s);
  return Fact::news;
}

Fact AlertState::answered(View vigil_id, std::uint32_t step, const wire::LeaseState& lease, std::uint64_t now_s) {
  record::VigilRecord* about = vigil(vigil_id);
  if (about == nullptr || !about->mine()) return Fact::known;
  const std::uint32_t holder = lease.yours() ? about->your_index() : lease.holder();
  if (!lease.yours()) return Fact::known;  // who else it is comes as a notice, with its proof
  record::ActRecord* known = act_of(*about, holder);
  if (known != nullptr && known->step() > step) return Fact::known;
  if (known == nullptr) {
    known = about->add_acts();
    known->set_index(holder);
  }
  known->set_step(step);
  known->set_from_s(now_s);
  known->set_lease_s(std::min(lease.lease_s(), lease_s_max));
  known->set_lapsed(false);
  if (record::Entry* made = entry(record::Entry::ANSWERED, now_s, now_s)) {
    made->set_vigil_id(about->vigil_id());
    made->set_index(holder);
    made->set_step(step);
    made->set_lease_s(known->lease_s());
    made->set_own(true);
  }
  return Fact::news;
}

}  // namespace vigil::client

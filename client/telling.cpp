#include "client/telling.hpp"

#include <algorithm>
#include <set>

#include "client/about.hpp"
#include "client/clock.hpp"
#include "client/mail.hpp"
#include "client/news.hpp"
#include "client/running.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

// What went, and to whom; nothing for receipts and the like, which are no news.
struct Letter {
  ContactId to{};
  bool message = false;
};
std::optional<Letter> letter_of(Account& account, View id) {
  for (const SentContent& waiting : account.sent.waiting())
    if (vigil::text(waiting.content_id.view()) == vigil::text(id)) return Letter{waiting.to, is_message(waiting.content)};
  // In the outbox for longer than its text is kept.
  const auto content = ContentId::from(id);
  const std::optional<Underway> old = content ? account.underway.find(*content) : std::nullopt;
  if (old) return Letter{old->to, true};
  return std::nullopt;
}

std::string name_of(Account& account, ContactId id) {
  const auto contact = account.contacts.find(id);
  return contact ? account.name_of(contact->identity) : words().somebody();
}

void tell_content(Account& account, Screen& screen, const About& about, Fate fate, std::uint64_t now_s) {
  const std::optional<Letter> letter = letter_of(account, about.id);
  if (!letter) return;
  const std::string name = name_of(account, letter->to);
  switch (fate) {
    case Fate::done:
      if (!letter->message) break;
      screen.event(JsonLine("sent", now_s).id("content", about.id).text("name", name));
      screen.say_now(words().message_sent_now(name));
      break;
    case Fate::refused:
    case Fate::given_up:
      screen.event(JsonLine("unreachable", now_s).text("name", name).flag("given_up", fate == Fate::given_up));
      screen.say_now(fate == Fate::refused ? words().cannot_be_reached(name) : words().given_up(name));
      break;
    case Fate::broken:
      screen.event(JsonLine("not_sent", now_s).text("name", name).text("words", words().message_not_understood(name)));
      screen.say_now(words().message_not_understood(name));
      break;
    case Fate::waiting:
      break;
  }
}

void tell_keep(Account& account, Screen& screen, const About& about, Fate fate, Status status, std::uint64_t now_s) {
  if (fate == Fate::done || fate == Fate::waiting) return;  // its state says so
  if (status == wire::ENDED) return;                        // its ending overtook it
  const std::optional<AlertState> alert = account.alerts.by_vigil(about.id);
  const std::string sentence = fate == Fate::refused    ? words().refused_everywhere()
                               : fate == Fate::given_up ? words().alert_given_up()
                                                        : words().alert_not_understood();
  JsonLine line = alert ? line_of("alert_refused", *alert, now_s) : JsonLine("alert_refused", now_s);
  screen.event(line.flag("given_up", fate != Fate::refused).text("words", sentence));
  screen.loud(sentence);
}

// The relay refused it for two hours: the alert may be going on there, and must not read »all clear« here.
void tell_ending_given_up(Account& account, Screen& screen, const About& about, std::uint64_t now_s) {
  const std::optional<AlertState> alert = account.alerts.by_vigil(about.id);
  if (!alert || alert->over()) return;
  account.alerts.update(id_of(*alert), [](AlertState& newest) {
    newest.record().set_end_written(false);
    return true;
  });
  screen.event(line_of("ending_refused", *alert, now_s).text("words", words().ending_given_up()));
  screen.loud_now(words().ending_given_up());
}

void tell_one(Account& account, Screen& screen, View serialised_about, Fate fate, Status status, std::uint64_t now_s) {
  const auto about = read_about(serialised_about);
  if (!about) return;
  switch (about->kind) {
    case AboutKind::content:
      tell_content(account, screen, *about, fate, now_s);
      break;
    case AboutKind::keep:
      tell_keep(account, screen, *about, fate, status, now_s);
      break;
    case AboutKind::end:  // told by the state, unless no relay takes it
      if (fate == Fate::given_up) tell_ending_given_up(account, screen, *about, now_s);
      break;
    case AboutKind::hurry:  // told by the alert they belong to
    case AboutKind::close:
      break;
  }
}

// Contents that lie in the outbox, but for this item. Nothing when it cannot be read.
std::optional<std::set<Bytes>> contents_in_outbox(Account& account, std::string_view but_item = {}) {
  const Outcome<std::vector<kept::Item>> items = account.outbox.list();
  if (!items) return std::nullopt;
  std::set<Bytes> contents;
  for (const kept::Item& item : *items) {
    auto about = read_about(view(item.about()));
    if (about && about->kind == AboutKind::content && item.id() != but_item) contents.insert(std::move(about->id));
  }
  return contents;
}

bool lies_in(const std::set<Bytes>& contents, const ContentId& content) {
  return contents.contains(Bytes(content.view().begin(), content.view().end()));
}

// That it never went has just been said: nothing is left to say of it, unless another relay has it or may still take it.
void forget_unsent(Account& account, const kept::Item& item) {
  const auto about = read_about(view(item.about()));
  if (!about || about->kind != AboutKind::content) return;
  const auto content = ContentId::from(about->id);
  const std::optional<Underway> message = content ? account.underway.find(*content) : std::nullopt;
  if (!message || message->handed_s != 0) return;
  const std::optional<std::set<Bytes>> others = contents_in_outbox(account, item.id());
  if (others && !lies_in(*others, *content)) account.underway.forget(*content, message->to);
}

// Those that will not be tried again, whoever tried them last.
void tell_closed(Account& account, Screen& screen, std::uint64_t now_s) {
  const Outcome<std::vector<kept::Item>> items = account.outbox.list();
  if (!items) return;
  for (const kept::Item& item : *items) {
    if (is_open(item)) continue;
    Outcome<Outbox::Claimed> claimed = account.outbox.claim(*ItemId::from(view(item.id())));
    if (!claimed) continue;  // another process is telling it
    const Fate fate = item.state() == kept::Item::GIVEN_UP ? Fate::given_up : Fate::broken;
    tell_one(account, screen, view(item.about()), fate, static_cast<Status>(item.last_status()), now_s);
    forget_unsent(account, item);
    if (const Outcome<void> gone = claimed->forget(); !gone) throw Failed(gone.error());
  }
}

}  // namespace

void tell_sent(Account& account, Screen& screen, const std::vector<Sent>& all, std::uint64_t now_s) {
  for (const Sent& sent : all) {
    note_sent(account.slot, sent, now_s);
    // What is closed is told from its file, below: once, whoever closed it.
    if (sent.fate == Fate::done || sent.fate == Fate::refused)
      tell_one(account, screen, sent.about, sent.fate, wire::STATUS_UNSET, now_s);
  }
  tell_closed(account, screen, now_s);
  note_handed_over(account, now_s);
  settle_own_endings(account, now_s);
}

void note_handed_over(Account& account, std::uint64_t now_s) {
  std::vector<Underway> waiting = account.underway.all();
  // Also what was handed over while this clock was ahead: counted anew.
  std::erase_if(waiting, [&](const Underway& one) { return one.handed_s != 0 && one.handed_s <= now_s; });
  if (waiting.empty()) return;
  // After the rows: an item is in the outbox before its row is there.
  const std::optional<std::set<Bytes>> in_outbox = contents_in_outbox(account);
  if (!in_outbox) return;
  for (const Underway& one : waiting)
    if (!lies_in(*in_outbox, one.content_id)) account.underway.handed_over(one, now_s);
}

void tell_undelivered(Account& account, Screen& screen, std::uint64_t now_s) {
  note_handed_over(account, now_s);
  std::vector<Underway> over = account.underway.all();
  std::erase_if(over, [&](const Underway& one) { return !life_over(one, now_s); });
  if (over.empty()) return;
  const std::uint64_t read_s = account.underway.read_s();
  for (const Underway& one : over) {
    const std::string name = name_of(account, one.to);
    const std::string written = clock_text(one.written_s, now_s);
    const bool known = life_over(one, read_s);
    JsonLine line(known ? "undelivered" : "receipts_unread", now_s);
    line.id("content", one.content_id.view()).text("name", name);
    screen.event(line.number("written_s", static_cast<std::int64_t>(one.written_s)));
    screen.say_now(known ? words().undelivered(name, written) : words().receipts_unread(name, written));
    if (known) account.underway.forget(one.content_id, one.to);
  }
}

void settle_own_endings(Account& account, std::uint64_t now_s) {
  const Outcome<std::vector<kept::Item>> items = account.outbox.list();
  if (!items) return;
  std::set<std::string> waits;  // vigils whose ending is still to be sent
  for (const kept::Item& item : *items) {
    const auto about = read_about(view(item.about()));
    if (about && about->kind == AboutKind::end) waits.insert(std::string(vigil::text(View(about->id))));
  }
  for (const AlertState& alert : account.alerts.going_on()) {
    const record::AlertRecord& record = alert.record();
    if (!record.hers() || !record.end_written() || alert.over()) continue;
    if (std::any_of(record.vigils().begin(), record.vigils().end(),
                    [&](const auto& vigil) { return waits.contains(vigil.vigil_id()); }))
      continue;
    account.alerts.update(view(record.alert_id()), [&](AlertState& ended) { return ended.own_ending(now_s) == Fact::news; });
  }
}

}  // namespace vigil::client

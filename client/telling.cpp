#include "client/telling.hpp"

#include <algorithm>
#include <set>

#include "client/about.hpp"
#include "client/mail.hpp"
#include "client/news.hpp"
#include "client/running.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

// What went, and to whom; nothing for receipts and the like, which are no news.
std::optional<SentContent> content_sent(Account& account, View id) {
  for (SentContent& waiting : account.sent.waiting())
    if (vigil::text(waiting.content_id.view()) == vigil::text(id)) return std::move(waiting);
  return std::nullopt;
}

void tell_content(Account& account, Screen& screen, const About& about, Fate fate, std::uint64_t now_s) {
  const std::optional<SentContent> sent = content_sent(account, about.id);
  if (!sent) return;
  const auto contact = account.contacts.find(sent->to);
  const std::string name = contact ? account.name_of(contact->identity) : words().somebody();
  switch (fate) {
    case Fate::done:
      if (!is_message(sent->content)) break;
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
  settle_own_endings(account, now_s);
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

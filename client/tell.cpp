#include "client/tell.hpp"

#include "client/clock.hpp"
#include "client/printable.hpp"
#include "client/timeline.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/e2ee/between.hpp"

namespace vigil::client {
namespace {

std::string str(View v) {
  return std::string(text(v));
}

Bytes bytes(View v) {
  return {v.begin(), v.end()};
}

bool mac_holds(Account& account, const Contact& from, View alert_id, const std::string& body, const std::string& mac) {
  const auto wanted = e2ee::between_mac(account.identity, from.identity, false, alert_id, view(body));
  return wanted && equal_secret(wanted->view(), view(mac));
}

std::string mac_for(Account& account, const Contact& to, View alert_id, const std::string& body) {
  const auto made = e2ee::between_mac(account.identity, to.identity, true, alert_id, view(body));
  return made ? str(made->view()) : std::string();
}

void set_muted(Account& account, View identity, std::uint64_t until_s) {
  account.container.query("INSERT OR REPLACE INTO mutes VALUES (?, ?)").bind(identity).bind(until_s).run();
}

View alert_of(const content::Content& content) {
  if (content.has_mark()) return view(content.mark().alert_id());
  if (content.has_note()) return view(content.note().alert_id());
  return view(content.mute().alert_id());
}

bool fits(const content::Mark& mark) {
  return mark.where().size() <= mark_bytes_max && mark.how().size() <= mark_bytes_max;
}

}  // namespace

asio::awaitable<Told> tell_mark(Account& account, AlertState alert, content::Mark mark) {
  const Bytes alert_id = id_of(alert);
  mark.set_alert_id(str(alert_id));
  account.alerts.update(alert_id, [&](AlertState& newest) {
    return newest.mark(account.identity.key().view(), true, mark, wall_s()) == Fact::news;
  });
  content::Content content = new_content(wall_s());
  *content.mutable_mark() = mark;
  const Finish finish = [&](const Contact& to, content::Content& copy) {
    copy.mutable_mark()->set_mac(mac_for(account, to, alert_id, body_of(copy.mark())));
  };
  Told told = co_await tell_others(account, alert, content, finish);
  co_return told;
}

asio::awaitable<Told> tell_note(Account& account, AlertState alert, content::Note note) {
  const Bytes alert_id = id_of(alert);
  note.set_alert_id(str(alert_id));
  account.alerts.update(alert_id, [&](AlertState& newest) {
    return newest.note(account.identity.key().view(), true, note, wall_s()) == Fact::news;
  });
  content::Content content = new_content(wall_s());
  *content.mutable_note() = note;
  const Finish finish = [&](const Contact& to, content::Content& copy) {
    copy.mutable_note()->set_mac(mac_for(account, to, alert_id, body_of(copy.note())));
  };
  Told told = co_await tell_others(account, alert, content, finish);
  co_return told;
}

asio::awaitable<Told> tell_mute(Account& account, AlertState alert, std::uint64_t until_s) {
  {
    Container::Transaction step(account.container);
    set_muted(account, view(alert.record().person()), until_s);
    if (std::optional<AlertState> newest = account.alerts.find(id_of(alert))) {
      newest->muted(account.identity.key().view(), true, until_s, wall_s(), wall_s());
      account.alerts.put(*newest);
    }
    step.commit();
  }
  content::Content content = new_content(wall_s());
  content.mutable_mute()->set_person(alert.record().person());
  content.mutable_mute()->set_until_s(until_s);
  content.mutable_mute()->set_alert_id(alert.record().alert_id());
  Told told = co_await tell_others(account, alert, content);
  co_return told;
}

std::vector<News> take_told(Account& account, const Contact& from, const Contact& about, const content::Content& content,
                            std::uint64_t now_s) {
  const View alert_id = alert_of(content);
  News made{.kind = News::Kind::told, .name = printable(from.name), .alert_id = bytes(alert_id)};
  made.written_s = content.written_s();
  std::optional<AlertState> alert = account.alerts.find(alert_id);
  if (!alert || alert->record().hers() || alert->record().person() != text(about.identity.view())) {
    made.kind = News::Kind::told_wrong;
    return {made};
  }
  Fact fact = Fact::unproved;
  if (content.has_mark() && fits(content.mark()) &&
      mac_holds(account, from, alert_id, body_of(content.mark()), content.mark().mac())) {
    fact = alert->mark(from.identity.view(), false, content.mark(), now_s);
    made.mark = content.mark();
  } else if (content.has_note() && content.note().text().size() <= note_bytes_max &&
             mac_holds(account, from, alert_id, body_of(content.note()), content.note().mac())) {
    fact = alert->note(from.identity.view(), false, content.note(), now_s);
    made.text = content.note().text();
  } else if (content.has_mute() && content.mute().until_s() > now_s && content.mute().person() == alert->record().person()) {
    // Her word for herself, and for no longer than such a word may last.
    made.until_s = std::min(content.mute().until_s(), now_s + mute_s);
    fact = alert->muted(from.identity.view(), false, made.until_s, content.written_s(), now_s);
  }
  if (fact == Fact::known) return {};
  if (fact != Fact::news) {
    made.kind = News::Kind::told_wrong;
    return {made};
  }
  account.alerts.put(*alert);
  return {made};
}

std::uint64_t muted_until(Account& account, View identity, std::uint64_t now_s) {
  Query found = account.container.query("SELECT until_s FROM mutes WHERE identity = ?");
  found.bind(identity);
  if (!found.row()) return 0;
  const std::uint64_t until_s = found.count(0);
  return until_s > now_s ? until_s : 0;
}

}  // namespace vigil::client

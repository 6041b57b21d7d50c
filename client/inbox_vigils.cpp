// What InboxReader does with the copies of vigils: an alert, a notice of who does what about it, its ending, and the same sealed
// copy once more.
#include "client/consent.hpp"
#include "client/inbox.hpp"
#include "client/plans.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

Bytes bytes(View v) {
  return {v.begin(), v.end()};
}

}  // namespace

std::optional<AlertState> InboxReader::alert_of(const At& at, View alert_id) {
  if (alert_id.size() != AlertId::length) return std::nullopt;
  const View person = at.origin.own ? account_.identity.key().view() : at.origin.expected->view();
  if (at.origin.own) adopt_running(account_, at.now_s);
  if (std::optional<AlertState> known = account_.alerts.find(alert_id)) {
    if (known->record().person() == vigil::text(person)) return known;
    return std::nullopt;
  }
  return AlertState::begin(alert_id, person, at.origin.own, at.now_s);
}

void InboxReader::alert(const At& at, const content::Content& content, std::vector<News>& news) {
  const content::Alert& said = content.alert();
  if (said.vigil_id().size() != VigilId::length) return;
  std::optional<AlertState> alert = alert_of(at, view(said.alert_id()));
  if (!alert) return;
  account_.alerts.remember_content(view(content.id()), view(said.alert_id()), view(said.vigil_id()));
  const auto yours =
      e2ee::open_responder_secrets(account_.keys, view(said.vigil_id()), said.your_index(), view(said.your_secrets()));
  const AlertState::Came came = alert->copy(said, yours, at.delivery, at.root.view(), at.now_s);
  if (came.again) alert->record().set_seen(false);
  const bool opened = open_plan(account_, *alert);
  account_.alerts.put(*alert);
  silence(at, said);
  if (came.first && !alert->record().ended()) owe_receipt(at, view(said.alert_id()), content::Receipt::ARRIVED, at.now_s);
  if (came.first || came.again) {
    News made = news_of(*alert, at.origin.name);
    made.first = came.first;
    made.many_silent = at.delivery.many_silent();
    made.pressed_again = came.pressed_again;
    if (at.delivery.of_vigil() == wire::STAGE) {
      made.round = at.delivery.round();
      made.stage = at.delivery.stage();
    }
    made.rings = may_ring(account_, *at.origin.expected, at.now_s);
    news.push_back(std::move(made));
  }
  if (opened && at.origin.contact) plan_opened(*at.origin.contact, view(said.alert_id()), news);
}

void InboxReader::notice_opened(const At& at, const content::Content& content, std::vector<News>& news) {
  const content::Notice& said = content.notice();
  account_.alerts.remember_content(view(content.id()), view(said.alert_id()), view(said.vigil_id()));
  if (std::optional<AlertState> known = alert_of(at, view(said.alert_id()))) {
    known->names(said.names());
    account_.alerts.put(*known);
  }
  notice(at, view(said.alert_id()), view(said.vigil_id()), news);
}

void InboxReader::notice(const At& at, View alert_id, View vigil_id, std::vector<News>& news) {
  if (!at.delivery.has_notice() || vigil_id.size() != VigilId::length) return;
  std::optional<AlertState> alert = alert_of(at, alert_id);
  if (!alert) return;
  const Fact fact = alert->notice(vigil_id, at.delivery, at.now_s);
  account_.alerts.put(*alert);
  const std::string whose = at.origin.name;
  switch (fact) {
    case Fact::known:
    case Fact::waiting:
      return;
    case Fact::unproved:
      news.push_back({.kind = News::Kind::unproved, .name = whose, .alert_id = bytes(alert_id)});
      return;
    case Fact::news:
      break;
  }
  const wire::Released& said = at.delivery.notice();
  News made{.kind = News::Kind::notice, .name = alert->name_of(said.index()), .alert_id = bytes(alert_id)};
  made.act = said.act();
  made.lease_s = said.lease_s();
  if (said.act() == wire::Released::CLOSED) made.other = alert->name_of(said.index_other());
  news.push_back(std::move(made));
}

void InboxReader::ending(const At& at, const content::Content& content, std::vector<News>& news) {
  const content::EndingNotice& said = content.ending();
  std::optional<AlertState> alert = alert_of(at, view(said.alert_id()));
  if (!alert) return;
  account_.alerts.remember_content(view(content.id()), view(said.alert_id()), view(said.vigil_id()));
  const Fact fact =
      alert->record().hers() ? alert->own_ending(at.now_s) : alert->ending(said.forced(), content.written_s(), at.now_s);
  account_.alerts.put(*alert);
  if (fact != Fact::news || alert->record().hers()) return;
  news.push_back(
      {.kind = News::Kind::ending, .name = at.origin.name, .alert_id = bytes(view(said.alert_id())), .forced = said.forced()});
}

void InboxReader::again(const At& at, const CopyId& content_id, std::vector<News>& news) {
  if (sign_again(at, content_id, news)) return;
  const std::optional<AlertBook::Content> what = account_.alerts.content(content_id.view());
  if (!what) return;
  switch (at.delivery.of_vigil()) {
    case wire::NOTICE:
      notice(at, what->alert_id, what->vigil_id, news);
      return;
    case wire::STAGE:
      break;
    case wire::NOT_OF_VIGIL:
    case wire::ENDING:
    case wire::RENEWAL:
    case wire::VigilCopy_INT_MIN_SENTINEL_DO_NOT_USE_:
    case wire::VigilCopy_INT_MAX_SENTINEL_DO_NOT_USE_:
      return;
  }
  std::optional<AlertState> alert = alert_of(at, what->alert_id);
  if (!alert || !alert->record().has_alert()) return;
  const AlertState::Came came = alert->copy_again(what->vigil_id, at.delivery, at.now_s);
  if (came.again) alert->record().set_seen(false);
  account_.alerts.put(*alert);
  if (!came.again) return;
  News made = news_of(*alert, at.origin.name);
  made.rings = may_ring(account_, *at.origin.expected, at.now_s);
  made.first = false;
  made.round = at.delivery.round();
  made.stage = at.delivery.stage();
  news.push_back(std::move(made));
}

}  // namespace vigil::client

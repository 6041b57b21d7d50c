// What InboxReader does with check-ins and places of others. Nothing here touches what is one's own: no content of anybody
// starts, sharpens or lengthens a share, or moves the hour of a check-in.
#include "client/inbox.hpp"
#include "client/printable.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t period_most_s = 2 * check_in_period_max_s;
constexpr int roots_max = 8;
constexpr std::size_t names_characters_max = 400;
constexpr std::size_t id_bytes = 16;

Bytes bytes(View v) {
  return {v.begin(), v.end()};
}

}  // namespace

// ---- check-ins

void InboxReader::check_in(const At& at, const content::Content& content, bool one_shot, std::vector<News>& news) {
  const content::CheckIn& said = content.check_in();
  if (said.checkin_id().size() != id_bytes || said.every_s() > period_most_s || said.grace_s() > period_most_s) return;
  const View person = at.origin.contact->identity.view();
  const View id = view(said.checkin_id());
  const std::uint64_t begun_s = std::min(said.begun_s(), at.now_s);  // her clock may be ahead
  // Two kinds are sealed long before; which of them comes is the relay's doing, and the secret that was shown there.
  if (one_shot && said.kind() == content::CheckIn::GOES_ON && at.delivery.of_vigil() == wire::RENEWAL) {
    account_.watches.remember_sign(view(content.id()),
                                   {.checkin_id = bytes(id), .person = bytes(person), .forced = said.forced()}, at.now_s);
    if (!account_.watches.find(id, person)) {  // what told of its beginning is still on its way
      account_.watches.put({.checkin_id = bytes(id),
                            .person = bytes(person),
                            .every_s = said.every_s(),
                            .grace_s = said.grace_s(),
                            .begun_s = begun_s,
                            .roots = {at.root}});
    }
    sign_of_life(at, id, said.forced(), news);
    return;
  }
  std::optional<Watched> known = account_.watches.find(id, person);
  News made{.kind = News::Kind::check_in, .name = at.origin.name, .check_in = said};
  if (said.kind() == content::CheckIn::ENDED) {
    if (known && known->over_s != 0) return;
    // It may overtake what tells of the beginning, which must not begin it then.
    Watched ended = known.value_or(Watched{.checkin_id = bytes(id), .person = bytes(person), .begun_s = begun_s});
    if (said.forced()) {
      ended.forced = true;  // and it goes on: only its responders end it
    } else {
      ended.over_s = at.now_s;
    }
    account_.watches.put(ended);
    made.forced = said.forced();
    if (known || made.forced) news.push_back(std::move(made));
    return;
  }
  if (said.kind() != content::CheckIn::BEGUN || one_shot || (known && known->over_s != 0) ||
      (known && known->begun_s != 0 && !known->roots.empty() && known->counts_from_s >= said.counts_from_s()))
    return;
  Watched begun = known.value_or(Watched{.checkin_id = bytes(id), .person = bytes(person)});
  begun.every_s = said.every_s();
  begun.grace_s = said.grace_s();
  begun.begun_s = begun_s;
  begun.last_s = std::max(begun.last_s, begun_s);
  begun.counts_from_s = std::max(begun.counts_from_s, said.counts_from_s());
  begun.roots.clear();
  for (const std::string& root : said.roots()) {
    if (const auto key = PublicKey::from(view(root)); key && begun.roots.size() < roots_max) begun.roots.push_back(*key);
  }
  account_.watches.put(begun);
  owe_receipt(at, view(content.id()), content::Receipt::ARRIVED, at.now_s);
  made.check_in.set_counts_from_s(begun.counts_from_s);
  news.push_back(std::move(made));
}

// A renewal was shown to the relay; when, is the relay's word, and so is the hour it counts from.
void InboxReader::sign_of_life(const At& at, View checkin_id, bool forced, std::vector<News>& news) {
  std::optional<Watched> known = account_.watches.find(checkin_id, at.origin.contact->identity.view());
  if (!known || known->over_s != 0) return;
  const std::uint64_t at_s = at.delivery.released_s() == 0 ? at.now_s : std::min(at.delivery.released_s(), at.now_s);
  known->last_s = std::max(known->last_s, at_s);
  known->counts_from_s = std::max(known->counts_from_s, at_s + known->every_s + known->grace_s);
  known->forced = known->forced || forced;
  account_.watches.put(*known);
  News made{.kind = News::Kind::check_in, .name = at.origin.name, .forced = forced};
  made.check_in.set_kind(content::CheckIn::GOES_ON);
  made.check_in.set_counts_from_s(known->counts_from_s);
  news.push_back(std::move(made));
}

bool InboxReader::sign_again(const At& at, const CopyId& content_id, std::vector<News>& news) {
  if (at.delivery.of_vigil() != wire::RENEWAL || !at.origin.contact) return false;
  const auto sign = account_.watches.sign(content_id.view());
  if (!sign || View(sign->person).size() != at.origin.contact->identity.view().size() ||
      !equal_secret(sign->person, at.origin.contact->identity.view()))
    return false;
  sign_of_life(at, sign->checkin_id, sign->forced, news);
  return true;
}

// Any alert may bring places; that of a check-in says that its silence has been told.
void InboxReader::silence(const At& at, const content::Alert& alert) {
  if (!at.origin.contact) return;
  const View person = at.origin.contact->identity.view();
  account_.places.add(person, view(alert.alert_id()), true, fixes_of(alert.track()), at.now_s);
  if (!alert.has_check_in()) return;
  std::optional<Watched> known = account_.watches.find(view(alert.alert_id()), person);
  if (!known || known->fired) return;
  known->fired = true;
  account_.watches.put(*known);
}

// ---- places

void InboxReader::sharing(const At& at, const content::Sharing& said, std::vector<News>& news) {
  if (said.share_id().size() != id_bytes) return;
  const View person = at.origin.contact->identity.view();
  std::optional<Shared> known = account_.places.find(view(said.share_id()), person);
  if (said.until_s() == 0 && (!known || known->over_s != 0)) return;
  Shared shared = known.value_or(Shared{.share_id = bytes(view(said.share_id())), .person = bytes(person)});
  if (said.until_s() == 0) {
    shared.over_s = at.now_s;
  } else {
    shared.until_s = std::min(said.until_s(), at.now_s + share_most_s);
    shared.exact = said.exact();
    std::string names;
    for (const std::string& name : said.seen_by()) names += (names.empty() ? "" : ", ") + printable(name, 40);
    shared.seen_by = printable(names, names_characters_max);
  }
  account_.places.put(shared);
  News made{.kind = News::Kind::sharing, .name = at.origin.name, .text = shared.seen_by, .sharing = said};
  made.sharing.set_until_s(said.until_s() == 0 ? 0 : shared.until_s);
  news.push_back(std::move(made));
}

void InboxReader::ping(const At& at, const content::Ping& said, std::vector<News>& news) {
  const View person = at.origin.contact->identity.view();
  const View about = view(said.share_id());
  const std::optional<Shared> shared = about.size() == id_bytes ? account_.places.find(about, person) : std::nullopt;
  const std::optional<AlertState> alert = account_.alerts.find(about);
  const bool of_alert = alert && alert->record().person() == vigil::text(person) && !alert->over();
  if (!of_alert && (!shared || shared->over_s != 0)) return;
  const std::vector<Fix> fixes = fixes_of(said.track());
  if (!account_.places.add(person, about, said.exact(), fixes, at.now_s)) return;
  News made{.kind = News::Kind::place, .name = at.origin.name, .fix = said.track().newest(), .exact = said.exact()};
  if (of_alert) made.alert_id = bytes(about);
  news.push_back(std::move(made));
}

}  // namespace vigil::client

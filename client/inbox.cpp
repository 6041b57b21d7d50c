#include "client/inbox.hpp"

#include "client/consent.hpp"
#include "client/mail.hpp"
#include "client/plans.hpp"
#include "client/printable.hpp"
#include "client/tell.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/words.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t receipt_delay_s = 60;  // of normal contents, at most: so that arrival times tell little

Bytes bytes(View v) {
  return {v.begin(), v.end()};
}
std::string str(View v) {
  return std::string(vigil::text(v));
}

}  // namespace

std::optional<InboxReader::Origin> InboxReader::origin_of(const Given& given, std::uint64_t now_s) {
  const AddressHash address = address_hash(given.address);
  Origin origin;
  switch (given.to) {
    case Given::To::self:
      origin.own = true;
      origin.expected = account_.identity.key();
      origin.name = words().you();
      return origin;
    case Given::To::introduction: {
      const auto secret = Secret::from(given.card_secret.view());
      if (!secret || given.until_s < now_s) return std::nullopt;
      origin.introduction = true;
      origin.card_secret = *secret;
      origin.meeting = account_.meetings.through(address);
      origin.name = words().somebody();
      return origin;
    }
    case Given::To::withdrawn:
      return std::nullopt;
    case Given::To::contact:
      break;
    case Given::To::others:  // others_at() has all of them
      return std::nullopt;
  }
  origin.meeting = account_.meetings.through(address);
  if (given.contact) origin.contact = account_.contacts.find(*given.contact);
  if (origin.contact) {
    origin.expected = origin.contact->identity;
    origin.name = printable(origin.contact->name);
    return origin;
  }
  if (!origin.meeting) return std::nullopt;
  origin.expected = origin.meeting->identity;
  origin.name = origin.meeting->name.empty() ? words().somebody() : origin.meeting->name;
  return origin;
}

std::vector<InboxReader::Origin> InboxReader::others_at(const Given& given) {
  std::vector<Origin> origins;
  const auto about = given.contact ? account_.contacts.find(*given.contact) : std::nullopt;
  if (!about) return origins;
  for (const Contact& other : others_of_person(account_, about->identity)) {
    Origin& origin = origins.emplace_back();
    origin.contact = other;
    origin.expected = other.identity;
    origin.name = printable(other.name);
    origin.about = about;
  }
  return origins;
}

std::vector<News> InboxReader::read(const PublicKey& root, const wire::Delivery& delivery, std::uint64_t now_s) {
  std::vector<News> news = read_one(root, delivery, now_s);
  if (const auto person = std::exchange(opened_plan_of_, std::nullopt)) {
    for (News& one : read_waiting(*person, now_s)) news.push_back(std::move(one));
  }
  for (News& one : news) {
    const auto alert = one.alert_id.empty() ? std::nullopt : account_.alerts.find(one.alert_id);
    one.drill = alert && alert->record().alert().drill();
  }
  return news;
}

std::vector<News> InboxReader::read_waiting(ContactId person, std::uint64_t now_s) {
  std::vector<News> news;
  Container::Transaction step(account_.container);  // out of the waiting ones and read, or neither
  for (const PlanRecords::Waiting& waiting : account_.plans.take_waiting(person)) {
    for (News& one : read_one(waiting.root, waiting.delivery, now_s)) news.push_back(std::move(one));
  }
  step.commit();
  return news;
}

std::vector<News> InboxReader::read_one(const PublicKey& root, const wire::Delivery& delivery, std::uint64_t now_s) {
  std::vector<News> news;
  const View copy = view(delivery.copy_id());
  if (account_.remembered.knows(copy)) return news;
  const auto address = AddressHash::from(view(delivery.address_hash()));
  const std::optional<Given> given = address ? account_.addresses.find(*address) : std::nullopt;
  if (given && given->to == Given::To::others) {
    for (const Origin& origin : others_at(*given)) {
      if (open_as({.root = root, .delivery = delivery, .origin = origin, .now_s = now_s}, *address, news)) return news;
    }
    not_named_yet(root, *given, delivery, now_s, news);
    return news;
  }
  const std::optional<Origin> origin = given ? origin_of(*given, now_s) : std::nullopt;
  if (!origin) {  // withdrawn, or a card that is over: nobody to name
    account_.remembered.remember(copy, now_s);
    return news;
  }
  open_as({.root = root, .delivery = delivery, .origin = *origin, .now_s = now_s}, *address, news);
  return news;
}

// By somebody whom no open plan names: when the alert comes here too, its plan will.
void InboxReader::not_named_yet(const PublicKey& root, const Given& given, const wire::Delivery& delivery, std::uint64_t now_s,
                                std::vector<News>& news) {
  Container::Transaction step(account_.container);
  if (!given.contact || !account_.plans.wait(*given.contact, root, delivery, now_s)) {
    account_.remembered.remember(view(delivery.copy_id()), now_s);
    news.push_back({.kind = News::Kind::cannot_open, .name = words().somebody()});
  }
  step.commit();
}

bool InboxReader::open_as(const At& at, const AddressHash& address, std::vector<News>& news) {
  const Origin& origin = at.origin;
  const View copy = view(at.delivery.copy_id());
  const auto opened =
      account_.sessions.open(view(at.delivery.envelope()), address, origin.expected, at.now_s, [&](const e2ee::Opened& o) {
        account_.remembered.remember(copy, at.now_s);
        keep(at, o, news);
        return true;
      });
  if (opened) {
    if (again_) write_again(*origin.contact, *std::exchange(again_, std::nullopt), at.now_s);
    return true;
  }
  again_.reset();
  opened_plan_of_.reset();
  news.clear();
  if (origin.about && opened.error().fault == e2ee::Fault::wrong_sender) return false;
  Container::Transaction step(account_.container);
  account_.remembered.remember(copy, at.now_s);
  if (opened.error().fault == e2ee::Fault::replay && opened.error().content_id) {
    again(at, *opened.error().content_id, news);
  } else if (opened.error().fault != e2ee::Fault::replay) {
    cannot_open(at, news);
  }
  step.commit();
  if (!news.empty() && news.back().kind == News::Kind::cannot_open && origin.contact)
    say_trouble(*origin.contact, copy, at.now_s);
  return true;
}

// Anew, in fresh sessions, under the same content id: it is shown there once whatever happens. Not kept a second time, so a
// contact whose device opens nothing at all cannot make this one write for ever.
void InboxReader::write_again(const Contact& contact, const SentContent& sent, std::uint64_t now_s) {
  account_.sessions.forget(contact.identity);
  (void)write_to(account_, contact, sent.content, wire::NORMAL, {}, false, now_s);
  account_.underway.goes_again(sent.content_id, contact.id);
}

// Once an hour and contact: a relay that invents copies must not make this device write one for each.
void InboxReader::say_trouble(const Contact& contact, View copy, std::uint64_t now_s) {
  const Hash key = hash(labels::trouble_said, {contact.identity.view(), be64(now_s / 3600)});
  if (!account_.remembered.remember(key.view(), now_s)) return;
  content::Content content = new_content(now_s);
  content.mutable_trouble()->set_copy_id(str(copy));
  (void)write_to(account_, contact, content, wire::NORMAL, {}, false, now_s);
}

namespace {

// Released by a vigil. Only that she has pressed again comes straight from her, to those who have been woken already.
bool comes_as_alert(const wire::Delivery& delivery, const content::Alert& alert) {
  return delivery.of_vigil() == wire::STAGE || (delivery.of_vigil() == wire::NOT_OF_VIGIL && alert.pressed_again() != 0);
}

}  // namespace

void InboxReader::keep(const At& at, const e2ee::Opened& opened, std::vector<News>& news) {
  const content::Content& content = opened.content;
  // Vigil contents may come by several relays and rounds; all others are the same wherever they come from: once.
  const auto once = [&] {
    const Hash key = hash(labels::content_seen, {opened.sender.view(), view(content.id())});
    return account_.remembered.remember(key.view(), at.now_s);
  };
  switch (content.kind_case()) {
    case content::Content::kAlert:
      if (opened.one_shot && comes_as_alert(at.delivery, content.alert()) && !at.origin.introduction && !at.origin.own &&
          !at.origin.about)
        alert(at, content, news);
      break;
    case content::Content::kNotice:
      if (opened.one_shot && !at.origin.introduction && !at.origin.about) notice_opened(at, content, news);
      break;
    case content::Content::kEnding:
      if (opened.one_shot && !at.origin.introduction && !at.origin.about) ending(at, content, news);
      break;
    case content::Content::kReceipt:
      if (once() && at.origin.contact) receipt(at, content.receipt(), news);
      break;
    case content::Content::kAllClear:
      if (once() && at.origin.contact) all_clear(at, content, news);
      break;
    case content::Content::kText:
      if (at.origin.contact) text(at, content, news);
      break;
    case content::Content::kTrouble:
      if (once() && at.origin.contact) trouble(at, content.trouble(), news);
      break;
    case content::Content::kIntroduction:
      if (at.origin.introduction) introduction(at, opened.sender, content.introduction());
      break;
    case content::Content::kIntroduced:
      if ((at.origin.meeting || at.origin.contact) && !at.origin.about) introduced(at, content.introduced());
      break;
    case content::Content::kPing:
      if (once() && at.origin.contact) ping(at, content.ping(), news);
      break;
    case content::Content::kSharing:
      if (once() && at.origin.contact) sharing(at, content.sharing(), news);
      break;
    case content::Content::kCheckIn:
      if (at.origin.contact) check_in(at, content, opened.one_shot, news);
      break;
    case content::Content::kMark:
    case content::Content::kNote:
    case content::Content::kMute:
      // Between the others of one person; she herself has no part in it.
      if (at.origin.about && once()) news = take_told(account_, *at.origin.contact, *at.origin.about, content, at.now_s);
      break;
    case content::Content::kPlan:
    case content::Content::kMayIWake:
    case content::Content::kConsent:
    case content::Content::kDrillBooking:
      // Between a person and those who may be woken by her alert; nobody else's word counts.
      if (at.origin.contact && !at.origin.about && !at.origin.contact->through && once()) of_responders(at, content, news);
      break;
    case content::Content::KIND_NOT_SET:
      break;  // of a newer Vigil
  }
}

void InboxReader::plan_opened(const Contact& person, View alert_id, std::vector<News>& news) {
  opened_plan_of_ = person.id;
  if (const auto alert = account_.alerts.find(alert_id)) news.push_back(plan_news_of(*alert, printable(person.name)));
}

// ---- responders by consent

void InboxReader::of_responders(const At& at, const content::Content& content, std::vector<News>& news) {
  const Contact& from = *at.origin.contact;
  const auto add = [&](std::optional<News> made) {
    if (made) news.push_back(std::move(*made));
  };
  if (content.has_may_i_wake()) add(take_may_i_wake(account_, from, content, at.now_s));
  if (content.has_consent()) add(take_consent(account_, from, content));
  if (content.has_plan()) {
    news.push_back({.kind = News::Kind::plan_kept, .name = at.origin.name});
    for (const Bytes& alert_id : take_sealed_plan(account_, from, content.plan(), at.now_s)) plan_opened(from, alert_id, news);
  }
  if (content.has_drill_booking()) {
    News booking{.kind = News::Kind::booking, .name = at.origin.name};
    booking.at_s = content.drill_booking().at_s();
    booking.cancelled = content.drill_booking().cancelled();
    news.push_back(std::move(booking));
  }
  owe_receipt(at, view(content.id()), content::Receipt::ARRIVED, at.now_s + random_below(receipt_delay_s + 1));
}

// ---- between contacts

void InboxReader::receipt(const At& at, const content::Receipt& receipt, std::vector<News>& news) {
  if (receipt.kind() != content::Receipt::ARRIVED && receipt.kind() != content::Receipt::SEEN) return;
  const bool seen = receipt.kind() == content::Receipt::SEEN;
  adopt_running(account_, at.now_s);
  for (const std::string& id : receipt.content_ids()) {
    if (std::optional<AlertState> alert = account_.alerts.find(view(id)); alert && alert->record().hers()) {
      if (alert->receipt(at.origin.contact->identity.view(), seen, at.now_s) != Fact::news) continue;
      account_.alerts.put(*alert);
      news.push_back({.kind = News::Kind::receipt, .name = at.origin.name, .alert_id = bytes(view(id)), .seen = seen});
      continue;
    }
    const auto content_id = ContentId::from(view(id));
    if (!content_id) continue;
    account_.plans.arrived(*content_id, at.origin.contact->id, at.now_s);
    const bool underway = account_.underway.forget(*content_id, at.origin.contact->id);
    const auto sent = account_.sent.find(*content_id, at.origin.contact->id);
    // A message whose text is gone: that it arrived is still news.
    const auto news_of_it = [&] {
      news.push_back({.kind = News::Kind::receipt, .name = at.origin.name, .content_id = bytes(view(id)), .seen = seen});
    };
    if (!sent && underway) news_of_it();
    if (!sent) continue;
    if (seen ? sent->seen_s != 0 : sent->arrived_s != 0) continue;
    if (seen) account_.sent.seen(*content_id, at.origin.contact->id, at.now_s);
    if (!seen) account_.sent.arrived(*content_id, at.origin.contact->id, at.now_s);
    if (is_message(sent->content)) news_of_it();
  }
}

void InboxReader::all_clear(const At& at, const content::Content& content, std::vector<News>& news) {
  const content::AllClear& all_clear = content.all_clear();
  std::optional<AlertState> alert = account_.alerts.find(view(all_clear.alert_id()));
  const View writer = at.origin.contact->identity.view();
  if (!alert || alert->says_all_clear(writer, all_clear.note(), content.written_s(), at.now_s) != Fact::news) return;
  account_.alerts.put(*alert);
  news.push_back({.kind = News::Kind::all_clear,
                  .name = at.origin.name,
                  .alert_id = bytes(view(all_clear.alert_id())),
                  .text = valid_utf8(all_clear.note())});
}

void InboxReader::text(const At& at, const content::Content& content, std::vector<News>& news) {
  const auto content_id = ContentId::from(view(content.id()));
  const Received received{.content_id = *content_id, .from = at.origin.contact->id, .received_s = at.now_s, .content = content};
  // The same content by another relay, or written again because its receipt was lost: only the receipt is owed again.
  const bool fresh = account_.inbox.add(received);
  owe_receipt(at, content_id->view(), content::Receipt::ARRIVED, at.now_s + random_below(receipt_delay_s + 1));
  if (!fresh) return;
  news.push_back({.kind = News::Kind::text,
                  .name = at.origin.name,
                  .content_id = bytes(content_id->view()),
                  .text = content.text().text(),
                  .written_s = content.written_s()});
}

void InboxReader::trouble(const At& at, const content::Trouble& trouble, std::vector<News>& news) {
  const auto copy = CopyId::from(view(trouble.copy_id()));
  if (!copy) return;
  const std::optional<SentContent> sent = account_.sent.by_copy(*copy);
  if (sent && sent->to == at.origin.contact->id) {
    again_ = *sent;
    news.push_back({.kind = News::Kind::written_again, .name = at.origin.name, .content_id = bytes(sent->content_id.view())});
    return;
  }
  news.push_back({.kind = News::Kind::press_again, .name = at.origin.name});
}

void InboxReader::owe_receipt(const At& at, View content_id, content::Receipt::Kind kind, std::uint64_t due_s) {
  if (!at.origin.contact) return;
  account_.receipts.add({.to = at.origin.contact->id, .kind = kind, .content_id = *ContentId::from(content_id), .due_s = due_s});
}

void InboxReader::cannot_open(const At& at, std::vector<News>& news) {
  if (at.origin.introduction || at.origin.own) return;  // a stranger's bytes, or a relay's own
  news.push_back({.kind = News::Kind::cannot_open, .name = at.origin.name});
}

// ---- meeting

void InboxReader::introduction(const At& at, const e2ee::IdentityKey& sender, const content::Introduction& said) {
  if (!at.origin.meeting || at.origin.meeting->identity != e2ee::IdentityKey{} || sender == account_.identity.key()) return;
  const Hash proof = e2ee::meeting_proof(at.origin.card_secret.view(), account_.identity.key(), sender);
  if (!equal_secret(proof.view(), view(said.secret_proof())) || !read_reach(said.reach())) return;
  Meeting meeting = *at.origin.meeting;
  meeting.identity = sender;
  meeting.name = clean_name(said.name());
  content::Introduced kept;
  *kept.mutable_reach() = said.reach();
  meeting.reach = bytes(view(kept.SerializeAsString()));
  account_.meetings.put(meeting);
}

void InboxReader::introduced(const At& at, const content::Introduced& said) {
  std::optional<Meeting> meeting = at.origin.meeting ? at.origin.meeting : account_.meetings.with(at.origin.contact->identity);
  if (!meeting) return;
  if (!said.reach().empty() && read_reach(said.reach())) meeting->reach = bytes(view(said.SerializeAsString()));
  if (const std::string name = clean_name(said.name()); !name.empty()) meeting->name = name;
  meeting->she_confirmed = meeting->she_confirmed || said.confirmed();
  account_.meetings.put(*meeting);
  // The one who showed the card has said yes before; now both have, and the contact is checked.
  if (meeting->she_confirmed && meeting->i_confirmed && at.origin.contact)
    account_.contacts.set_checked(at.origin.contact->id, true);
}

// ---- own alerts

namespace {

bool of_check_in(const kept::RunningAlert& alert) {
  return !alert.vigils().empty() && !alert.vigils(0).renew_boxes().empty();
}

// What the send-only slot knows of an own alert; true when that was news.
bool adopt(AlertState& known, const kept::RunningAlert& alert, std::uint64_t now_s) {
  if (!known.record().hers()) return false;
  bool news = false;
  for (const kept::RunningVigil& vigil : alert.vigils()) {
    google::protobuf::RepeatedPtrField<content::Responder> responders;
    for (int i = 0; i < std::min(vigil.heads_size(), vigil.close_hashes_size()); ++i) {
      content::Responder& responder = *responders.Add();
      responder.set_head(vigil.heads(i));
      responder.set_close_hash(vigil.close_hashes(i));
    }
    if (known.prepared(view(vigil.vigil_id()), view(vigil.root()), responders, now_s) == Fact::news) news = true;
    if (vigil.on_relay_s() == 0) continue;
    if (known.on_relay(view(vigil.vigil_id()), vigil.on_relay_s(), alert.hold_s()) == Fact::news) news = true;
    if (vigil.released() && known.released(view(vigil.vigil_id()), now_s) == Fact::news) news = true;  // of a check-in
  }
  if (known.pressed_again(alert.pressed_again(), now_s) == Fact::news) news = true;
  return news;
}

}  // namespace

bool adopt_running(Account& account, std::uint64_t now_s) {
  Outcome<std::vector<kept::RunningAlert>> running = account.slot.running();
  if (!running) return false;
  // A check-in whose silence has been told is an alert like any other.
  const Outcome<std::optional<kept::RunningCheckIn>> check_in = account.slot.check_in();
  if (check_in && *check_in && view_of(**check_in).fired) running->push_back((*check_in)->alert());
  bool changed = false;
  for (const kept::RunningAlert& alert : *running) {
    // Mostly known: first without the write lock.
    std::optional<AlertState> known = account.alerts.find(view(alert.alert_id()));
    if (known && !adopt(*known, alert, now_s)) continue;
    Container::Transaction step(account.container);
    known = account.alerts.find(view(alert.alert_id()));
    if (!known) {
      known = AlertState::begin(view(alert.alert_id()), account.identity.key().view(), true, now_s);
      content::Alert pressed;
      pressed.set_pressed_s(alert.pressed_s());
      if (of_check_in(alert)) pressed.mutable_check_in()->set_checkin_id(alert.alert_id());
      pressed.set_hold_s(alert.hold_s());
      pressed.set_drill(alert.drill());
      known->pressed(pressed);
    }
    adopt(*known, alert, now_s);
    account.alerts.put(*known);
    step.commit();
    changed = true;
  }
  return changed;
}

}  // namespace vigil::client

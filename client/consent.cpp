#include "client/consent.hpp"

#include "client/tell.hpp"

#include <algorithm>

#include "client/card.hpp"
#include "client/clock.hpp"
#include "client/printable.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

WakeHours hours_of(const content::Consent& said) {
  return clean_hours(
      {.days = said.days(), .from_min = said.from_min(), .to_min = said.to_min(), .utc_offset_min = said.utc_offset_min()});
}

// She will not be woken again before she is asked and accepts anew.
void leave_tiers(Account& account, ContactId contact) {
  std::vector<TierPlace> places = account.tiers.all();
  std::erase_if(places, [&](const TierPlace& place) { return place.contact == contact; });
  account.tiers.set(places);
  account.contacts.set_responder(contact, false);
}

// False: this word changes nothing.
bool apply(Agreement& known, const content::Consent& said) {
  switch (said.kind()) {
    case content::Consent::ACCEPT: {
      if (!read_reach(said.for_others())) return false;
      content::Consent reach;
      *reach.mutable_for_others() = said.for_others();
      const std::string kept = reach.SerializeAsString();
      known.reach.assign(kept.begin(), kept.end());
      known.hours = hours_of(said);
      known.word = Word::accepted;
      known.off = false;
      return true;
    }
    case content::Consent::DECLINE:
      known.word = Word::declined;
      return true;
    case content::Consent::LEAVE:
      known.word = Word::left;
      return true;
    case content::Consent::OFF_DUTY:
    case content::Consent::ON_DUTY:
      if (!known.accepted()) return false;
      known.off = said.kind() == content::Consent::OFF_DUTY;
      known.off_until_s = known.off ? said.off_until_s() : 0;
      return true;
    case content::Consent::UNSET:
    case content::Consent_Kind_Consent_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case content::Consent_Kind_Consent_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return false;
}

}  // namespace

std::optional<News> take_may_i_wake(Account& account, const Contact& from, const content::Content& content, std::uint64_t now_s) {
  if (from.through) return std::nullopt;
  Agreement duty = account.duties.find(from.id).value_or(Agreement{.contact = from.id, .hours = {}, .reach = {}});
  if (!duty.accepted()) duty.word = Word::asked;  // what was accepted stays so until she herself says otherwise
  duty.asked_s = now_s;
  duty.lawyer = content.may_i_wake().lawyer();
  account.duties.put(duty);
  News news{.kind = News::Kind::asked, .name = printable(from.name)};
  news.lawyer = duty.lawyer;
  return news;
}

std::optional<News> take_consent(Account& account, const Contact& from, const content::Content& content) {
  std::optional<Agreement> known = account.consents.find(from.id);
  if (!known || content.written_s() < known->said_s || !apply(*known, content.consent())) return std::nullopt;
  known->said_s = content.written_s();
  account.consents.put(*known);
  if (!known->accepted()) leave_tiers(account, from.id);
  News news{.kind = News::Kind::consent, .name = printable(from.name)};
  news.consent = content.consent();
  return news;
}

bool may_ring(Account& account, const e2ee::IdentityKey& person, std::uint64_t now_s) {
  if (muted_until(account, person.view(), now_s) != 0) return false;
  const auto contact = account.contacts.find(person);
  const auto duty = contact ? account.duties.find(contact->id) : std::nullopt;
  if (!duty || !duty->on_duty(now_s)) return false;
  WakeHours hours = duty->hours;
  hours.utc_offset_min = utc_offset_min(now_s);  // where she is now
  return may_be_woken(hours, now_s);
}

std::vector<TierPlace> awake_places(Account& account, std::uint64_t now_s) {
  std::vector<TierPlace> places = account.tiers.all();
  std::erase_if(places, [&](const TierPlace& place) {
    const auto consent = account.consents.find(place.contact);
    return !consent || !consent->on_duty(now_s);
  });
  return places;
}

std::vector<std::uint32_t> empty_tiers(Account& account, std::uint64_t now_s) {
  const std::vector<TierPlace> awake = awake_places(account, now_s);
  std::vector<std::uint32_t> empty;
  for (const TierPlace& place : account.tiers.all()) {
    const bool some = std::any_of(awake.begin(), awake.end(), [&](const TierPlace& one) { return one.tier == place.tier; });
    if (!some && (empty.empty() || empty.back() != place.tier)) empty.push_back(place.tier);
  }
  return empty;
}

std::vector<Counted> counted_people(Account& account) {
  std::vector<Counted> people;
  for (const TierPlace& place : account.tiers.all()) {
    const auto contact = account.contacts.find(place.contact);
    const auto consent = account.consents.find(place.contact);
    if (contact && consent && consent->accepted()) people.push_back({.contact = *contact, .agreement = *consent, .place = place});
  }
  return people;
}

}  // namespace vigil::client

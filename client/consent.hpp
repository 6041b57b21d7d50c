// Nobody is woken without her own word. What comes of words about being woken (MayIWake, Consent), on both sides; whether an
// alert may ring here; which tiers are awake. Works on an open account; no network, no clock. One thread.
#pragma once

#include "client/account.hpp"
#include "client/news.hpp"

namespace vigil::client {

// Inside the step that opened them; nothing: no news (older than what is known, or never asked for).
std::optional<News> take_may_i_wake(Account& account, const Contact& from, const content::Content& content, std::uint64_t now_s);
std::optional<News> take_consent(Account& account, const Contact& from, const content::Content& content);

// An alert of this person rings here: accepted, on duty, and within the hours that were said. Else it is shown only.
bool may_ring(Account& account, const e2ee::IdentityKey& person, std::uint64_t now_s);

// The places of the tiers whose people would be woken now.
std::vector<TierPlace> awake_places(Account& account, std::uint64_t now_s);
// Tiers with people in them of whom none would be woken now.
std::vector<std::uint32_t> empty_tiers(Account& account, std::uint64_t now_s);

// Everybody who has accepted and is in a tier, off duty or not: whom the plan is for.
struct Counted {
  Contact contact;
  Agreement agreement;
  TierPlace place;
};
std::vector<Counted> counted_people(Account& account);

}  // namespace vigil::client

// Prepared alerts: all of an alert but its place and note, sealed ahead while the profile is open, so that the press needs
// neither PIN nor network nor the identity's secret key. Pure: no file, no network, no clock. Used by tiers/alert above and by
// send_slot.
//
// **Invariants:** a prepared alert holds no name in the clear (names lie in the sealed notices) and no identity secret; which of
// its two boxes holds the ending that stops is known to nobody without the PIN; secrets differ per relay.
#pragma once

#include <string>
#include <vector>

#include "client/kept.pb.h"
#include "client/profile.hpp"
#include "client/routes.hpp"
#include "crypto/e2ee/one_shot.hpp"
#include "proto/content.pb.h"

namespace vigil::client {

inline constexpr std::size_t prepared_stock = 4;
inline constexpr std::uint64_t prepared_life_s = 14 * 24 * 3600;

// Where one person is reached: a relay, the address she gave to us there, and her bundle.
struct PlannedReach {
  Routes routes;
  Address address;
  e2ee::PeerBundle bundle;
};
struct PlannedResponder {
  std::string name;                   // as the person in danger calls her; cut when all of them do not fit, at a character's edge
  std::uint32_t tier = 1;             // from 1
  std::uint32_t after_s = 0;          // after pressing; the same within a tier, rising with the tiers
  std::vector<PlannedReach> reaches;  // one or two relays: she gets a copy through each
};
// The activist's own mailbox on a relay: an address she gave herself, so that her own screen learns who answers.
struct OwnReach {
  Routes routes;
  Address address;
  e2ee::PeerBundle bundle;  // her own
};
struct Plan {
  std::vector<PlannedResponder> responders;  // at most limits::responders_max per relay
  std::vector<OwnReach> own;                 // a relay without one gets no own notice
  Bytes plan_id, plan_key;                   // of the sealed plan (content.SealedPlan); empty: there is none
};

// One prepared alert for every relay of the plan. Faults of e2ee when a bundle is unusable; too_large: too many responders or
// tiers.
std::expected<kept::PreparedAlert, e2ee::Fault> prepare_alert(const Plan& plan, const e2ee::Identity& own,
                                                              const std::array<PublicKey, 2>& box_keys, std::uint64_t now_s);

// A check-in: the same with two renewals, and with what each ending says to the responders before anything has gone out. It is
// due 'every_s' and 'grace_s' after the commit and after each renewal. Its alert id is the check-in's id.
struct CheckInTerms {
  std::uint32_t every_s = 0;
  std::uint32_t grace_s = 0;
  std::uint64_t begun_s = 0;
  std::uint32_t lasts_s = 0;  // when she means to end it; 0 = not said
  std::uint32_t period_s() const { return every_s + grace_s; }
};
std::expected<kept::PreparedAlert, e2ee::Fault> prepare_check_in(const Plan& plan, const e2ee::Identity& own,
                                                                 const std::array<PublicKey, 2>& box_keys,
                                                                 const CheckInTerms& terms, std::uint64_t now_s);

// What is known at the press only.
struct Press {
  std::uint64_t pressed_s = 0;
  std::uint32_t hold_s = 10;  // 0: at once
  content::Track track;       // may be empty
  std::string note;           // cut so that the copy fits
  bool drill = false;
  std::uint32_t pressed_again = 0;
  std::optional<content::CheckIn> check_in{};  // nobody pressed: pressed_s is then the last sign of life, and 'hold_s' the period
};
// One relay's vigil, ready for the outbox.
struct SealedVigil {
  Routes routes;
  VigilId id;
  std::vector<wire::Request> keep;  // the parts
};
struct SealedAlert {
  std::vector<SealedVigil> vigils;
  kept::RunningAlert running;  // what cancel, hurry and looking need afterwards
};
// Seals the stage copies. The prepared alert is used up: its one-shot chains have moved.
std::expected<SealedAlert, e2ee::Fault> seal_alert(kept::PreparedAlert&& prepared, const Press& press);

// The parts of a Keep, each below the frame's bound.
std::vector<wire::Request> keep_parts(const wire::Vigil& vigil);

}  // namespace vigil::client

#include "client/prepared.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "client/printable.hpp"
#include "client/sealing.hpp"
#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/vigil_id.hpp"
#include "crypto/e2ee/envelope.hpp"
#include "crypto/e2ee/responder_secrets.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

using namespace sealing;

// One of the plan's responders at one relay.
struct Seat {
  const PlannedResponder* responder;
  const PlannedReach* reach;
};
struct RelayPlan {
  const Routes* routes = nullptr;
  std::vector<Seat> seats;  // by tier; the place is the index
  const OwnReach* own = nullptr;
};

std::map<PublicKey, RelayPlan> by_relay(const Plan& plan) {
  std::map<PublicKey, RelayPlan> relays;
  for (const PlannedResponder& responder : plan.responders)
    for (const PlannedReach& reach : responder.reaches) {
      RelayPlan& relay = relays[reach.routes.root()];
      if (relay.routes == nullptr || relay.routes->serial() < reach.routes.serial()) relay.routes = &reach.routes;
      relay.seats.push_back({&responder, &reach});
    }
  for (const OwnReach& own : plan.own) {
    const auto found = relays.find(own.routes.root());
    if (found == relays.end()) continue;
    found->second.own = &own;
    if (found->second.routes->serial() < own.routes.serial()) found->second.routes = &own.routes;
  }
  for (auto& [root, relay] : relays)
    // By tier, then as the plan has them: its responders lie in one vector, so their place is their address.
    std::sort(relay.seats.begin(), relay.seats.end(), [](const Seat& a, const Seat& b) {
      return std::tuple(a.responder->after_s, a.responder->tier, a.responder) <
             std::tuple(b.responder->after_s, b.responder->tier, b.responder);
    });
  return relays;
}

// The secrets of one vigil at one relay: of no use at another.
struct VigilSecrets {
  explicit VigilSecrets(const PublicKey& root)
      : hurry(for_relay(random_id<Secret>(), root)),
        refresh(for_relay(random_id<Secret>(), root)),
        stop(for_relay(random_id<Secret>(), root)),
        go_on(for_relay(random_id<Secret>(), root)),
        renew(for_relay(random_id<Secret>(), root)),
        renew_forced(for_relay(random_id<Secret>(), root)) {}
  Secret hurry, refresh, stop, go_on, renew, renew_forced;
};

// The true one and its twin, in an order that is drawn.
void add_pair(google::protobuf::RepeatedPtrField<wire::Ending>& pair, const Secret& stop, const Secret& go_on) {
  const std::uint32_t stop_at = random_below(2);
  for (std::uint32_t place = 0; place < 2; ++place) {
    wire::Ending& ending = *pair.Add();
    ending.set_effect(place == stop_at ? wire::STOP : wire::GO_ON);
    ending.set_hash(as_string(vigil_secret_hash(place == stop_at ? stop : go_on).view()));
  }
}

void add_boxes(google::protobuf::RepeatedPtrField<std::string>& to, const std::array<PublicKey, 2>& box_keys, const Secret& stop,
               const Secret& go_on) {
  std::array<Bytes, 2> boxes{box_seal(box_keys[0].view(), stop.view()), box_seal(box_keys[1].view(), go_on.view())};
  if (random_below(2) == 1) std::swap(boxes[0], boxes[1]);
  for (const Bytes& box : boxes) *to.Add() = as_string(box);
}

// Everything the id hashes: which ending comes first is drawn, so that the place tells nothing.
wire::Vigil start_vigil(const VigilSecrets& secrets, const std::vector<e2ee::ResponderSecrets>& responders,
                        const CheckInTerms* check_in) {
  wire::Vigil vigil;
  vigil.set_nonce(as_string(random_bytes(32)));
  vigil.set_kind(check_in == nullptr ? wire::ALERT : wire::CHECK_IN);
  if (check_in != nullptr) {
    vigil.set_period_max_s(check_in->period_s());
    add_pair(*vigil.mutable_renewals(), secrets.renew, secrets.renew_forced);
  }
  vigil.set_hurry_hash(as_string(vigil_secret_hash(secrets.hurry).view()));
  vigil.set_refresh_hash(as_string(vigil_secret_hash(secrets.refresh).view()));
  add_pair(*vigil.mutable_endings(), secrets.stop, secrets.go_on);
  for (const auto& [answer, close] : responders) {
    wire::Answerer& answerer = *vigil.add_answers();
    answerer.set_head(as_string(answer_chain(answer, limits::answer_chain_steps).view()));
    answerer.set_close_hash(as_string(vigil_secret_hash(close).view()));
  }
  vigil.set_repeats(true);
  vigil.set_id(as_string(vigil_id(vigil).view()));
  return vigil;
}

// The names as they fit: shorter ones rather than none.
content::Content notice_content(const wire::Vigil& vigil, const std::string& alert_id, const RelayPlan& relay,
                                std::uint64_t now_s) {
  const std::size_t most = e2ee::content_bytes_max(limits::ending_envelope_bytes);
  for (std::size_t bytes = name_bytes_max;; --bytes) {
    content::Content content = new_content(now_s);
    content::Notice& notice = *content.mutable_notice();
    notice.set_alert_id(alert_id);
    notice.set_vigil_id(vigil.id());
    for (const Seat& seat : relay.seats) notice.add_names(cut(seat.responder->name, bytes));
    // Sender and recipient (35 bytes each with their tags) are filled in at sealing.
    if (bytes == 0 || content.ByteSizeLong() + 80 <= most) return content;
  }
}

content::Content ending_content(const wire::Vigil& vigil, const std::string& alert_id, bool forced, std::uint64_t now_s) {
  content::Content content = new_content(now_s);
  content.mutable_ending()->set_alert_id(alert_id);
  content.mutable_ending()->set_vigil_id(vigil.id());
  content.mutable_ending()->set_forced(forced);
  return content;
}

// Seals the small copies for one address: both endings (unless it is the own one: her screen must look the same whichever PIN was
// typed) and the notice.
Sealed<void> add_small_copies(wire::Vigil& vigil, const e2ee::Identity& own, const e2ee::PeerBundle& bundle,
                              const Address& address, std::uint32_t place, bool with_endings, const std::string& alert_id,
                              const RelayPlan& relay, std::uint64_t now_s) {
  Sealed<e2ee::OneShot> shot = e2ee::OneShot::prepare(own, bundle);
  if (!shot) return std::unexpected(shot.error());
  const AddressHash to = address_hash(address);
  if (with_endings) {
    for (wire::Ending& ending : *vigil.mutable_endings()) {
      const content::Content content = ending_content(vigil, alert_id, ending.effect() == wire::GO_ON, now_s);
      const Sealed<Bytes> envelope = shot->seal(to, limits::ending_envelope_bytes, content);
      if (!envelope) return std::unexpected(envelope.error());
      wire::VigilEnvelope& copy = *ending.add_copies();
      copy.set_address(place);
      copy.set_envelope(as_string(*envelope));
    }
  }
  const Sealed<Bytes> envelope = shot->seal(to, limits::ending_envelope_bytes, notice_content(vigil, alert_id, relay, now_s));
  if (!envelope) return std::unexpected(envelope.error());
  wire::VigilEnvelope& notice = *vigil.add_notices();
  notice.set_address(place);
  notice.set_envelope(as_string(*envelope));
  return {};
}

// What the two endings of a check-in say to its responders: nothing has gone out yet, so the relay has nothing to tell them.
struct Goodbyes {
  kept::Goodbye free, forced;
};

content::Content sign_content(const std::string& checkin_id, const CheckInTerms& terms, content::CheckIn::Kind kind, bool forced,
                              std::uint64_t now_s) {
  content::Content content = new_content(now_s);
  content::CheckIn& said = *content.mutable_check_in();
  said.set_checkin_id(checkin_id);
  said.set_kind(kind);
  said.set_every_s(terms.every_s);
  said.set_grace_s(terms.grace_s);
  said.set_begun_s(terms.begun_s);
  said.set_forced(forced);
  return content;
}

std::string goodbye_to(const Address& address, const Bytes& envelope) {
  wire::Request request;
  wire::Deliver& deliver = *request.mutable_deliver();
  deliver.set_id(as_string(random_bytes(16)));
  deliver.set_lane(wire::NORMAL);
  deliver.set_lifetime(wire::FOURTEEN_DAYS);
  deliver.set_envelope(as_string(envelope));
  deliver.set_addresses(as_string(address.view()));
  return request.SerializeAsString();
}

// One responder's copies of both renewals, and her part of both goodbyes.
Sealed<void> add_signs(wire::Vigil& vigil, Goodbyes& goodbyes, const e2ee::Identity& own, const Seat& seat, std::uint32_t place,
                       const CheckInTerms& terms, const std::string& checkin_id, std::uint64_t now_s) {
  Sealed<e2ee::OneShot> shot = e2ee::OneShot::prepare(own, seat.reach->bundle);
  if (!shot) return std::unexpected(shot.error());
  const AddressHash to = address_hash(seat.reach->address);
  for (wire::Ending& renewal : *vigil.mutable_renewals()) {
    const bool forced = renewal.effect() == wire::GO_ON;
    const Sealed<Bytes> envelope =
        shot->seal(to, limits::ending_envelope_bytes, sign_content(checkin_id, terms, content::CheckIn::GOES_ON, forced, now_s));
    if (!envelope) return std::unexpected(envelope.error());
    wire::VigilEnvelope& copy = *renewal.add_copies();
    copy.set_address(place);
    copy.set_envelope(as_string(*envelope));
  }
  for (const bool forced : {false, true}) {
    const Sealed<Bytes> envelope =
        shot->seal(to, limits::ending_envelope_bytes, sign_content(checkin_id, terms, content::CheckIn::ENDED, forced, now_s));
    if (!envelope) return std::unexpected(envelope.error());
    (forced ? goodbyes.forced : goodbyes.free).add_requests(goodbye_to(seat.reach->address, *envelope));
  }
  return {};
}

void seal_goodbyes(kept::PreparedVigil& prepared, const Goodbyes& goodbyes, const VigilSecrets& secrets) {
  const auto sealed = [](const kept::Goodbye& said, const Secret& secret) {
    const Bytes key = derive(secret.view(), {}, labels::goodbye, 32);
    return as_string(aead_seal(key, view(said.SerializeAsString()), {}));
  };
  std::array<std::string, 2> both{sealed(goodbyes.free, secrets.stop), sealed(goodbyes.forced, secrets.go_on)};
  if (random_below(2) == 1) std::swap(both[0], both[1]);
  for (std::string& one : both) prepared.add_goodbyes(std::move(one));
}

// Stages by their delays, with empty envelopes; false: too many.
bool add_stages(wire::Vigil& vigil, kept::PreparedVigil& prepared, const RelayPlan& relay) {
  std::uint32_t before_s = 0;
  for (std::size_t place = 0; place < relay.seats.size(); ++place) {
    const std::uint32_t after_s = relay.seats[place].responder->after_s;
    if (vigil.stages().empty() || after_s != before_s) {
      if (static_cast<std::size_t>(vigil.stages_size()) == limits::stages_max) return false;
      const std::uint32_t since_s = vigil.stages().empty() ? 0 : after_s - before_s;
      vigil.add_stages()->set_after_s(since_s);
      before_s = after_s;
    }
    wire::Stage& stage = *vigil.mutable_stages(vigil.stages_size() - 1);
    kept::PreparedCopy& copy = *prepared.mutable_copies(static_cast<int>(place));
    copy.set_stage(static_cast<std::uint32_t>(vigil.stages_size() - 1));
    copy.set_copy(static_cast<std::uint32_t>(stage.copies_size()));
    stage.add_copies()->set_address(static_cast<std::uint32_t>(place));
  }
  return true;
}

Sealed<kept::PreparedVigil> prepare_vigil(const PublicKey& root, const RelayPlan& relay, const e2ee::Identity& own,
                                          const std::array<PublicKey, 2>& box_keys, const std::string& alert_id,
                                          std::uint64_t now_s, const CheckInTerms* check_in) {
  if (relay.seats.empty() || relay.seats.size() > limits::responders_max) return std::unexpected(e2ee::Fault::too_large);
  const VigilSecrets secrets(root);
  std::vector<e2ee::ResponderSecrets> responders;
  for (std::size_t i = 0; i < relay.seats.size(); ++i)
    responders.push_back({.answer = for_relay(random_id<Secret>(), root), .close = for_relay(random_id<Secret>(), root)});

  kept::PreparedVigil prepared;
  prepared.set_routes(as_string(relay.routes->serialised()));
  prepared.set_root(as_string(root.view()));
  prepared.set_hurry(as_string(secrets.hurry.view()));
  prepared.set_refresh(as_string(secrets.refresh.view()));
  add_boxes(*prepared.mutable_boxes(), box_keys, secrets.stop, secrets.go_on);
  if (check_in != nullptr) add_boxes(*prepared.mutable_renew_boxes(), box_keys, secrets.renew, secrets.renew_forced);

  wire::Vigil vigil = start_vigil(secrets, responders, check_in);
  Goodbyes goodbyes;
  std::uint32_t place = 0;
  for (const Seat& seat : relay.seats) {
    *vigil.mutable_addresses() += text(seat.reach->address.view());
    const Sealed<void> small =
        add_small_copies(vigil, own, seat.reach->bundle, seat.reach->address, place, true, alert_id, relay, now_s);
    if (!small) return std::unexpected(small.error());
    if (check_in != nullptr) {
      const Sealed<void> signs = add_signs(vigil, goodbyes, own, seat, place, *check_in, alert_id, now_s);
      if (!signs) return std::unexpected(signs.error());
    }
    const Sealed<e2ee::OneShot> shot = e2ee::OneShot::prepare(own, seat.reach->bundle);
    if (!shot) return std::unexpected(shot.error());
    kept::PreparedCopy& copy = *prepared.add_copies();
    copy.set_one_shot(as_string(shot->serialised().view()));
    copy.set_tier(seat.responder->tier);
    copy.set_after_s(seat.responder->after_s);
    const auto hers = e2ee::seal_responder_secrets(seat.reach->bundle, view(vigil.id()), place, responders[place]);
    if (!hers) return std::unexpected(e2ee::Fault::malformed);
    copy.set_secrets(as_string(*hers));
    ++place;
  }
  if (relay.own != nullptr) {
    *vigil.mutable_addresses() += text(relay.own->address.view());
    const Sealed<void> small =
        add_small_copies(vigil, own, relay.own->bundle, relay.own->address, place, false, alert_id, relay, now_s);
    if (!small) return std::unexpected(small.error());
  }
  if (!add_stages(vigil, prepared, relay)) return std::unexpected(e2ee::Fault::too_large);
  if (check_in != nullptr) seal_goodbyes(prepared, goodbyes, secrets);
  prepared.set_vigil(vigil.SerializeAsString());
  return prepared;
}

std::expected<kept::PreparedAlert, e2ee::Fault> prepare(const Plan& plan, const e2ee::Identity& own,
                                                        const std::array<PublicKey, 2>& box_keys, std::uint64_t now_s,
                                                        const CheckInTerms* check_in) {
  kept::PreparedAlert alert;
  alert.set_alert_id(as_string(random_bytes(16)));
  alert.set_made_s(now_s);
  alert.set_sender(as_string(own.key().view()));
  alert.set_plan_id(as_string(plan.plan_id));
  alert.set_plan_key(as_string(plan.plan_key));
  for (const auto& [root, relay] : by_relay(plan)) {
    Sealed<kept::PreparedVigil> vigil = prepare_vigil(root, relay, own, box_keys, alert.alert_id(), now_s, check_in);
    if (!vigil) return std::unexpected(vigil.error());
    *alert.add_vigils() = std::move(*vigil);
  }
  if (alert.vigils().empty()) return std::unexpected(e2ee::Fault::malformed);
  return alert;
}

}  // namespace

std::expected<kept::PreparedAlert, e2ee::Fault> prepare_alert(const Plan& plan, const e2ee::Identity& own,
                                                              const std::array<PublicKey, 2>& box_keys, std::uint64_t now_s) {
  return prepare(plan, own, box_keys, now_s, nullptr);
}

std::expected<kept::PreparedAlert, e2ee::Fault> prepare_check_in(const Plan& plan, const e2ee::Identity& own,
                                                                 const std::array<PublicKey, 2>& box_keys,
                                                                 const CheckInTerms& terms, std::uint64_t now_s) {
  return prepare(plan, own, box_keys, now_s, &terms);
}

}  // namespace vigil::client

// The press: what is known only then goes into the prepared copies and seals them; a refresh does it once more. The parts of a
// Keep.
#include <algorithm>

#include "client/prepared.hpp"
#include "client/refresh.hpp"
#include "client/sealing.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/e2ee/envelope.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

using namespace sealing;

constexpr std::size_t part_bytes_max = limits::frame_bytes_max - 1024;

// Of the plan that lies sealed with the responders.
struct PlanKey {
  std::string id, key;
};

content::Alert alert_of(const kept::PreparedVigil& prepared, const wire::Vigil& vigil, const std::string& alert_id,
                        const PlanKey& plan, const Press& press) {
  content::Alert alert;
  alert.set_vigil_id(vigil.id());
  alert.set_alert_id(alert_id);
  alert.set_pressed_s(press.pressed_s);
  alert.set_hold_s(press.hold_s);
  if (press.track.has_newest()) *alert.mutable_track() = press.track;
  alert.set_drill(press.drill);
  alert.set_pressed_again(press.pressed_again);
  if (!press.drill) {  // an exercise opens nothing
    alert.set_plan_id(plan.id);
    alert.set_plan_key(plan.key);
  }
  if (press.check_in) {
    *alert.mutable_check_in() = *press.check_in;
    alert.clear_hold_s();
  }
  for (int i = 0; i < prepared.copies_size(); ++i) {
    content::Responder& responder = *alert.add_responders();
    responder.set_head(vigil.answers(i).head());
    responder.set_close_hash(vigil.answers(i).close_hash());
    responder.set_tier(prepared.copies(i).tier());
    responder.set_after_s(prepared.copies(i).after_s());
  }
  return alert;
}

// All copies of an alert have one size, which tells no more than their number, and that is seen anyway.
std::size_t stage_envelope_bytes(const kept::PreparedVigil& prepared) {
  return static_cast<std::size_t>(prepared.copies_size()) <= limits::small_alert_responders_max
             ? limits::small_alert_envelope_bytes
             : limits::alert_envelope_bytes;
}

// The note as it fits: a shorter one rather than none.
void add_note(content::Content& content, const std::string& note, std::size_t envelope_bytes) {
  const std::size_t most = e2ee::content_bytes_max(envelope_bytes);
  const std::size_t used = content.ByteSizeLong() + 90;  // sender, recipient and the note's own head
  if (used < most) content.mutable_alert()->set_note(cut(note, most - used));
}

kept::RunningVigil running_of(const kept::PreparedVigil& prepared, const wire::Vigil& vigil) {
  kept::RunningVigil running;
  running.set_routes(prepared.routes());
  running.set_root(prepared.root());
  running.set_vigil_id(vigil.id());
  running.set_hurry(prepared.hurry());
  running.set_refresh(prepared.refresh());
  *running.mutable_boxes() = prepared.boxes();
  // The own address, if there is one: nobody else can withdraw it, so an ending that overtakes its keep always finds a place.
  if (vigil.addresses().size() >= Address::length)
    running.set_address(vigil.addresses().substr(vigil.addresses().size() - Address::length));
  *running.mutable_renew_boxes() = prepared.renew_boxes();
  *running.mutable_goodbyes() = prepared.goodbyes();
  for (const wire::Answerer& answerer : vigil.answers()) {
    running.add_heads(answerer.head());
    running.add_close_hashes(answerer.close_hash());
  }
  return running;
}

// Fills the stages of one vigil and moves the chains. malformed: the slot's record is damaged.
Sealed<void> seal_stages(wire::Vigil& vigil, kept::PreparedVigil& prepared, const std::string& alert_id, const PlanKey& plan,
                         const Press& press) {
  const content::Alert common = alert_of(prepared, vigil, alert_id, plan, press);
  const std::size_t bytes = stage_envelope_bytes(prepared);
  for (int i = 0; i < prepared.copies_size(); ++i) {
    kept::PreparedCopy& copy = *prepared.mutable_copies(i);
    std::optional<e2ee::OneShot> shot = e2ee::OneShot::load(view(copy.one_shot()));
    const std::optional<Address> address =
        Address::from(view(vigil.addresses()).subspan(static_cast<std::size_t>(i) * Address::length, Address::length));
    const int stage = static_cast<int>(copy.stage());
    const int place = static_cast<int>(copy.copy());
    if (!shot || !address || copy.secrets().empty() || stage < 0 || stage >= vigil.stages_size() || place < 0 ||
        place >= vigil.stages(stage).copies_size())
      return std::unexpected(e2ee::Fault::malformed);
    content::Content content = new_content(press.pressed_s);
    content::Alert& alert = *content.mutable_alert();
    alert = common;
    alert.set_tier(copy.tier());
    alert.set_your_index(static_cast<std::uint32_t>(i));
    alert.set_your_secrets(copy.secrets());
    add_note(content, press.note, bytes);
    const Sealed<Bytes> envelope = shot->seal(address_hash(*address), bytes, content);
    if (!envelope) return std::unexpected(envelope.error());
    copy.set_one_shot(as_string(shot->serialised().view()));
    vigil.mutable_stages(stage)->mutable_copies(place)->set_envelope(as_string(*envelope));
  }
  return {};
}

std::uint32_t first_after_s(const kept::PreparedVigil& prepared) {
  std::uint32_t first = prepared.copies_size() == 0 ? 0 : prepared.copies(0).after_s();
  for (const kept::PreparedCopy& copy : prepared.copies()) first = std::min(first, copy.after_s());
  return first;
}

}  // namespace

std::expected<SealedAlert, e2ee::Fault> seal_alert(kept::PreparedAlert&& prepared, const Press& press) {
  kept::PreparedAlert used = std::move(prepared);
  SealedAlert out;
  out.running.set_alert_id(used.alert_id());
  out.running.set_pressed_s(press.pressed_s);
  out.running.set_hold_s(press.hold_s);
  out.running.set_drill(press.drill);
  for (kept::PreparedVigil& one : *used.mutable_vigils()) {
    wire::Vigil vigil;
    const Outcome<Routes> routes = Routes::read(view(one.routes()));
    const std::optional<VigilId> id = vigil.ParseFromString(one.vigil()) ? VigilId::from(view(vigil.id())) : std::nullopt;
    const std::size_t copies = static_cast<std::size_t>(one.copies_size());
    if (!routes || !id || static_cast<std::size_t>(vigil.answers_size()) != copies ||
        vigil.addresses().size() < copies * Address::length)
      return std::unexpected(e2ee::Fault::malformed);
    vigil.set_due_in_s(press.hold_s + first_after_s(one));
    const Sealed<void> sealed = seal_stages(vigil, one, used.alert_id(), {used.plan_id(), used.plan_key()}, press);
    if (!sealed) return std::unexpected(sealed.error());
    *out.running.add_vigils() = running_of(one, vigil);
    out.vigils.push_back({*routes, *id, keep_parts(vigil)});
  }
  return out;
}

std::expected<std::vector<wire::StageEnvelope>, e2ee::Fault> seal_fresh_copies(kept::PreparedAlert& alert, int which,
                                                                               const Press& press) {
  kept::PreparedVigil& prepared = *alert.mutable_vigils(which);
  wire::Vigil vigil;
  if (!vigil.ParseFromString(prepared.vigil()) || vigil.answers_size() != prepared.copies_size() ||
      vigil.addresses().size() < static_cast<std::size_t>(prepared.copies_size()) * Address::length)
    return std::unexpected(e2ee::Fault::malformed);
  const Sealed<void> sealed = seal_stages(vigil, prepared, alert.alert_id(), {alert.plan_id(), alert.plan_key()}, press);
  if (!sealed) return std::unexpected(sealed.error());
  std::vector<wire::StageEnvelope> fresh;
  for (int stage = 0; stage < vigil.stages_size(); ++stage)
    for (int copy = 0; copy < vigil.stages(stage).copies_size(); ++copy) {
      wire::StageEnvelope& one = fresh.emplace_back();
      one.set_stage(static_cast<std::uint32_t>(stage));
      one.set_copy(static_cast<std::uint32_t>(copy));
      one.set_envelope(vigil.stages(stage).copies(copy).envelope());
    }
  return fresh;
}

std::expected<void, e2ee::Fault> seal_pressed_again(kept::PreparedAlert& spare, const Press& press, kept::RunningAlert& running) {
  Press again = press;
  again.pressed_again = 1;
  for (int i = 0; i < std::min(spare.vigils_size(), running.vigils_size()); ++i) {
    wire::Vigil vigil;
    auto copies = seal_fresh_copies(spare, i, again);
    if (!copies) return std::unexpected(copies.error());
    if (!vigil.ParseFromString(spare.vigils(i).vigil())) return std::unexpected(e2ee::Fault::malformed);
    kept::RunningVigil& kept = *running.mutable_vigils(i);
    wire::Request request;
    wire::Refresh& refresh = *request.mutable_refresh();
    refresh.set_vigil_id(kept.vigil_id());
    refresh.set_secret(kept.refresh());
    refresh.set_seq(pressed_again_seq);
    std::string to;
    for (wire::StageEnvelope& copy : *copies) {
      const std::size_t address = vigil.stages(static_cast<int>(copy.stage())).copies(static_cast<int>(copy.copy())).address();
      if ((address + 1) * Address::length > vigil.addresses().size()) return std::unexpected(e2ee::Fault::malformed);
      to += vigil.addresses().substr(address * Address::length, Address::length);
      *refresh.add_copies() = std::move(copy);
    }
    kept.set_again(request.SerializeAsString());
    kept.set_again_to(to);
  }
  return {};
}

std::vector<wire::Request> keep_parts(const wire::Vigil& vigil) {
  const std::string whole = vigil.SerializeAsString();
  const std::size_t parts = std::max<std::size_t>(1, (whole.size() + part_bytes_max - 1) / part_bytes_max);
  std::vector<wire::Request> requests(parts);
  for (std::size_t part = 0; part < parts; ++part) {
    wire::Keep& keep = *requests[part].mutable_keep();
    keep.set_vigil_id(vigil.id());
    keep.set_part(static_cast<std::uint32_t>(part));
    keep.set_parts(static_cast<std::uint32_t>(parts));
    keep.set_piece(whole.substr(part * part_bytes_max, part_bytes_max));
  }
  return requests;
}

}  // namespace vigil::client

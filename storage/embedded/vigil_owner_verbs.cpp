// What the owner's secrets do to a vigil: refresh, renew, hurry, end. After an ending that goes on all of them are answered as
// after one that stops.
#include <algorithm>

#include "storage/embedded/vigil_rows.hpp"

namespace vigil::storage {

std::optional<Status> owner_refused(const Core& core, const VigilHead* head, const Tag& vigil, std::uint64_t now_ms) {
  if (!head) return core.vigils.ended.contains(vigil) ? wire::ENDED : wire::REFUSED;
  if (head->gone_on) return owner_ended(*head, now_ms);
  return std::nullopt;
}

namespace {

bool shown(const Hash& kept, const Request& request) {
  return equal_secret(kept.view(), request.proof.view());
}

Outcome with_state(const VigilHead& head, std::uint64_t now_ms) {
  Outcome outcome = answer(wire::DONE);
  outcome.detail = head.state(now_ms);
  return outcome;
}

// Which of two the secret belongs to.
std::optional<std::size_t> which(const std::vector<VigilHead::Ending>& two, const Request& request) {
  std::optional<std::size_t> out;
  for (std::size_t i = 0; i < two.size(); ++i) {
    if (shown(two[i].hash, request)) out = i;  // both are compared, whichever it is
  }
  return out;
}

}  // namespace

// ---- Refresh

void prepare(const Core& core, Request& request, Refresh& refresh) {
  request.vigil_tag = core.vigil_tag(refresh.vigil);
  request.proof = vigil_secret_hash(refresh.secret);
}

void gather(Core&, Request&, Refresh&, Missing&) {}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Refresh& refresh) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(request.vigil_tag);
  if (const auto refused = owner_refused(core, head, request.vigil_tag, batch.now_ms)) return answer(*refused);
  if (!shown(head->refresh_hash, request)) return answer(wire::REFUSED);
  if (refresh.seq <= head->refresh_seq) return answer(wire::DONE);
  for (const Refresh::One& one : refresh.copies) {
    if (one.stage >= head->stages.size() || one.copy >= head->stages[one.stage].parts.size() || !one.envelope)
      return answer(wire::INVALID);
  }
  if (core.disk.free_percent() < core.options.free_for_urgent_percent) return answer(wire::UNAVAILABLE, 60);
  for (const Refresh::One& one : refresh.copies) {
    VigilPart& part = head->stages[one.stage].parts[one.copy];
    if (part.seq == 0) continue;  // its address is silent
    batch.remove_once(row_key(forever, Kind::vigil_part, head->tag, 0, part.seq));
    part.seq = core.next_seq++;
    part.bytes = static_cast<std::uint32_t>(one.envelope->size());
    put_part(core, batch, head->tag, part.seq, one.envelope);
  }
  head->refresh_seq = refresh.seq;
  if (!refresh.copies.empty()) head->dies_ms = batch.now_ms + core.options.vigil_life_s * std::uint64_t{1000};
  core.vigils.reschedule(*head);
  save(batch, *head);
  return answer(wire::DONE);
}

// ---- Renew

void prepare(const Core& core, Request& request, Renew& renew) {
  request.vigil_tag = core.vigil_tag(renew.vigil);
  request.proof = vigil_secret_hash(renew.secret);
}

void gather(Core& core, Request& request, Renew& renew, Missing& missing) {
  const VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head || head->gone_on || renew.seq <= head->renew_seq) return;
  const auto renewal = which(head->renewals, request);
  if (!renewal || !gather_parties(request, *head, missing)) return;
  gather_parts(request, *head, {&head->renewals[*renewal].parts}, missing);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Renew& renew) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(request.vigil_tag);
  if (const auto refused = owner_refused(core, head, request.vigil_tag, batch.now_ms)) return answer(*refused);
  const auto renewal = which(head->renewals, request);
  if (!renewal) return answer(wire::REFUSED);
  if (renew.seq <= head->renew_seq) return with_state(*head, batch.now_ms);
  head->renew_seq = renew.seq;
  const std::uint32_t number = ++head->told;
  for (const VigilPart& part : head->renewals[*renewal].parts)
    release(core, batch, request, *head, part, {.what = wire::RENEWAL, .stage = head->stage, .number = number});
  // Once its alarm is out, only an ending or its responders quiet it.
  if (!head->released) head->due_ms = batch.now_ms + std::min(renew.due_in_s, head->period_max_s) * std::uint64_t{1000};
  head->silence_counted = false;
  core.vigils.reschedule(*head);
  save(batch, *head);
  return with_state(*head, batch.now_ms);
}

// ---- Hurry

void prepare(const Core& core, Request& request, Hurry& hurry) {
  request.vigil_tag = core.vigil_tag(hurry.vigil);
  request.proof = vigil_secret_hash(hurry.secret);
}

void gather(Core&, Request&, Hurry&, Missing&) {}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Hurry&) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(request.vigil_tag);
  if (const auto refused = owner_refused(core, head, request.vigil_tag, batch.now_ms)) return answer(*refused);
  if (!shown(head->hurry_hash, request)) return answer(wire::REFUSED);
  if (head->released || head->due_ms == 0 || head->due_ms <= batch.now_ms) return answer(wire::DONE);
  head->due_ms = batch.now_ms;
  core.vigils.reschedule(*head);
  save(batch, *head);
  fire_soon(batch, *head);
  return answer(wire::DONE);
}

// ---- End

void prepare(const Core& core, Request& request, End& end) {
  request.vigil_tag = core.vigil_tag(end.vigil);
  request.proof = vigil_secret_hash(end.secret);
  request.targets.resize(1);
  request.targets[0].hash = end.charged_to;
  request.targets[0].tag = core.address_tag(end.charged_to);
}

void gather(Core& core, Request& request, End&, Missing& missing) {
  const VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head) {
    if (!core.vigils.ended.contains(request.vigil_tag)) missing.address(request.targets[0]);
    return;
  }
  const auto ending = which(head->endings, request);
  if (head->gone_on || !ending || !head->released) return;
  if (gather_parties(request, *head, missing)) gather_parts(request, *head, {&head->endings[*ending].parts}, missing);
}

namespace {

// The end has overtaken its keep: it is remembered for as long as the keep may still come.
Outcome leave_tombstone(Core& core, Batch& batch, const Request& request) {
  const Target& charged = request.targets[0];
  if (core.vigils.tombstones.contains(request.vigil_tag)) return answer(wire::DONE);
  if (!hears(core, charged)) return answer(wire::REFUSED);
  if (core.vigils.loads[charged.tag].tombstones >= limits::vigils_per_address_max) return answer(wire::FULL);
  const Bucket bucket = remembered_bucket(batch.now_s());
  core.vigils.tombstones[request.vigil_tag] = {request.proof, charged.tag, bucket};
  ++core.vigils.loads[charged.tag].tombstones;
  stored::Tombstone row;
  row.set_version(row_version);
  row.set_secret_hash(std::string(chars_of(request.proof.view())));
  row.set_address(std::string(chars_of(charged.tag)));
  batch.put_once(prefix_key(bucket, 0, Kind::tombstone, request.vigil_tag), row);
  core.buckets.live(bucket, 0);
  return answer(wire::DONE);
}

void release_ending(Core& core, Batch& batch, Request& request, VigilHead& head, std::size_t ending) {
  for (const VigilPart& part : head.endings[ending].parts)
    head.parties[part.party].ending_told = release(core, batch, request, head, part, {.what = wire::ENDING, .stage = head.stage});
}

}  // namespace

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, End&) {
  const std::lock_guard lock(core.vigils.mutex);
  VigilHead* head = core.vigils.find(request.vigil_tag);
  if (!head && !core.vigils.ended.contains(request.vigil_tag)) return leave_tombstone(core, batch, request);
  if (const auto refused = owner_refused(core, head, request.vigil_tag, batch.now_ms)) return answer(*refused);
  const auto ending = which(head->endings, request);
  if (!ending) return answer(wire::REFUSED);
  const bool stops = head->endings[*ending].effect == wire::STOP;
  if (head->released) {
    if (stops) remove_waiting(core, batch, request, *head, wire::STAGE);
    release_ending(core, batch, request, *head, *ending);
  }
  if (stops) {
    end_vigil(core, batch, *head);
    return answer(wire::DONE);
  }
  head->gone_on = true;
  head->gone_on_ending = static_cast<std::uint32_t>(*ending);
  head->gone_on_ms = batch.now_ms;
  save(batch, *head);
  return answer(wire::DONE);
}

}  // namespace vigil::storage

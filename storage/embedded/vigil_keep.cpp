// Keep: a vigil is checked against its addresses' room, its sealed copies become rows, and what is due at once is released in the
// same commit.
#include <algorithm>
#include <bit>

#include "storage/embedded/vigil_rows.hpp"

namespace vigil::storage {

void prepare(const Core& core, Request& request, Keep& keep) {
  request.vigil_tag = core.vigil_tag(keep.id);
  for (const AddressHash& address : keep.addresses) {
    const auto same = [&](const Target& target) { return target.hash == address; };
    const auto known = std::find_if(request.parties.begin(), request.parties.end(), same);
    request.table.push_back(static_cast<std::uint32_t>(known - request.parties.begin()));
    if (known != request.parties.end()) continue;
    Target& target = request.parties.emplace_back();
    target.hash = address;
    target.tag = core.address_tag(address);
  }
}

void gather(Core& core, Request& request, Keep&, Missing& missing) {
  if (core.vigils.find(request.vigil_tag) || core.vigils.ended.contains(request.vigil_tag)) return;
  for (Target& target : request.parties) missing.address(target);
}

namespace {

bool whole(const Keep& keep) {
  const auto inside = [&](const std::vector<VigilEnvelope>& copies) {
    return std::all_of(copies.begin(), copies.end(),
                       [&](const VigilEnvelope& copy) { return copy.address < keep.addresses.size() && copy.envelope; });
  };
  bool good = !keep.addresses.empty() && keep.addresses.size() <= limits::vigil_addresses_max && !keep.stages.empty() &&
              keep.stages.size() <= limits::stages_max && keep.answers.size() <= limits::responders_max && inside(keep.notices);
  good = good && (keep.endings.empty() || keep.endings.size() == 2) && (keep.renewals.empty() || keep.renewals.size() == 2);
  for (const Stage& stage : keep.stages) good = good && inside(stage.copies);
  for (const Ending& ending : keep.endings) good = good && inside(ending.copies);
  for (const Ending& renewal : keep.renewals) good = good && inside(renewal.copies);
  return good;
}

class Making {
 public:
  Making(Core& core, Batch& batch, Request& request, const Keep& keep)
      : core_(core), batch_(batch), request_(request), keep_(keep) {}

  // DONE, or why no stage would reach anybody.
  Status seat(VigilHead& head) {
    for (const Target& target : request_.parties) {
      VigilParty& party = head.parties.emplace_back();
      party.hash = target.hash;
      party.tag = target.tag;
    }
    for (const Stage& stage : keep_.stages) reserve(head, stage.copies, wire::STAGE);
    for (const Ending& ending : keep_.endings) reserve(head, ending.copies, wire::ENDING);
    for (const Ending& renewal : keep_.renewals) reserve(head, renewal.copies, wire::RENEWAL);
    reserve(head, keep_.notices, wire::NOTICE);
    bool heard = false, full = false;
    for (std::size_t i = 0; i < head.parties.size(); ++i) {
      VigilParty& party = head.parties[i];
      const bool good = hears(core_, request_.parties[i]);
      const bool room = good && room_for(party, *request_.parties[i].mailbox);
      const bool staged = (party.places & VigilParty::bit(wire::STAGE)) != 0;
      heard = heard || (room && staged);
      full = full || (good && !room && staged);
      party.refused = !room;  // it is silent; an alert does not fail because one contact has withdrawn
      if (party.refused) party.places = 0;
    }
    if (heard) return wire::DONE;
    return full ? wire::FULL : wire::REFUSED;
  }

  void store_copies(VigilHead& head) {
    for (const Stage& stage : keep_.stages) head.stages.push_back({stage.after_s, parts(head, stage.copies, true)});
    for (const Ending& ending : keep_.endings)
      head.endings.push_back({ending.hash, ending.effect, parts(head, ending.copies, false)});
    for (const Ending& renewal : keep_.renewals)
      head.renewals.push_back({renewal.hash, renewal.effect, parts(head, renewal.copies, false)});
    head.notices = parts(head, keep_.notices, false);
  }

 private:
  void reserve(VigilHead& head, const std::vector<VigilEnvelope>& copies, VigilCopy what) const {
    for (const VigilEnvelope& copy : copies) head.parties[request_.table[copy.address]].places |= VigilParty::bit(what);
  }

  bool room_for(const VigilParty& party, MailboxEntry& mailbox) const {
    const auto load = core_.vigils.loads.find(party.tag);
    const Vigils::Load taken = load == core_.vigils.loads.end() ? Vigils::Load{} : load->second;
    if (taken.vigils >= limits::vigils_per_address_max) return false;
    const std::lock_guard lock(mailbox.mutex);
    drop_expired(core_, mailbox, batch_.now_s());
    const auto room = mailbox.rooms.find(party.tag);
    const std::uint32_t waiting = room == mailbox.rooms.end() ? 0 : room->second.urgent;
    return waiting + taken.open_places + static_cast<std::uint32_t>(std::popcount(party.places)) <= limits::urgent_places_own;
  }

  // 'every': refreshes name copies of a stage by their place in it; elsewhere an address gets one.
  std::vector<VigilPart> parts(const VigilHead& head, const std::vector<VigilEnvelope>& copies, bool every) {
    std::vector<VigilPart> out;
    for (const VigilEnvelope& copy : copies) {
      VigilPart part{request_.table[copy.address], 0, static_cast<std::uint32_t>(copy.envelope->size())};
      const auto same = [&](const VigilPart& other) { return other.party == part.party; };
      if (!every && std::any_of(out.begin(), out.end(), same)) continue;
      if (!head.parties[part.party].refused) {
        part.seq = core_.next_seq++;
        put_part(core_, batch_, head.tag, part.seq, copy.envelope);
        request_.parts[part.seq] = copy.envelope;
      }
      out.push_back(part);
    }
    return out;
  }

  Core& core_;
  Batch& batch_;
  Request& request_;
  const Keep& keep_;
};

void drop_tombstone(Core& core, Batch& batch, const Tag& vigil) {
  const auto found = core.vigils.tombstones.find(vigil);
  if (found == core.vigils.tombstones.end()) return;
  batch.remove_once(prefix_key(found->second.bucket, 0, Kind::tombstone, vigil));
  const auto load = core.vigils.loads.find(found->second.address);
  if (load != core.vigils.loads.end() && --load->second.tombstones == 0 && load->second.vigils == 0)
    core.vigils.loads.erase(load);
  core.vigils.tombstones.erase(found);
}

// The ending that came before this keep, if it is one of its own.
const Ending* ended_before(const Core& core, const Request& request, const Keep& keep) {
  const auto found = core.vigils.tombstones.find(request.vigil_tag);
  if (found == core.vigils.tombstones.end()) return nullptr;
  const auto named = [&](const Target& target) { return target.tag == found->second.address; };
  if (std::none_of(request.parties.begin(), request.parties.end(), named)) return nullptr;
  const auto own = [&](const Ending& ending) { return equal_secret(ending.hash.view(), found->second.secret_hash.view()); };
  const auto ending = std::find_if(keep.endings.begin(), keep.endings.end(), own);
  return ending == keep.endings.end() ? nullptr : &*ending;
}

VigilHead new_head(const Core& core, const Batch& batch, const Request& request, const Keep& keep) {
  VigilHead head;
  head.id = keep.id;
  head.tag = request.vigil_tag;
  head.kind = keep.kind;
  head.period_max_s = keep.period_max_s;
  head.hurry_hash = keep.hurry_hash;
  head.refresh_hash = keep.refresh_hash;
  head.repeats = keep.repeats;
  for (const Answerer& answerer : keep.answers) head.answers.push_back({answerer.head, answerer.close_hash, 0, {}});
  head.due_ms = batch.now_ms + keep.due_in_s * std::uint64_t{1000};
  head.dies_ms = batch.now_ms + core.options.vigil_life_s * std::uint64_t{1000};
  return head;
}

Outcome kept(const VigilHead& head, std::uint64_t now_ms) {
  Outcome outcome = answer(wire::DONE);
  outcome.detail = head.state(now_ms);
  return outcome;
}

}  // namespace

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Keep& keep) {
  const std::lock_guard lock(core.vigils.mutex);
  if (const VigilHead* head = core.vigils.find(request.vigil_tag))
    return head->gone_on ? answer(owner_ended(*head, batch.now_ms)) : kept(*head, batch.now_ms);
  if (core.vigils.ended.contains(request.vigil_tag)) return answer(wire::ENDED);
  if (!whole(keep)) return answer(wire::INVALID);
  const Ending* before = ended_before(core, request, keep);
  if (before && before->effect == wire::STOP) {
    drop_tombstone(core, batch, request.vigil_tag);
    remember_ended(core, batch, request.vigil_tag);
    return answer(wire::ENDED);
  }
  if (core.disk.free_percent() < core.options.free_for_urgent_percent) return answer(wire::UNAVAILABLE, 60);

  VigilHead made = new_head(core, batch, request, keep);
  Making making(core, batch, request, keep);
  const Status seated = making.seat(made);
  if (seated != wire::DONE) return answer(seated);
  making.store_copies(made);
  if (before) {
    made.gone_on = true;
    made.gone_on_ending = static_cast<std::uint32_t>(before - keep.endings.data());
    made.gone_on_ms = batch.now_ms;
  }
  if (core.vigils.tombstones.contains(request.vigil_tag)) drop_tombstone(core, batch, request.vigil_tag);
  VigilHead& head = core.vigils.add(std::move(made));
  core.counters.vigils = core.vigils.size();
  fire_due(core, batch, request, head);
  return before ? answer(wire::ENDED) : kept(head, batch.now_ms);
}

}  // namespace vigil::storage

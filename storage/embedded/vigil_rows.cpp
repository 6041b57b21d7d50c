// Heads to rows and back; opening; ending.
#include "storage/embedded/vigil_rows.hpp"

namespace vigil::storage {
namespace {

template <class Id>
std::string chars(const Id& id) {
  return std::string(chars_of(id.view()));
}

template <class Rows>
void store_parts(const std::vector<VigilPart>& parts, Rows* rows) {
  for (const VigilPart& part : parts) {
    stored::VigilPart& row = *rows->Add();
    row.set_address(part.party);
    row.set_order(part.seq);
    row.set_bytes(part.bytes);
  }
}

template <class Rows>
std::vector<VigilPart> parts_of(const Rows& rows) {
  std::vector<VigilPart> out;
  for (const stored::VigilPart& row : rows) out.push_back({row.address(), row.order(), row.bytes()});
  return out;
}

template <class Rows>
void store_endings(const std::vector<VigilHead::Ending>& endings, Rows* rows) {
  for (const VigilHead::Ending& ending : endings) {
    stored::VigilEnding& row = *rows->Add();
    row.set_hash(chars(ending.hash));
    row.set_effect(static_cast<std::uint32_t>(ending.effect));
    store_parts(ending.parts, row.mutable_parts());
  }
}

template <class Rows>
std::vector<VigilHead::Ending> endings_of(const Rows& rows) {
  std::vector<VigilHead::Ending> out;
  for (const stored::VigilEnding& row : rows)
    out.push_back({id_of<Hash>(row.hash()), static_cast<Effect>(row.effect()), parts_of(row.parts())});
  return out;
}

void store_parties(const VigilHead& head, stored::VigilHead& row) {
  for (const VigilParty& party : head.parties) {
    stored::VigilParty& one = *row.add_parties();
    one.set_address(chars(party.hash));
    one.set_refused(party.refused);
    one.set_places(party.places);
    one.set_ending_told(party.ending_told);
    for (std::uint32_t what = 1; what < party.waiting.size(); ++what) {
      if (party.waiting[what].order == 0) continue;
      stored::VigilWaiting& waiting = *one.add_waiting();
      waiting.set_what(what);
      waiting.set_order(party.waiting[what].order);
      waiting.set_bucket(party.waiting[what].bucket);
    }
  }
}

void parties_from(const Core& core, const stored::VigilHead& row, VigilHead& head) {
  for (const stored::VigilParty& one : row.parties()) {
    VigilParty& party = head.parties.emplace_back();
    party.hash = id_of<AddressHash>(one.address());
    party.tag = core.address_tag(party.hash);
    party.refused = one.refused();
    party.places = one.places();
    party.ending_told = one.ending_told();
    for (const stored::VigilWaiting& waiting : one.waiting()) {
      if (waiting.what() < party.waiting.size()) party.waiting[waiting.what()] = {waiting.order(), waiting.bucket()};
    }
  }
}

void store_progress(const VigilHead& head, stored::VigilHead& row) {
  row.set_due_ms(head.due_ms);
  row.set_stage(head.stage);
  row.set_round(head.round);
  row.set_released(head.released);
  row.set_dies_ms(head.dies_ms);
  row.set_refresh_seq(head.refresh_seq);
  row.set_renew_seq(head.renew_seq);
  row.set_shifted_s(head.shifted_s);
  row.set_fetched(head.fetched);
  row.set_notices_sent(head.told);
  row.set_many_silent(head.many_silent);
  row.set_holder(head.holder);
  row.set_lease_end_ms(head.lease_end_ms);
  row.set_lease_told_ms(head.lease_told_ms);
  row.set_close_index(head.close_index);
  if (head.close_token) row.set_close_token(chars(*head.close_token));
  row.set_close_ms(head.close_ms);
  row.set_gone_on(head.gone_on);
  row.set_gone_on_ending(head.gone_on_ending);
  row.set_gone_on_ms(head.gone_on_ms);
}

void progress_from(const stored::VigilHead& row, VigilHead& head) {
  head.due_ms = row.due_ms();
  head.stage = row.stage();
  head.round = row.round();
  head.released = row.released();
  head.dies_ms = row.dies_ms();
  head.refresh_seq = row.refresh_seq();
  head.renew_seq = row.renew_seq();
  head.shifted_s = row.shifted_s();
  head.fetched = row.fetched();
  head.told = row.notices_sent();
  head.many_silent = row.many_silent();
  head.holder = row.holder();
  head.lease_end_ms = row.lease_end_ms();
  head.lease_told_ms = row.lease_told_ms();
  head.close_index = row.close_index();
  head.close_token = Secret::from(bytes_of(row.close_token()));
  head.close_ms = row.close_ms();
  head.gone_on = row.gone_on();
  head.gone_on_ending = row.gone_on_ending();
  head.gone_on_ms = row.gone_on_ms();
}

// Every index leads somewhere: what comes from the disk is checked like what comes from the wire.
bool whole(const VigilHead& head) {
  const auto inside = [&](const std::vector<VigilPart>& parts) {
    return std::all_of(parts.begin(), parts.end(), [&](const VigilPart& part) { return part.party < head.parties.size(); });
  };
  bool good = !head.stages.empty() && head.stage < head.stages.size() && inside(head.notices);
  for (const VigilHead::Stage& stage : head.stages) good = good && inside(stage.parts);
  for (const VigilHead::Ending& ending : head.endings) good = good && inside(ending.parts);
  for (const VigilHead::Ending& renewal : head.renewals) good = good && inside(renewal.parts);
  if (head.gone_on) good = good && head.gone_on_ending < head.endings.size();
  if (head.lease_end_ms != 0) good = good && head.holder < head.answers.size();
  return good;
}

}  // namespace

stored::VigilHead row_from_head(const VigilHead& head) {
  stored::VigilHead row;
  row.set_version(row_version);
  row.set_id(chars(head.id));
  row.set_kind(static_cast<std::uint32_t>(head.kind));
  row.set_period_max_s(head.period_max_s);
  row.set_hurry_hash(chars(head.hurry_hash));
  row.set_refresh_hash(chars(head.refresh_hash));
  store_parties(head, row);
  for (const VigilHead::Stage& stage : head.stages) {
    stored::VigilStage& one = *row.add_stages();
    one.set_after_s(stage.after_s);
    store_parts(stage.parts, one.mutable_parts());
  }
  row.set_repeats(head.repeats);
  store_endings(head.endings, row.mutable_endings());
  store_endings(head.renewals, row.mutable_renewals());
  for (const VigilHead::Answerer& answerer : head.answers) {
    stored::VigilAnswerer& one = *row.add_answers();
    one.set_head(chars(answerer.head));
    one.set_close_hash(chars(answerer.close_hash));
    one.set_last_step(answerer.last_step);
    if (answerer.last_step != 0) one.set_last_token(chars(answerer.last_token));
  }
  store_parts(head.notices, row.mutable_notices());
  store_progress(head, row);
  return row;
}

bool head_from_row(const Core& core, const stored::VigilHead& row, VigilHead& head) {
  if (row.version() != row_version) return false;
  head.id = id_of<VigilId>(row.id());
  head.tag = core.vigil_tag(head.id);
  head.kind = static_cast<VigilKind>(row.kind());
  head.period_max_s = row.period_max_s();
  head.hurry_hash = id_of<Hash>(row.hurry_hash());
  head.refresh_hash = id_of<Hash>(row.refresh_hash());
  parties_from(core, row, head);
  for (const stored::VigilStage& stage : row.stages()) head.stages.push_back({stage.after_s(), parts_of(stage.parts())});
  head.repeats = row.repeats();
  head.endings = endings_of(row.endings());
  head.renewals = endings_of(row.renewals());
  for (const stored::VigilAnswerer& answerer : row.answers())
    head.answers.push_back({id_of<Hash>(answerer.head()), id_of<Hash>(answerer.close_hash()), answerer.last_step(),
                            id_of<Secret>(answerer.last_token())});
  head.notices = parts_of(row.notices());
  progress_from(row, head);
  return whole(head);
}

Status owner_ended(const VigilHead& head, std::uint64_t now_ms) {
  return remembered_bucket(head.gone_on_ms / 1000) > now_ms / 1000 ? wire::ENDED : wire::REFUSED;
}

void save(Batch& batch, const VigilHead& head) {
  batch.put_head(head_key(Head::vigil, head.tag).view(), row_from_head(head));
}

void put_part(Core& core, Batch& batch, const Tag& vigil, std::uint64_t seq, const SharedBytes& envelope) {
  batch.put_once(row_key(forever, Kind::vigil_part, vigil, 0, seq), chars_of(*envelope));
  core.new_parts.add(seq, batch.number, envelope);
}

void remember_ended(Core& core, Batch& batch, const Tag& vigil) {
  const Bucket bucket = remembered_bucket(batch.now_s());
  if (!core.vigils.ended.emplace(vigil, bucket).second) return;
  stored::Ended row;
  row.set_version(row_version);
  batch.put_once(prefix_key(bucket, 0, Kind::ended, vigil), row);
  core.buckets.live(bucket, 0);
}

void end_vigil(Core& core, Batch& batch, VigilHead& head) {
  const auto drop = [&](const std::vector<VigilPart>& parts) {
    for (const VigilPart& part : parts) {
      if (part.seq != 0) batch.remove_once(row_key(forever, Kind::vigil_part, head.tag, 0, part.seq));
    }
  };
  for (const VigilHead::Stage& stage : head.stages) drop(stage.parts);
  for (const VigilHead::Ending& ending : head.endings) drop(ending.parts);
  for (const VigilHead::Ending& renewal : head.renewals) drop(renewal.parts);
  drop(head.notices);
  save(batch, head);  // a row of the same size as the ending that goes on writes, and then none
  batch.remove_head(head_key(Head::vigil, head.tag).view());
  remember_ended(core, batch, head.tag);
  core.vigils.remove(head.tag);
  core.counters.vigils = core.vigils.size();
}

namespace {

// max(due, restart + min(outage, grace)), all outages together at most the cap.
void put_off(VigilHead& head, const EmbeddedOptions& options, std::uint64_t restart_ms, std::uint64_t outage_ms) {
  if (head.kind != wire::CHECK_IN || head.released || head.due_ms == 0) return;
  const std::uint64_t left_s = options.outage_cap_s > head.shifted_s ? options.outage_cap_s - head.shifted_s : 0;
  const std::uint64_t grace_ms = std::min({outage_ms, options.outage_grace_s * std::uint64_t{1000}, left_s * 1000});
  const std::uint64_t later_ms = restart_ms + grace_ms;
  if (later_ms <= head.due_ms) return;
  head.shifted_s += static_cast<std::uint32_t>((later_ms - std::max(head.due_ms, restart_ms) + 999) / 1000);
  head.due_ms = later_ms;
}

template <class Each>
std::optional<std::string> each_row(Core& core, rocksdb::ColumnFamilyHandle* family, std::string_view prefix, Each each) {
  const Rocks::Reading reading = core.rocks.read();
  std::string end(prefix);
  ++end.back();
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator(options, family));
  for (at->Seek(slice(prefix)); at->Valid(); at->Next()) each(text_of(at->key()), text_of(at->value()));
  if (!at->status().ok()) return "cannot read the store: " + at->status().ToString();
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Vigils::load(Core& core, std::uint64_t outage_ms) {
  const std::lock_guard lock(mutex);
  const std::uint64_t now_ms = core.clock.now_ms();
  rocksdb::WriteBatch moved;
  const std::string prefix(1, static_cast<char>(Head::vigil));
  std::string broken;
  auto wrong = each_row(core, core.rocks.heads(), prefix, [&](std::string_view key, std::string_view value) {
    stored::VigilHead row;
    VigilHead head;
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size())) || !head_from_row(core, row, head) ||
        head_key(Head::vigil, head.tag).view() != key) {
      broken = "a vigil in the store cannot be read: it was written by another version of vigild, or the disk is damaged";
      return;
    }
    const std::uint64_t due_before = head.due_ms;
    put_off(head, core.options, now_ms, outage_ms);
    if (head.due_ms != due_before)
      moved.Put(core.rocks.heads(), slice(key), row_from_head(head).SerializeAsString()).PermitUncheckedError();
    add(std::move(head));
  });
  if (wrong) return wrong;
  if (!broken.empty()) return broken;
  if (moved.Count() != 0) {
    const rocksdb::Status written = core.rocks.write(moved);
    if (!written.ok()) return "cannot write to the store: " + written.ToString();
  }
  for (const auto& [bucket, volume] : core.buckets.unexpired(now_ms / 1000)) {
    if (volume != 0) continue;
    wrong =
        each_row(core, core.rocks.once(), kind_key(bucket, 0, Kind::ended).view(), [&](std::string_view key, std::string_view) {
          if (key.size() == prefix_bytes) ended[tag_of_key(key, tag_at)] = bucket;
        });
    if (wrong) return wrong;
    wrong = each_row(core, core.rocks.once(), kind_key(bucket, 0, Kind::tombstone).view(),
                     [&](std::string_view key, std::string_view value) {
                       stored::Tombstone row;
                       if (!row.ParseFromArray(value.data(), static_cast<int>(value.size())) || row.version() != row_version ||
                           key.size() != prefix_bytes)
                         return;
                       const Tag address = tag_of(row.address());
                       tombstones[tag_of_key(key, tag_at)] = {id_of<Hash>(row.secret_hash()), address, bucket};
                       ++loads[address].tombstones;
                     });
    if (wrong) return wrong;
  }
  core.counters.vigils = heads_.size();
  return std::nullopt;
}

}  // namespace vigil::storage

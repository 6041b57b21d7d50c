// Deliver and Acknowledge: a copy's way in and out.
#include "crypto/base/aead.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {

// ---- shared with the releases of vigils

Position put_copy(Core& core, Batch& batch, MailboxEntry& mailbox, const NewCopy& copy) {
  const Instant now = batch.now_s();
  const auto expires = static_cast<std::uint32_t>(now + copy.lifetime_s);
  const Bucket bucket = bucket_of(copy.lifetime_s, expires);
  const std::uint64_t seq = core.next_seq++;

  stored::Copy& row = batch.copy;
  std::string& head = batch.copy_head;
  row.Clear();
  row.set_version(row_version);
  row.set_id(copy.id.bytes.data(), copy.id.bytes.size());
  row.set_address(copy.address.bytes.data(), copy.address.bytes.size());
  row.set_bytes(static_cast<std::uint32_t>(copy.envelope->size()));
  if (copy.topic) {
    row.set_topic(copy.topic_id.bytes.data(), copy.topic_id.bytes.size());
    row.set_order(copy.order);
  }
  if (copy.body) {
    row.set_body(copy.body->tag.data(), copy.body->tag.size());
    row.set_body_volume(copy.body->volume);
    row.set_body_key(copy.body->key.bytes.data(), copy.body->key.bytes.size());
  }
  if (copy.of_vigil != wire::NOT_OF_VIGIL) {
    row.set_of_vigil(static_cast<std::uint32_t>(copy.of_vigil));
    row.set_round(copy.round);
    row.set_stage(copy.stage);
    row.set_many_silent(copy.many_silent);
    row.set_released(now);
    if (copy.notice) store_notice(*copy.notice, *row.mutable_notice());
  }
  write_copy_head(head, expires, row);
  batch.put_once(row_key(bucket, Kind::copy, mailbox.tag, copy.lane, seq), head,
                 copy.body ? std::string_view() : chars_of(*copy.envelope));
  ++batch.copies;
  batch.last_seq = seq;
  core.buckets.add(bucket, volume_of(seq), copy.lane, copy.envelope->size());
  core.counters.stored.fetch_add(1, std::memory_order_relaxed);

  mailbox.add(copy.lane, Waiting(seq, mailbox.rooms[copy.address_tag], bucket, expires, copy.envelope->size(),
                                 copy.of_vigil != wire::NOT_OF_VIGIL));
  if (copy.topic) {
    mailbox.forget_old_topics();
    mailbox.topics[*copy.topic] = {copy.order, seq, copy.lane};
  }

  const Position at{static_cast<Lane>(copy.lane), seq, bucket};
  if (Observer* observer = core.observer) {
    observer->admitted(mailbox.id, StoredCopy{.at = at,
                                              .id = copy.id,
                                              .address = copy.address,
                                              .envelope = copy.envelope,
                                              .expires = expires,
                                              .of_vigil = copy.of_vigil,
                                              .round = copy.round,
                                              .stage = copy.stage,
                                              .many_silent = copy.many_silent,
                                              .released = copy.of_vigil == wire::NOT_OF_VIGIL ? 0 : now,
                                              .notice = copy.notice});
  }
  return at;
}

void remove_copy(Core& core, Batch& batch, MailboxEntry& mailbox, int lane, const Waiting* at) {
  batch.remove_once(row_key(at->bucket(), Kind::copy, mailbox.tag, lane, at->seq()));
  core.buckets.take(at->bucket(), lane, at->bytes());
  mailbox.remove(lane, at);
}

void remember(Core& core, Batch& batch, const Tag& id) {
  const Buckets::Place place = batch.remember(id, core.next_seq);
  core.buckets.live(place.bucket, place.volume);
  core.remembered.add(id, place);
}

void drop_expired(Core& core, MailboxEntry& mailbox, Instant now) {
  core.counters.expired.fetch_add(mailbox.drop_expired(now, core.buckets), std::memory_order_relaxed);
}

// ---- Deliver

void prepare(const Core& core, Request& request, Deliver& deliver) {
  request.targets.resize(deliver.to.size());
  for (std::size_t i = 0; i < deliver.to.size(); ++i) {
    Target& target = request.targets[i];
    target.hash = deliver.to[i];
    target.tag = core.address_tag(target.hash);
    target.copy = copy_id(deliver.id, target.hash);
    target.id.id = core.remembered_tag(target.copy.view());
  }
  if (deliver.to.size() < 2) return;
  // Stored once, under a key that lies in the copies only: when the last one is acknowledged, nobody can read it.
  request.body.tag = random_id<Fixed<struct BodyTag, 16>>().bytes;
  request.body.key = random_id<Secret>();
  request.body.sealed = aead_seal(request.body.key.view(), *deliver.envelope, request.body.tag);
}

void gather(Core&, Request& request, Deliver&, Missing& missing) {
  for (Target& target : request.targets) {
    missing.id(target.id);
    missing.address(target);
  }
}

namespace {

bool lane_allowed(const AddressEntry& address, Lane lane) {
  return lane == wire::URGENT ? address.urgent : address.normal;
}

bool room_left(const Core& core, const MailboxEntry& mailbox, const Target& target, const Deliver& deliver,
               const Waiting* replaced) {
  const auto found = mailbox.rooms.find(target.tag);
  const AddressRoom room = found == mailbox.rooms.end() ? AddressRoom{} : found->second;
  if (deliver.lane == wire::URGENT)
    return room.urgent + core.vigils.open_places(target.tag) < limits::urgent_places_own + (replaced ? 1 : 0);
  if (room.normal < limits::normal_places_own) return true;  // whatever the others have filled
  const std::size_t copies = mailbox.lanes[wire::NORMAL].size() - (replaced ? 1 : 0);
  const std::size_t bytes = mailbox.normal_bytes - (replaced ? replaced->bytes() : 0);
  return copies < core.options.normal_copies_max && bytes + deliver.envelope->size() <= core.options.normal_bytes_max;
}

bool disk_left(const Core& core, Lane lane) {
  const unsigned least = lane == wire::URGENT ? core.options.free_for_urgent_percent : core.options.free_for_normal_percent;
  return core.disk.free_percent() >= least;
}

Status deliver_one(Core& core, Batch& batch, const Request& request, const Deliver& deliver, const Target& target) {
  if (core.remembered.seen(target.id) == Remembered::Seen::yes) return wire::DONE;
  const Instant now = batch.now_s();
  const std::uint32_t lifetime_s = limits::lifetime_s(deliver.lifetime);
  if (!target.address || !target.address->good(now) || !lane_allowed(*target.address, deliver.lane)) return wire::REFUSED;
  if (lifetime_s > limits::lifetime_s(static_cast<int>(target.address->life_max)) || !target.mailbox->exists)
    return wire::REFUSED;
  if (!disk_left(core, deliver.lane)) return wire::UNAVAILABLE;

  MailboxEntry& mailbox = *target.mailbox;
  const std::lock_guard lock(mailbox.mutex);
  drop_expired(core, mailbox, now);
  NewCopy copy{.id = target.copy,
               .address = target.hash,
               .address_tag = target.tag,
               .lane = deliver.lane,
               .lifetime_s = lifetime_s,
               .envelope = deliver.envelope,
               .body = request.targets.size() > 1 ? &request.body : nullptr};
  const Waiting* replaced = nullptr;
  int replaced_lane = deliver.lane;
  bool outdated = false;
  if (deliver.topic) {
    copy.topic_id = *deliver.topic;
    copy.order = deliver.order;
    Tag joined = target.tag;
    for (std::size_t i = 0; i < joined.size(); ++i) joined[i] ^= deliver.topic->bytes[i];
    copy.topic = joined;
    if (const auto known = mailbox.topics.find(joined); known != mailbox.topics.end()) {
      outdated = deliver.order <= known->second.order;
      replaced_lane = known->second.lane;
      replaced = mailbox.lanes[static_cast<std::size_t>(replaced_lane)].find(known->second.seq);
    }
  }
  if (!outdated && !room_left(core, mailbox, target, deliver, replaced_lane == deliver.lane ? replaced : nullptr))
    return wire::FULL;

  remember(core, batch, target.id.id);
  if (outdated) return wire::DONE;
  if (replaced) remove_copy(core, batch, mailbox, replaced_lane, replaced);
  put_copy(core, batch, mailbox, copy);
  core.mailboxes.recharge(mailbox);
  return wire::DONE;
}

}  // namespace

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Deliver& deliver) {
  if (request.targets.empty() || !deliver.envelope || limits::lifetime_s(deliver.lifetime) == 0) return answer(wire::INVALID);
  const std::size_t copies_before = batch.copies;
  request.body.volume = volume_of(core.next_seq);
  Outcome outcome;
  std::vector<Status> each(request.targets.size());
  for (std::size_t i = 0; i < each.size(); ++i) each[i] = deliver_one(core, batch, request, deliver, request.targets[i]);
  if (each.size() > 1 && batch.copies > copies_before) {
    const std::uint32_t lifetime_s = limits::lifetime_s(deliver.lifetime);
    const Bucket bucket = bucket_of(lifetime_s, batch.now_s() + lifetime_s);
    batch.put_once(prefix_key(bucket, request.body.volume, Kind::body, request.body.tag), chars_of(request.body.sealed));
    core.buckets.live(bucket, request.body.volume);
  }
  const bool same = std::all_of(each.begin(), each.end(), [&](Status status) { return status == each.front(); });
  outcome.status = same ? each.front() : wire::PARTIAL;
  if (outcome.status == wire::UNAVAILABLE) outcome.retry_after_s = 60;
  if (!same) outcome.each = std::move(each);
  return outcome;
}

// ---- Acknowledge

void prepare(const Core& core, Request& request, Acknowledge& acknowledge) {
  request.mailbox_tag = core.mailbox_tag(acknowledge.mailbox);
}

void gather(Core&, Request& request, Acknowledge&, Missing& missing) {
  missing.mailbox(request.mailbox_tag, request.mailbox);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Acknowledge& acknowledge) {
  MailboxEntry& mailbox = *request.mailbox;
  std::vector<std::uint64_t> fetched;  // of vigils, whose lock always goes before that of a mailbox
  {
    const std::lock_guard lock(mailbox.mutex);
    drop_expired(core, mailbox, batch.now_s());
    for (const Position& at : acknowledge.copies) {
      if (at.lane != wire::URGENT && at.lane != wire::NORMAL) continue;
      const Waiting* waiting = mailbox.lanes[static_cast<std::size_t>(at.lane)].find(at.order);
      if (!waiting) continue;  // gone already
      if (waiting->of_vigil()) fetched.push_back(at.order);
      remove_copy(core, batch, mailbox, at.lane, waiting);
      core.counters.acknowledged.fetch_add(1, std::memory_order_relaxed);
    }
    core.mailboxes.recharge(mailbox);
  }
  for (const std::uint64_t order : fetched) released_copy_fetched(core, batch, order);
  return answer(wire::DONE);
}

}  // namespace vigil::storage

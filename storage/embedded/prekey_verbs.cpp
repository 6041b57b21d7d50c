// Publishing bundles and one-time prekeys, and handing each one-time prekey out once: its row is gone and synced before anybody
// gets it.
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {

// ---- PublishPrekeys

void prepare(const Core& core, Request& request, PublishPrekeys& publish) {
  request.mailbox_tag = core.mailbox_tag(publish.mailbox);
  request.ids.resize(publish.one_time.size());
  for (std::size_t i = 0; i < request.ids.size(); ++i) {
    // A prekey that was handed out is remembered, so that a repeated request does not put it back.
    Bytes named(publish.mailbox.bytes.begin(), publish.mailbox.bytes.end());
    const auto id = be32(publish.one_time[i].first);
    named.insert(named.end(), id.begin(), id.end());
    named.insert(named.end(), publish.one_time[i].second.begin(), publish.one_time[i].second.end());
    request.ids[i].id = core.remembered_tag(named);
  }
}

void gather(Core&, Request& request, PublishPrekeys&, Missing& missing) {
  missing.mailbox(request.mailbox_tag, request.mailbox);
  missing.prekeys_of(request.mailbox_tag, request.prekeys);
  for (IdCheck& id : request.ids) missing.id(id);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, PublishPrekeys& publish) {
  if (!request.mailbox->exists) return answer(wire::REFUSED);
  PrekeyShelf& shelf = *request.prekeys;
  const std::lock_guard lock(shelf.mutex);
  std::vector<std::size_t> fresh;
  for (std::size_t i = 0; i < publish.one_time.size(); ++i) {
    const auto known = [&](const PrekeyShelf::One& one) { return one.id == publish.one_time[i].first; };
    if (std::any_of(shelf.one_time.begin(), shelf.one_time.end(), known)) continue;
    if (core.remembered.seen(request.ids[i]) != Remembered::Seen::yes) fresh.push_back(i);
  }
  if (shelf.one_time.size() + fresh.size() > limits::one_time_max) return answer(wire::FULL);
  if (!publish.bundle.empty() && (shelf.bundle.empty() || publish.sequence > shelf.sequence)) {
    shelf.bundle = publish.bundle;
    shelf.sequence = publish.sequence;
    stored::Bundle row;
    row.set_version(row_version);
    row.set_sequence(publish.sequence);
    row.set_bundle(publish.bundle.data(), publish.bundle.size());
    batch.put_head(head_key(Head::bundle, request.mailbox_tag).view(), row);
  }
  for (const std::size_t i : fresh) {
    auto& [id, key] = publish.one_time[i];
    const std::uint64_t seq = core.next_seq++;
    stored::OneTimePrekey row;
    row.set_version(row_version);
    row.set_id(id);
    row.set_key(key.data(), key.size());
    batch.put_once(row_key(forever, Kind::prekey, request.mailbox_tag, 0, seq), row);
    shelf.one_time.push_back({seq, id, std::move(key)});
  }
  core.prekeys.recharge(shelf);
  Outcome outcome = answer(wire::DONE);
  outcome.detail = PrekeyCount{static_cast<std::uint32_t>(shelf.one_time.size()), shelf.sequence};
  return outcome;
}

// ---- TakePrekeys

void prepare(const Core& core, Request& request, TakePrekeys& take) {
  request.targets.resize(1);
  request.targets[0].hash = take.address;
  request.targets[0].tag = core.address_tag(take.address);
}

void gather(Core&, Request& request, TakePrekeys&, Missing& missing) {
  if (missing.address(request.targets[0]) && request.targets[0].address)
    missing.prekeys_of(request.targets[0].address->mailbox_tag, request.prekeys);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, TakePrekeys& take) {
  const Target& target = request.targets[0];
  if (!target.address || !target.address->good(batch.now_s()) || !target.mailbox->exists) return answer(wire::REFUSED);
  AddressEntry& address = *target.address;
  PrekeyShelf& shelf = *request.prekeys;
  const std::lock_guard lock(shelf.mutex);
  if (shelf.bundle.empty()) return answer(wire::REFUSED);
  TakenPrekeys taken{shelf.bundle, std::nullopt};
  if (take.one_time && !shelf.one_time.empty() && address.prekeys_taken < address.prekeys_max) {
    PrekeyShelf::One one = std::move(shelf.one_time.front());
    shelf.one_time.erase(shelf.one_time.begin());
    batch.remove_once(row_key(forever, Kind::prekey, address.mailbox_tag, 0, one.seq));
    ++address.prekeys_taken;
    batch.put_head(head_key(Head::address, target.tag).view(), row_from_address(address));
    Bytes named(address.mailbox.bytes.begin(), address.mailbox.bytes.end());
    const auto id = be32(one.id);
    named.insert(named.end(), id.begin(), id.end());
    named.insert(named.end(), one.key.begin(), one.key.end());
    remember(core, batch, core.remembered_tag(named));
    taken.one_time.emplace(one.id, std::move(one.key));
  }
  Outcome outcome = answer(wire::DONE);
  outcome.detail = std::move(taken);
  return outcome;
}

}  // namespace vigil::storage

// Invites, opening, granting, withdrawing, burning: what owners do to their mailboxes. Ownership and signatures are the server's
// to check.
#include "crypto/base/labels.hpp"
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {
namespace {

std::uint32_t day_of(Instant now) {
  return static_cast<std::uint32_t>(now / 86'400);
}

Tag invite_tag(const Core& core, const Hash& right) {
  return keyed_hash(core.hashing_key, labels::remembered, right.view());
}

void put_mailbox(Batch& batch, const MailboxEntry& mailbox) {
  stored::Mailbox row;
  row.set_version(row_version);
  row.set_id(mailbox.id.bytes.data(), mailbox.id.bytes.size());
  row.set_last_read_day(mailbox.last_read_day);
  batch.put_head(head_key(Head::mailbox, mailbox.tag).view(), row);
}

}  // namespace

// ---- AddInvites

void prepare(const Core&, Request&, AddInvites&) {}
void gather(Core&, Request&, AddInvites&, Missing&) {}

std::optional<Outcome> apply(Core& core, Batch& batch, Request&, AddInvites& add) {
  auto& all = core.invites.all;
  std::erase_if(all, [&](const auto& invite) {
    if (invite.second.expires == 0 || invite.second.expires > batch.now_s()) return false;
    batch.remove_once(prefix_key(forever, 0, Kind::invite, invite.second.tag));
    return true;
  });
  const auto fresh = std::count_if(add.rights.begin(), add.rights.end(), [&](const Hash& right) { return !all.contains(right); });
  if (all.size() + static_cast<std::size_t>(fresh) > limits::invites_max) return answer(wire::FULL);
  for (const Hash& right : add.rights) {
    const Invites::Invite invite{invite_tag(core, right), add.expires};
    if (!all.emplace(right, invite).second) continue;  // there already
    stored::Invite row;
    row.set_version(row_version);
    row.set_hash(right.bytes.data(), right.bytes.size());
    row.set_expires(add.expires);
    batch.put_once(prefix_key(forever, 0, Kind::invite, invite.tag), row);
  }
  core.counters.invites = all.size();
  return answer(wire::DONE);
}

// ---- OpenMailbox

void prepare(const Core& core, Request& request, OpenMailbox& open) {
  request.mailbox_tag = core.mailbox_tag(open.mailbox);
}

void gather(Core&, Request& request, OpenMailbox&, Missing& missing) {
  missing.mailbox(request.mailbox_tag, request.mailbox);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, OpenMailbox& open) {
  MailboxEntry& mailbox = *request.mailbox;
  const std::uint32_t today = day_of(batch.now_s());
  if (!mailbox.exists) {
    if (!open.invite) return answer(wire::REFUSED);
    const auto invite = core.invites.all.find(*open.invite);
    if (invite == core.invites.all.end()) return answer(wire::REFUSED);
    if (invite->second.expires != 0 && invite->second.expires <= batch.now_s()) return answer(wire::REFUSED);
    batch.remove_once(prefix_key(forever, 0, Kind::invite, invite->second.tag));
    core.invites.all.erase(invite);
    core.counters.invites = core.invites.all.size();
    core.counters.mailboxes.fetch_add(1, std::memory_order_relaxed);
  } else if (mailbox.last_read_day == today) {
    return answer(wire::DONE);  // a day is as fine as it gets
  }
  const std::lock_guard lock(mailbox.mutex);
  mailbox.id = open.mailbox;
  mailbox.exists = true;
  mailbox.last_read_day = today;
  put_mailbox(batch, mailbox);
  return answer(wire::DONE);
}

// ---- Grant

void prepare(const Core& core, Request& request, Grant& grant) {
  request.mailbox_tag = core.mailbox_tag(grant.mailbox);
  request.targets.resize(1);
  request.targets[0].hash = grant.address;
  request.targets[0].tag = core.address_tag(grant.address);
}

void gather(Core&, Request& request, Grant&, Missing& missing) {
  missing.mailbox(request.mailbox_tag, request.mailbox);
  missing.address(request.targets[0]);
  missing.addresses_of(request.mailbox_tag, request.addresses);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Grant& grant) {
  if (!request.mailbox->exists) return answer(wire::REFUSED);
  if (limits::lifetime_s(grant.life_max) == 0) return answer(wire::INVALID);
  const Target& target = request.targets[0];
  const Instant now = batch.now_s();
  const std::shared_ptr<AddressEntry> entry = target.address;
  if (entry && entry->good(now) && entry->mailbox_tag != request.mailbox_tag) return answer(wire::REFUSED);

  auto& all = request.addresses->addresses;
  std::erase_if(all, [&](const auto& one) { return one.second.expires != 0 && one.second.expires <= now; });
  const std::size_t others = all.size() - all.count(target.tag);
  const auto urgent = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& one) { return one.second.urgent && one.first != target.tag; }));
  if (others >= limits::addresses_max || (grant.urgent && urgent >= limits::urgent_addresses_max)) return answer(wire::FULL);

  const bool again = entry && entry->good(now);
  const AddressEntry next{.mailbox = grant.mailbox,
                          .mailbox_tag = request.mailbox_tag,
                          .urgent = grant.urgent,
                          .normal = grant.normal,
                          .vigils = grant.vigils,
                          .life_max = static_cast<std::uint32_t>(grant.life_max),
                          .prekeys_max = grant.prekeys_max,
                          .prekeys_taken = again ? entry->prekeys_taken : 0,
                          .expires = grant.expires};
  core.addresses.replace(target.tag, std::make_shared<AddressEntry>(next));
  if (!again) core.counters.addresses.fetch_add(1, std::memory_order_relaxed);
  all[target.tag] = {grant.urgent, grant.expires};
  core.address_lists.recharge(*request.addresses);

  batch.put_head(head_key(Head::address, target.tag).view(), row_from_address(next));
  stored::AddressOf reverse;
  reverse.set_version(row_version);
  reverse.set_urgent(grant.urgent);
  reverse.set_expires(grant.expires);
  batch.put_head(address_of_key(request.mailbox_tag, target.tag).view(), reverse);
  return answer(wire::DONE);
}

// ---- Withdraw

void prepare(const Core& core, Request& request, Withdraw& withdraw) {
  request.mailbox_tag = core.mailbox_tag(withdraw.mailbox);
  request.targets.resize(1);
  request.targets[0].hash = withdraw.address;
  request.targets[0].tag = core.address_tag(withdraw.address);
}

void gather(Core&, Request& request, Withdraw&, Missing& missing) {
  missing.address(request.targets[0]);
  missing.addresses_of(request.mailbox_tag, request.addresses);
}

namespace {

// It stays in the cache as gone until the batch is written: no load may bring it back.
void erase_address(Core& core, Batch& batch, const Tag& mailbox, const Tag& address, const AddressEntry* known) {
  if (known) {
    auto gone = std::make_shared<AddressEntry>(*known);
    gone->gone = true;
    core.addresses.replace(address, std::move(gone));
  }
  batch.remove_head(head_key(Head::address, address).view());
  batch.remove_head(address_of_key(mailbox, address).view());
  if (core.counters.addresses.load(std::memory_order_relaxed) > 0)
    core.counters.addresses.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Withdraw&) {
  const Target& target = request.targets[0];
  if (!target.address || target.address->gone) return answer(wire::DONE);  // not there, or not any more
  if (target.address->mailbox_tag != request.mailbox_tag) return answer(wire::REFUSED);
  request.addresses->addresses.erase(target.tag);
  erase_address(core, batch, request.mailbox_tag, target.tag, target.address.get());
  return answer(wire::DONE);
}

// ---- Burn

void prepare(const Core& core, Request& request, Burn& burn) {
  request.mailbox_tag = core.mailbox_tag(burn.mailbox);
}

void gather(Core&, Request& request, Burn&, Missing& missing) {
  missing.mailbox(request.mailbox_tag, request.mailbox);
  missing.prekeys_of(request.mailbox_tag, request.prekeys);
  if (!missing.addresses_of(request.mailbox_tag, request.addresses)) return;
  // Every address must be in memory before it is withdrawn: no load may bring it back.
  if (request.targets.size() != request.addresses->addresses.size()) {
    request.targets.clear();
    for (const auto& [tag, one] : request.addresses->addresses) request.targets.emplace_back().tag = tag;
  }
  for (Target& target : request.targets) missing.address(target);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, Burn&) {
  MailboxEntry& mailbox = *request.mailbox;
  if (!mailbox.exists) return answer(wire::DONE);
  std::vector<std::uint64_t> fetched;  // of vigils, whose lock always goes before that of a mailbox
  {
    const std::lock_guard lock(mailbox.mutex);
    drop_expired(core, mailbox, batch.now_s());
    for (const int lane : {wire::URGENT, wire::NORMAL}) {
      for (const LaneQueue& queue = mailbox.lanes[static_cast<std::size_t>(lane)]; !queue.empty();) {
        const Waiting* last = queue.end() - 1;
        if (last->of_vigil()) fetched.push_back(last->seq());
        remove_copy(core, batch, mailbox, lane, last);
      }
    }
    mailbox.topics.clear();
    mailbox.exists = false;
  }
  for (const std::uint64_t order : fetched) released_copy_fetched(core, batch, order);
  for (const Target& target : request.targets) {
    if (target.address && target.address->mailbox_tag != request.mailbox_tag) continue;
    erase_address(core, batch, request.mailbox_tag, target.tag, target.address.get());
  }
  request.addresses->addresses.clear();
  {
    const std::lock_guard lock(request.prekeys->mutex);
    for (const PrekeyShelf::One& one : request.prekeys->one_time)
      batch.remove_once(row_key(forever, Kind::prekey, request.mailbox_tag, 0, one.seq));
    request.prekeys->one_time.clear();
    request.prekeys->bundle.clear();
    request.prekeys->sequence = 0;
  }
  batch.remove_head(head_key(Head::bundle, request.mailbox_tag).view());
  batch.remove_head(head_key(Head::mailbox, request.mailbox_tag).view());
  core.counters.mailboxes.fetch_sub(1, std::memory_order_relaxed);
  return answer(wire::DONE);
}

// ---- ExpireUnread

void prepare(const Core&, Request&, ExpireUnread&) {}

void gather(Core&, Request& request, ExpireUnread&, Missing& missing) {
  missing.unread(request);
}

std::optional<Outcome> apply(Core& core, Batch& batch, Request& request, ExpireUnread&) {
  for (const MailboxId& mailbox : request.unread) {
    auto burn = std::make_unique<Request>();
    burn->what = Write(Burn{mailbox});
    burn->parent = request.parent;
    if (request.parent) ++request.parent->left;
    prepare(core, *burn);
    batch.follow_ups.push_back(std::move(burn));
  }
  return answer(wire::DONE);
}

}  // namespace vigil::storage

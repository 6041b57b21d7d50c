// Rebuilding a cache's entry from its rows: one scan over the live volumes for a mailbox, one row for an address. Readers'
// threads.
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {
namespace {

using rocksdb::ReadOptions;

// Every row under 'prefix', until 'each' returns false. False: the disk failed.
template <class Each>
bool scan(Rocks::Reading& reading, rocksdb::ColumnFamilyHandle* family, std::string_view prefix, Each each,
          bool into_cache = true) {
  std::string end(prefix);
  for (std::size_t i = end.size(); i-- > 0;) {
    end[i] = static_cast<char>(end[i] + 1);
    if (end[i] != 0) break;
  }
  const rocksdb::Slice bound(end);
  ReadOptions options;
  options.iterate_upper_bound = &bound;
  options.fill_cache = into_cache;
  options.prefix_same_as_start = family == reading.once();
  const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator(options, family));
  for (at->Seek(slice(prefix)); at->Valid(); at->Next()) {
    if (!each(text_of(at->key()), text_of(at->value()))) break;
  }
  return at->status().ok();
}

}  // namespace

bool load_mailbox(Core& core, Rocks::Reading& reading, const Tag& tag, std::shared_ptr<MailboxEntry>& out) {
  out = std::make_shared<MailboxEntry>();
  MailboxEntry& mailbox = *out;
  mailbox.tag = tag;
  std::optional<std::string> row;
  if (!reading.get(reading.heads(), head_key(Head::mailbox, tag).view(), row).ok()) return false;
  stored::Mailbox head;
  if (!row || !head.ParseFromString(*row) || head.version() != row_version) return true;  // there is no such mailbox
  mailbox.id = id_of<MailboxId>(head.id());
  if (core.mailbox_tag(mailbox.id) != tag) return true;  // damaged: it would be taken for another's
  mailbox.exists = true;
  mailbox.last_read_day = head.last_read_day();

  const Instant now = core.clock.now_s();
  CopyRow copy;
  for (const auto& [bucket, volume] : core.buckets.unexpired(now)) {
    const auto each = [&](std::string_view key, std::string_view value) {
      if (key.size() != copy_key_bytes || !read_copy_row(value, copy) || copy.expires <= now) return true;
      if (!Waiting::fits(bucket, copy.expires)) return true;  // damaged
      const Tag address = core.address_tag(id_of<AddressHash>(copy.copy.address()));
      const int lane = lane_of_key(key) == wire::URGENT ? wire::URGENT : wire::NORMAL;
      const std::uint64_t seq = seq_of_key(key);
      mailbox.add(lane, Waiting(seq, mailbox.rooms[address], bucket, copy.expires, copy.copy.bytes(), copy.copy.of_vigil() != 0));
      if (copy.copy.topic().size() == sizeof(Tag)) {
        Tag joined = tag_of(copy.copy.topic());
        for (std::size_t i = 0; i < joined.size(); ++i) joined[i] ^= address[i];
        mailbox.topics[joined] = {copy.copy.order(), seq, lane};
      }
      return true;
    };
    if (!scan(reading, reading.once(), prefix_key(bucket, volume, Kind::copy, tag).view(), each)) return false;
  }
  for (LaneQueue& lane : mailbox.lanes) lane.sort();
  return true;
}

bool load_address(Core& core, Rocks::Reading& reading, const Tag& tag, std::shared_ptr<AddressEntry>& out) {
  std::optional<std::string> row;
  if (!reading.get(reading.heads(), head_key(Head::address, tag).view(), row).ok()) return false;
  stored::Address parsed;
  if (row && parsed.ParseFromString(*row) && parsed.version() == row_version)
    out = std::make_shared<AddressEntry>(address_from_row(core, parsed));
  return true;
}

bool load_address_list(Core&, Rocks::Reading& reading, const Tag& mailbox, std::shared_ptr<AddressList>& out) {
  out = std::make_shared<AddressList>();
  return scan(reading, reading.heads(), head_key(Head::address_of, mailbox).view(),
              [&](std::string_view key, std::string_view value) {
                stored::AddressOf row;
                if (key.size() == 1 + 2 * sizeof(Tag) && row.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                    row.version() == row_version)
                  out->addresses[tag_of_key(key, 1 + sizeof(Tag))] = {row.urgent(), row.expires()};
                return true;
              });
}

bool each_remembered(Rocks::Reading& reading, const Buckets::Place& place, const std::function<void(const Tag&)>& each) {
  const Key prefix = prefix_key(place.bucket, place.volume, Kind::remembered, Tag{});
  const auto each_row = [&](std::string_view, std::string_view ids) {
    for (std::size_t at = 0; at + sizeof(Tag) <= ids.size(); at += sizeof(Tag)) each(tag_of_key(ids, at));
    return true;
  };
  return scan(reading, reading.once(), prefix.view(), each_row, false);
}

bool load_prekeys(Core&, Rocks::Reading& reading, const Tag& mailbox, std::shared_ptr<PrekeyShelf>& out) {
  out = std::make_shared<PrekeyShelf>();
  std::optional<std::string> row;
  if (!reading.get(reading.heads(), head_key(Head::bundle, mailbox).view(), row).ok()) return false;
  if (stored::Bundle bundle; row && bundle.ParseFromString(*row) && bundle.version() == row_version) {
    out->sequence = bundle.sequence();
    out->bundle.assign(bundle.bundle().begin(), bundle.bundle().end());
  }
  return scan(reading, reading.once(), prefix_key(forever, 0, Kind::prekey, mailbox).view(),
              [&](std::string_view key, std::string_view value) {
                stored::OneTimePrekey one;
                if (key.size() == copy_key_bytes && one.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
                    one.version() == row_version)
                  out->one_time.push_back({seq_of_key(key), one.id(), Bytes(one.key().begin(), one.key().end())});
                return true;
              });
}

bool find_unread(Core& core, Rocks::Reading& reading, std::vector<MailboxId>& out) {
  const Instant today = core.clock.now_s() / 86'400;
  const std::string prefix(1, static_cast<char>(Head::mailbox));
  std::uint64_t mailboxes = 0;
  const bool ok = scan(reading, reading.heads(), prefix, [&](std::string_view key, std::string_view value) {
    ++mailboxes;
    stored::Mailbox row;
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size())) || row.version() != row_version) return true;
    const auto id = id_of<MailboxId>(row.id());
    if (head_key(Head::mailbox, core.mailbox_tag(id)).view() != key) return true;  // damaged: another's would be burned
    if (row.last_read_day() + Instant{core.options.mailbox_unread_days} < today) out.push_back(id);
    return true;
  });
  if (ok) core.counters.mailboxes = mailboxes;  // a crash loses the last seconds of counting: corrected once a day
  return ok;
}

std::optional<std::string> load_invites(Core& core) {
  Rocks::Reading reading = core.rocks.read();
  std::string end(kind_key(forever, 0, Kind::invite).view());
  ++end.back();
  const rocksdb::Slice bound(end);
  ReadOptions options;
  options.total_order_seek = true;
  options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator(options, reading.once()));
  for (at->Seek(slice(kind_key(forever, 0, Kind::invite).view())); at->Valid(); at->Next()) {
    stored::Invite row;
    if (!row.ParseFromArray(at->value().data(), static_cast<int>(at->value().size())) || row.version() != row_version ||
        row.hash().size() != Hash::length || at->key().size() != prefix_bytes)
      continue;
    core.invites.all[id_of<Hash>(row.hash())] = {tag_of_key(text_of(at->key()), tag_at), row.expires()};
  }
  core.counters.invites = core.invites.all.size();
  if (!at->status().ok()) return "cannot read the store: " + at->status().ToString();
  return std::nullopt;
}

AddressEntry address_from_row(const Core& core, const stored::Address& row) {
  AddressEntry entry;
  entry.mailbox = id_of<MailboxId>(row.mailbox());
  entry.mailbox_tag = core.mailbox_tag(entry.mailbox);
  entry.urgent = row.urgent();
  entry.normal = row.normal();
  entry.vigils = row.vigils();
  entry.life_max = row.life_max();
  entry.prekeys_max = row.prekeys_max();
  entry.prekeys_taken = row.prekeys_taken();
  entry.expires = row.expires();
  return entry;
}

stored::Address row_from_address(const AddressEntry& entry) {
  stored::Address row;
  row.set_version(row_version);
  row.set_mailbox(entry.mailbox.bytes.data(), entry.mailbox.bytes.size());
  row.set_urgent(entry.urgent);
  row.set_normal(entry.normal);
  row.set_vigils(entry.vigils);
  row.set_life_max(entry.life_max);
  row.set_prekeys_max(entry.prekeys_max);
  row.set_prekeys_taken(entry.prekeys_taken);
  row.set_expires(entry.expires);
  return row;
}

}  // namespace vigil::storage

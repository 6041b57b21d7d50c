// Opening: the epoch, the live buckets, what lies in memory from the start. Closing.
#include "storage/embedded/core.hpp"

#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"

namespace vigil::storage {

Core::Core(const EmbeddedOptions& with) : options(with), clock(with.clock), rocks(with, coarse_now), disk(with.directory) {}

Tag Core::mailbox_tag(const MailboxId& id) const {
  return keyed_hash(hashing_key, labels::mailbox_tag, id.view());
}
Tag Core::address_tag(const AddressHash& hash) const {
  return keyed_hash(hashing_key, labels::address_tag, hash.view());
}
Tag Core::vigil_tag(const VigilId& id) const {
  return keyed_hash(hashing_key, labels::remembered, id.view());
}
Tag Core::remembered_tag(View id) const {
  return keyed_hash(hashing_key, labels::remembered, id);
}

std::optional<std::string> Core::open() {
  const bool first = clock_anchored_ == false;
  if (auto wrong = rocks.open()) return wrong;
  stored::Alive alive;
  {
    const Rocks::Reading reading = rocks.read();
    if (const auto row = reading.head(alive_key)) alive.ParseFromString(*row);
  }
  if (first) {
    outage_ms = clock.anchor(alive.now_ms());
    clock_anchored_ = true;
  }
  coarse_now->store(clock.now_s(), std::memory_order_relaxed);
  if (auto wrong = begin_epoch()) return wrong;
  if (!find_buckets()) return "cannot read the store in " + options.directory.string();
  for (const stored::BucketCount& count : alive.buckets()) {
    if (count.bucket() > clock.now_s()) buckets.set(count.bucket(), {count.urgent(), count.normal(), count.bytes()});
  }
  if (first) {
    counters.mailboxes = alive.mailboxes();
    counters.addresses = alive.addresses();
  }
  if (auto wrong = load_invites(*this)) return wrong;
  if (auto wrong = vigils.load(*this, first ? outage_ms : 0)) return wrong;
  ++openings;
  writable = true;
  return std::nullopt;
}

Instant Core::oldest_commit_s(Instant otherwise) const {
  for (const std::atomic<Instant>& begun : commits_begun) {
    if (const Instant at = begun; at != 0) otherwise = std::min(otherwise, at);
  }
  return otherwise;
}

void Core::close(bool flush) {
  writable = false;
  rocks.close(flush);
  mailboxes.clear();
  addresses.clear();
  address_lists.clear();
  prekeys.clear();
  remembered.clear();
  buckets.clear();
  invites.all.clear();
  vigils.clear();
  new_parts.clear();
  unread_day = 0;
}

stored::Alive alive_row(const Core& core, std::uint64_t now_ms) {
  stored::Alive row;
  row.set_version(row_version);
  row.set_now_ms(now_ms);
  row.set_mailboxes(core.counters.mailboxes);
  row.set_addresses(core.counters.addresses);
  for (const auto& [bucket, count] : core.buckets.all()) {
    if (count.urgent == 0 && count.normal == 0) continue;
    stored::BucketCount& one = *row.add_buckets();
    one.set_bucket(bucket);
    one.set_urgent(count.urgent);
    one.set_normal(count.normal);
    one.set_bytes(count.bytes);
  }
  return row;
}

std::optional<std::string> Core::begin_epoch() {
  const Rocks::Reading reading = rocks.read();
  stored::Meta meta;
  if (const auto row = reading.head(meta_key)) {
    if (!meta.ParseFromString(*row) || meta.version() != row_version)
      return "the store in " + options.directory.string() +
             " was written by another version of vigild; use that version, or a new directory";
    // Reopened: other threads are using the same key.
    const auto kept = id_of<HashingKey>(meta.hashing_key());
    if (!(kept == hashing_key)) hashing_key = kept;
  } else {
    hashing_key = random_id<HashingKey>();
    meta.set_version(row_version);
    meta.set_hashing_key(hashing_key.bytes.data(), hashing_key.bytes.size());
  }
  meta.set_epoch(meta.epoch() + 1);
  if (meta.epoch() >> epoch_bits != 0) return "this store has been opened too often; export it to a new directory";
  rocksdb::WriteBatch batch;
  batch.Put(rocks.heads(), slice(meta_key), meta.SerializeAsString()).PermitUncheckedError();
  const rocksdb::Status written = rocks.write(batch);
  if (!written.ok()) return "cannot write to the store in " + options.directory.string() + ": " + written.ToString();
  next_seq = (meta.epoch() << counter_bits) + 1;
  committed_seq = next_seq - 1;
  return std::nullopt;
}

// False: the disk failed. A bucket that is missed here would hide its copies until the next opening.
bool Core::find_buckets() {
  const Rocks::Reading reading = rocks.read();
  rocksdb::ReadOptions options_all;
  options_all.total_order_seek = true;
  const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator(options_all, reading.once()));
  for (at->SeekToFirst(); at->Valid();) {
    const Bucket bucket = bucket_of_key(text_of(at->key()));
    if (bucket == forever) break;
    const Volume volume = volume_of_key(text_of(at->key()));
    buckets.live(bucket, volume);
    const Key next = volume == volume_last ? bucket_key(bucket + 1) : volume_key(bucket, volume + 1);
    at->Seek(slice(next.view()));
  }
  return at->status().ok();
}

}  // namespace vigil::storage

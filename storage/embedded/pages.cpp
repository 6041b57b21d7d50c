// From the ledger's list of positions to copies with their envelopes.
#include "storage/embedded/pages.hpp"

#include "crypto/base/aead.hpp"

namespace vigil::storage {
namespace {

constexpr std::size_t page_bytes_max = 256 * 1024, rows_at_once = 64;

struct Place {
  Position at;
  std::uint32_t expires = 0, bytes = 0;
};

// What waits after 'after' up to 'last' and has not expired, as far as one page goes.
std::vector<Place> places(Core& core, MailboxEntry& mailbox, const PageWanted& wanted, std::uint64_t last) {
  const Instant now = core.clock.now_s();
  std::vector<Place> out;
  std::size_t bytes = 0;
  const std::lock_guard lock(mailbox.mutex);
  const LaneQueue& queue = mailbox.lanes[static_cast<std::size_t>(wanted.lane)];
  for (const Waiting* at = queue.after(wanted.after); at != queue.end() && out.size() < wanted.most; ++at) {
    if (at->seq() > last) break;
    if (at->expires() <= now) continue;
    bytes += at->bytes();
    if (bytes > page_bytes_max && !out.empty()) break;
    out.push_back({{static_cast<Lane>(wanted.lane), at->seq(), at->bucket()}, at->expires(), at->bytes()});
  }
  return out;
}

// The envelope of a fan-out lies in a row of its own, sealed under the key that the copy holds. Null: gone or broken.
SharedBytes open_body(Rocks::Reading& reading, Bucket bucket, const stored::Copy& copy, bool& ok) {
  std::optional<std::string> row;
  const Tag tag = tag_of(copy.body());
  ok = reading.get(reading.once(), prefix_key(bucket, copy.body_volume(), Kind::body, tag).view(), row).ok();
  if (!ok || !row) return nullptr;
  const std::optional<SecretBytes> plain = aead_open(bytes_of(copy.body_key()), bytes_of(*row), tag);
  if (!plain || plain->size() != copy.bytes()) return nullptr;
  return std::make_shared<const Bytes>(plain->view().begin(), plain->view().end());
}

Result<Store::Page> read_places(Core& core, const Tag& mailbox, const std::vector<Place>& wanted) {
  Rocks::Reading reading = core.rocks.read();
  if (!reading) return std::unexpected(wire::UNAVAILABLE);
  Store::Page page;
  page.reserve(wanted.size());
  CopyRow row;
  for (std::size_t from = 0; from < wanted.size(); from += rows_at_once) {
    const std::size_t count = std::min(rows_at_once, wanted.size() - from);
    std::vector<Key> keys(count);
    std::vector<rocksdb::Slice> slices(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Position& at = wanted[from + i].at;
      keys[i] = row_key(at.where, Kind::copy, mailbox, at.lane, at.order);
      slices[i] = slice(keys[i].view());
    }
    std::vector<rocksdb::PinnableSlice> values(count);
    std::vector<rocksdb::Status> statuses(count);
    reading.db().MultiGet(rocksdb::ReadOptions(), reading.once(), count, slices.data(), values.data(), statuses.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (statuses[i].IsNotFound()) continue;  // acknowledged meanwhile
      if (!statuses[i].ok()) return std::unexpected(wire::UNAVAILABLE);
      if (!read_copy_row(text_of(values[i]), row)) continue;
      const View inline_envelope = bytes_of(row.envelope);
      bool ok = true;
      SharedBytes envelope = row.copy.body().empty()
                                 ? std::make_shared<const Bytes>(inline_envelope.begin(), inline_envelope.end())
                                 : open_body(reading, wanted[from + i].at.where, row.copy, ok);
      if (!ok) return std::unexpected(wire::UNAVAILABLE);
      if (envelope) page.push_back(copy_from_row(row, wanted[from + i].at, std::move(envelope)));
    }
  }
  return page;
}

// An empty page says that nothing more waits, so a page of which nothing is left (acknowledged meanwhile, or damaged on the disk)
// is not the end. 'last' is: what was committed later is for the next list, so no traffic keeps this one going.
Result<Store::Page> next_page(Core& core, MailboxEntry& mailbox, PageWanted wanted, std::uint64_t last) {
  for (;;) {
    const std::vector<Place> found = places(core, mailbox, wanted, last);
    if (found.empty()) return Store::Page{};
    Result<Store::Page> page = read_places(core, wanted.tag, found);
    if (!page || !page->empty()) return page;
    wanted.after = found.back().at.order;
  }
}

void answer_page(Core& core, const std::shared_ptr<MailboxEntry>& mailbox, const PageWanted& wanted,
                 const std::function<void(Result<Store::Page>)>& then) {
  // Behind it a commit is still on the way. Of its rows a page could show some and not those before them.
  const std::uint64_t last = core.committed_seq.load(std::memory_order_acquire);
  PageWanted first = wanted;
  first.most = std::min<std::size_t>(wanted.most, 1);
  if (places(core, *mailbox, first, last).empty()) return then(Store::Page{});  // no thread need wake for it
  const auto job = [&core, mailbox, wanted, last, then] { then(next_page(core, *mailbox, wanted, last)); };
  if (!core.readers.page(job)) then(std::unexpected(wire::SLOW_DOWN));
}

}  // namespace

void read_page(Core& core, const PageWanted& wanted, const std::function<void(Result<Store::Page>)>& then) {
  if (!core.writable) return then(std::unexpected(wire::UNAVAILABLE));
  if (const auto mailbox = core.mailboxes.find(wanted.tag)) return answer_page(core, mailbox, wanted, then);
  const auto loaded = [&core, wanted, then](bool ok, const std::shared_ptr<MailboxEntry>& mailbox) {
    if (!ok || !mailbox) return then(std::unexpected(wire::UNAVAILABLE));
    answer_page(core, mailbox, wanted, then);
  };
  const auto load = [&core, wanted, loaded] {
    if (!core.mailboxes.want(wanted.tag, loaded)) return;
    Rocks::Reading reading = core.rocks.read();
    std::shared_ptr<MailboxEntry> entry;
    const bool ok = reading && core.writable && load_mailbox(core, reading, wanted.tag, entry);  // as in missing.cpp
    core.mailboxes.loaded(wanted.tag, ok ? std::move(entry) : nullptr, ok);
  };
  if (!core.readers.page(load)) then(std::unexpected(wire::SLOW_DOWN));
}

}  // namespace vigil::storage

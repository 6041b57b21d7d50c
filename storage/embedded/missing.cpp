// Starting the reads that a request needs. The starts run on the committer, what they start on the readers' pool.
#include "storage/embedded/verbs.hpp"

namespace vigil::storage {
namespace {

template <class Entry>
using Load = bool (*)(Core&, Rocks::Reading&, const Tag&, std::shared_ptr<Entry>&);

// A database that is just being opened anew has not told yet where its rows lie.
bool is_open(const Core& core, const Rocks::Reading& reading) {
  return reading && core.writable;
}

// Unless somebody reads it already: reads, puts it into the cache, and tells all who wait.
template <class Entry>
void start_load(Core& core, Cache<Entry>& cache, const Tag& tag, Load<Entry> load, Missing::Then then) {
  if (!cache.want(tag, std::move(then))) return;
  core.readers.need([&core, &cache, tag, load] {
    Rocks::Reading reading = core.rocks.read();
    std::shared_ptr<Entry> entry;
    const bool ok = is_open(core, reading) && load(core, reading, tag, entry);
    cache.loaded(tag, ok ? std::move(entry) : nullptr, ok);
  });
}

}  // namespace

bool Missing::mailbox(const Tag& tag, std::shared_ptr<MailboxEntry>& into) {
  into = core_.mailboxes.find(tag);
  if (into) return true;
  starts_.emplace_back([&core = core_, tag](Then then) { start_load(core, core.mailboxes, tag, load_mailbox, std::move(then)); });
  return false;
}

bool Missing::address(Target& target) {
  target.address = core_.addresses.find(target.tag);
  if (target.address) return mailbox(target.address->mailbox_tag, target.mailbox);
  if (target.looked_up == core_.openings) return true;
  target.looked_up = core_.openings;
  starts_.emplace_back(
      [&core = core_, tag = target.tag](Then then) { start_load(core, core.addresses, tag, load_address, std::move(then)); });
  return false;
}

bool Missing::addresses_of(const Tag& mailbox, std::shared_ptr<AddressList>& into) {
  into = core_.address_lists.find(mailbox);
  if (into) return true;
  starts_.emplace_back(
      [&core = core_, mailbox](Then then) { start_load(core, core.address_lists, mailbox, load_address_list, std::move(then)); });
  return false;
}

bool Missing::prekeys_of(const Tag& mailbox, std::shared_ptr<PrekeyShelf>& into) {
  into = core_.prekeys.find(mailbox);
  if (into) return true;
  starts_.emplace_back(
      [&core = core_, mailbox](Then then) { start_load(core, core.prekeys, mailbox, load_prekeys, std::move(then)); });
  return false;
}

bool Missing::id(IdCheck& check) {
  if (core_.remembered.seen(check) != Remembered::Seen::ask_disk) return true;
  check.generation = core_.remembered.generation();
  // 'check' lives in the parked request, which waits for this read.
  starts_.emplace_back([&core = core_, &check](Then then) {
    // Until all of them are in memory the disk would be asked for all of them.
    if (core.remembered.when_filled([then](bool ok) { then(ok, nullptr); })) return;
    core.readers.need([&core, &check, then = std::move(then)] {
      Rocks::Reading reading = core.rocks.read();
      bool ok = is_open(core, reading);
      bool seen = false;
      for (const Buckets::Place& place : core.buckets.unexpired(core.clock.now_s())) {
        if (place.bucket % 86'400 != 0) continue;  // remembered ids lie in daily buckets only
        if (!ok || !core.remembered.may_be(check.id, place)) continue;
        ok = each_remembered(reading, place, [&](const Tag& id) { seen = seen || id == check.id; });
      }
      check.known = seen ? IdCheck::Known::seen : IdCheck::Known::fresh;
      then(ok, nullptr);
    });
  });
  return false;
}

bool Missing::unread(Request& request) {
  if (request.unread_known) return true;
  starts_.emplace_back([&core = core_, &request](Then then) {
    core.readers.need([&core, &request, then = std::move(then)] {
      Rocks::Reading reading = core.rocks.read();
      request.unread_known = true;
      then(is_open(core, reading) && find_unread(core, reading, request.unread), nullptr);
    });
  });
  return false;
}

bool Missing::parts(const Tag& vigil, std::vector<std::uint64_t> seqs, std::unordered_map<std::uint64_t, SharedBytes>& into) {
  std::erase_if(seqs, [&](std::uint64_t seq) {
    if (into.contains(seq)) return true;
    SharedBytes envelope = core_.new_parts.find(seq);
    const bool found = envelope != nullptr;
    if (found) into[seq] = std::move(envelope);
    return found;
  });
  if (seqs.empty()) return true;
  starts_.emplace_back([&core = core_, vigil, seqs = std::move(seqs), &into](Then then) {
    core.readers.need([&core, vigil, seqs, &into, then = std::move(then)] {
      Rocks::Reading reading = core.rocks.read();
      bool ok = is_open(core, reading);
      for (const std::uint64_t seq : seqs) {
        std::optional<std::string> row;
        ok = ok && reading.get(reading.once(), row_key(forever, Kind::vigil_part, vigil, 0, seq).view(), row).ok();
        if (!ok) break;
        if (!row) continue;  // refreshed meanwhile, or lost
        const View bytes = bytes_of(*row);
        into[seq] = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
      }
      then(ok, nullptr);
    });
  });
  return false;
}

}  // namespace vigil::storage

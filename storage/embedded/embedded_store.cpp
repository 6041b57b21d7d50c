// Handing on, and the quick questions.
#include "storage/embedded/embedded_store.hpp"

#include <boost/asio/post.hpp>

#include "crypto/base/hash.hpp"
#include "storage/embedded/pages.hpp"

namespace vigil::storage {

std::optional<std::string> EmbeddedStore::open() {
  if (auto wrong = core_.open()) return wrong;
  core_.disk.look();
  committer_.start();
  scrubber_.start();
  return std::nullopt;
}

void EmbeddedStore::submit(Write write, boost::asio::any_io_executor shard, Completion& completion, std::uint64_t tag) {
  auto request = std::make_unique<Request>();
  request->what = std::move(write);
  request->shard = shard;
  request->completion = &completion;
  request->tag = tag;
  prepare(core_, *request);
  const Status taken = committer_.submit(request);
  if (taken == wire::DONE) return;
  boost::asio::post(shard, [&completion, tag, taken] { completion.done(tag, answer(taken, 1)); });
}

void EmbeddedStore::list(const MailboxId& mailbox, Lane lane, std::uint64_t after, std::size_t most,
                         boost::asio::any_io_executor shard, std::function<void(Result<Page>)> done) {
  const PageWanted wanted{mailbox, core_.mailbox_tag(mailbox), lane, after, most};
  auto shared = std::make_shared<std::function<void(Result<Page>)>>(std::move(done));
  read_page(core_, wanted, [shard, shared](Result<Page> page) {
    boost::asio::post(shard, [shared, page = std::move(page)]() mutable { (*shared)(std::move(page)); });
  });
}

Status EmbeddedStore::probe(const AddressHash& address) {
  const Tag tag = core_.address_tag(address);
  std::shared_ptr<AddressEntry> entry = core_.addresses.find(tag);
  if (!entry) {
    Rocks::Reading reading = core_.rocks.read();
    if (!reading || !load_address(core_, reading, tag, entry)) return wire::UNAVAILABLE;
  }
  return entry && entry->good(core_.clock.now_s()) ? wire::DONE : wire::REFUSED;
}

Result<PrekeyCount> EmbeddedStore::count_prekeys(const MailboxId& mailbox) {
  if (!has_mailbox(mailbox)) return std::unexpected(wire::REFUSED);
  const Tag tag = core_.mailbox_tag(mailbox);
  std::shared_ptr<PrekeyShelf> shelf = core_.prekeys.find(tag);
  if (!shelf) {
    Rocks::Reading reading = core_.rocks.read();
    if (!reading || !load_prekeys(core_, reading, tag, shelf)) return std::unexpected(wire::UNAVAILABLE);
  }
  const std::lock_guard lock(shelf->mutex);
  return PrekeyCount{static_cast<std::uint32_t>(shelf->one_time.size()), shelf->sequence};
}

Result<std::pair<VigilState, LeaseState>> EmbeddedStore::look(const VigilId& vigil, const Secret& secret) {
  if (!core_.writable) return std::unexpected(wire::UNAVAILABLE);
  return core_.vigils.look(core_.vigil_tag(vigil), vigil_secret_hash(secret), core_.clock.now_ms());
}

void EmbeddedStore::observe(Observer& observer) {
  core_.observer = &observer;
  // An empty request makes the committer tell it the next moment.
  auto request = std::make_unique<Request>();
  request->what = Write(AddInvites{});
  committer_.submit(request);
}

bool EmbeddedStore::has_mailbox(const MailboxId& mailbox) {
  const Tag tag = core_.mailbox_tag(mailbox);
  if (const auto entry = core_.mailboxes.find(tag)) {
    const std::lock_guard lock(entry->mutex);
    return entry->exists;
  }
  const Rocks::Reading reading = core_.rocks.read();
  return reading && reading.head(head_key(Head::mailbox, tag).view()).has_value();
}

Guarantees EmbeddedStore::guarantees() const {
  Guarantees out;
  out.erase_bound = scrubber_.bound();
  return out;
}

Figures EmbeddedStore::figures() const {
  const Counters& from = core_.counters;
  const Buckets::Count waiting = core_.buckets.total();
  Figures out;
  out.mailboxes = from.mailboxes;
  out.addresses = from.addresses;
  out.copies_urgent = waiting.urgent;
  out.copies_normal = waiting.normal;
  out.bytes = waiting.bytes;
  out.vigils = from.vigils;
  out.invites = from.invites;
  out.commits = from.commits;
  out.requests = from.requests;
  out.stored = from.stored;
  out.acknowledged = from.acknowledged;
  out.expired = from.expired;
  out.refused = from.refused;
  out.failed_syncs = from.failed_syncs;
  out.undestroyed_keys = core_.rocks.keys()->undestroyed();
  out.free_percent = core_.disk.free_percent();
  out.writable = core_.writable;
  out.commit_times = from.commit_times.counts();
  return out;
}

void EmbeddedStore::close() {
  scrubber_.stop();
  committer_.stop();
  core_.readers.stop();
}

}  // namespace vigil::storage

// Rows as a damaged disk gives them back: written past the store into a real database, loaded by the store's own loaders, and
// then asked about with every verb, one request at a time as the committer does it. No row crashes the relay, none is taken for
// another mailbox's, address's or vigil's, and what a reader gets is a copy.
#include <condition_variable>

#include "crypto/base/hash.hpp"
#include "storage/embedded/pages.hpp"
#include "storage/embedded/vigil_rows.hpp"
#include "tests/fuzz/must.hpp"
#include "tests/fuzz/relay_cases.pb.h"

namespace {

using namespace vigil;
using namespace vigil::storage;
using fuzz::must;
using fuzz::str;

class HandClock final : public Clock {
 public:
  std::uint64_t wall_ms() const override { return now_ms; }
  std::uint64_t monotonic_ms() const override { return now_ms; }
  std::uint64_t now_ms = 1'800'000'000'000;
};

template <class Id>
Id numbered(std::uint32_t kind, std::uint32_t number) {
  Id id;
  id.bytes.fill(static_cast<std::uint8_t>(kind));
  id.bytes[1] = static_cast<std::uint8_t>(number);
  return id;
}
MailboxId mailbox_of(std::uint32_t n) {
  return numbered<MailboxId>(1, n % 3);
}
AddressHash address_of(std::uint32_t n) {
  return numbered<AddressHash>(2, n % 4);
}
VigilId vigil_of(std::uint32_t n) {
  return numbered<VigilId>(3, n % 3);
}
Secret secret_of(std::uint32_t n) {
  return numbered<Secret>(4, n % 64);
}
void fill(std::string& field, View right) {
  if (field.empty()) field = str(right);
}
std::size_t envelope_size(std::uint32_t n) {
  return n != 0 && n <= 5 ? limits::envelope_bytes[n - 1] : n % 2000;
}

// The store around the rows, without its threads for committing and scrubbing.
class Ground final : public Observer {
 public:
  Ground() {
    std::filesystem::create_directories(options_.directory);
    must(!core->open(), "an empty store opens");
    core->hashing_key = {};
    core->observer = this;
    core->remembered.filled();
  }
  ~Ground() override {
    core->readers.stop();
    core->close(false);
  }

  void put(const fuzz::Row& row);
  void load() {
    core->vigils.clear();
    core->invites.all.clear();
    refused_ = core->vigils.load(*core, 0).has_value();
    must(!load_invites(*core), "invites can be loaded");
  }
  // As Committer::step, with nobody else about.
  Outcome apply(Write write) {
    auto request = std::make_unique<Request>();
    request->what = std::move(write);
    std::deque<std::unique_ptr<Request>> line;
    line.push_back(std::move(request));
    Outcome first;
    for (unsigned done = 0; !line.empty(); ++done) {
      must(done < 1000, "what follows from one request comes to an end");
      const Outcome outcome = step(*line.front(), line);
      if (done == 0) first = outcome;
      finished_.push_back(std::move(line.front()));
      line.pop_front();
    }
    finished_.clear();
    return first;
  }
  void look_at_pages();
  void forget();

  HandClock& clock() { return *clock_; }
  bool refused() const { return refused_; }

 private:
  Outcome step(Request& request, std::deque<std::unique_ptr<Request>>& line) {
    if (std::holds_alternative<Write>(request.what)) prepare(*core, request);
    for (unsigned tries = 0;; ++tries) {
      must(tries < 20, "a request finds what it needs");
      Missing missing(*core);
      gather(*core, request, missing);
      if (missing.none()) break;
      if (!read(request, missing.take())) return answer(wire::UNAVAILABLE);
    }
    batch_.forget();
    batch_.go_on(core->rocks.once(), core->rocks.heads(), core->clock.now_ms());
    const std::optional<Outcome> outcome = storage::apply(*core, batch_, request);
    for (auto& next : batch_.follow_ups) line.push_back(std::move(next));
    batch_.follow_ups.clear();
    batch_.put_remembered();
    if (!batch_.empty()) must(core->rocks.write(batch_.rows).ok(), "rows are written");
    core->new_parts.clear();
    if (batch_.last_seq != 0) core->committed_seq = batch_.last_seq;
    return outcome.value_or(answer(wire::DONE));
  }
  bool read(Request& request, const std::vector<Missing::Start>& starts) {
    std::mutex mutex;
    std::condition_variable wake;
    std::size_t left = starts.size();
    bool good = true;
    for (const Missing::Start& start : starts)
      start([&](bool ok, std::shared_ptr<void> held) {
        const std::lock_guard lock(mutex);
        good = good && ok;
        if (held) request.held.push_back(std::move(held));
        if (--left == 0) wake.notify_one();
      });
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return left == 0; });
    return good;
  }

  // Observer: a copy goes to whom its address belongs, and to nobody else.
  void admitted(const MailboxId& mailbox, const StoredCopy& copy) noexcept override {
    const auto address = core->addresses.find(core->address_tag(copy.address));
    must(address != nullptr && address->mailbox == mailbox, "a copy is announced to the mailbox of its address");
    must(copy.envelope != nullptr, "a copy has an envelope");
  }
  void settled(std::uint64_t) noexcept override {}
  void unsettled() noexcept override {}
  void next_due(std::uint64_t) noexcept override {}

  Key key_of(const fuzz::Row& row, Bucket bucket) const;

  fuzz::Folder folder_{"rows"};
  std::shared_ptr<HandClock> clock_ = std::make_shared<HandClock>();
  static EmbeddedOptions options_in(const std::filesystem::path& folder, std::shared_ptr<const Clock> clock) {
    EmbeddedOptions options;
    options.directory = folder / "store";
    options.block_cache_bytes = 1u << 20;
    options.keys_in_memory = true;
    options.clock = std::move(clock);
    return options;
  }
  EmbeddedOptions options_ = options_in(folder_.path(), clock_);
  std::unique_ptr<Core> core = std::make_unique<Core>(options_);
  Batch batch_;
  std::vector<std::unique_ptr<Request>> finished_;
  bool refused_ = false;
};

// ---- rows, made right where the input leaves them empty

void complete(stored::Copy& copy, const fuzz::Row& row) {
  fill(*copy.mutable_id(), numbered<CopyId>(5, row.also()).view());
  fill(*copy.mutable_address(), address_of(row.of()).view());
  if (copy.bytes() == 0) copy.set_bytes(static_cast<std::uint32_t>(envelope_size(row.envelope())));
}

template <class Endings>
void complete_endings(Endings& endings, std::uint32_t first_secret) {
  for (int i = 0; i < endings.size(); ++i)
    fill(*endings.Mutable(i)->mutable_hash(), vigil_secret_hash(secret_of(first_secret + static_cast<std::uint32_t>(i))).view());
}

void complete(stored::VigilHead& head, const fuzz::Row& row, std::uint64_t now_ms) {
  fill(*head.mutable_id(), vigil_of(row.of()).view());
  fill(*head.mutable_hurry_hash(), vigil_secret_hash(secret_of(1)).view());
  fill(*head.mutable_refresh_hash(), vigil_secret_hash(secret_of(2)).view());
  complete_endings(*head.mutable_endings(), 3);
  complete_endings(*head.mutable_renewals(), 5);
  for (int i = 0; i < head.parties_size(); ++i)
    fill(*head.mutable_parties(i)->mutable_address(), address_of(static_cast<std::uint32_t>(i)).view());
  for (int i = 0; i < head.answers_size(); ++i) {
    const auto n = static_cast<std::uint32_t>(i);
    static const Secret chain = answer_chain(secret_of(10), limits::answer_chain_steps);
    fill(*head.mutable_answers(i)->mutable_head(), chain.view());
    fill(*head.mutable_answers(i)->mutable_close_hash(), vigil_secret_hash(secret_of(20 + n)).view());
  }
  constexpr std::uint64_t soon_ms = 10'000'000;
  if (head.dies_ms() < soon_ms) head.set_dies_ms(now_ms + head.dies_ms() + soon_ms);
  if (head.due_ms() != 0 && head.due_ms() < soon_ms) head.set_due_ms(now_ms + head.due_ms());
  if (head.lease_end_ms() != 0 && head.lease_end_ms() < soon_ms) head.set_lease_end_ms(now_ms + head.lease_end_ms());
}

Key Ground::key_of(const fuzz::Row& row, Bucket bucket) const {
  const Tag mailbox = core->mailbox_tag(mailbox_of(row.of())), vigil = core->vigil_tag(vigil_of(row.of()));
  const Tag address = core->address_tag(address_of(row.of()));
  switch (row.row_case()) {
    case fuzz::Row::kCopy:
    case fuzz::Row::kRaw:
    case fuzz::Row::ROW_NOT_SET:
      return row_key(bucket, storage::Kind::copy, mailbox, static_cast<int>(row.also() % 2), 1 + row.also());
    case fuzz::Row::kInvite:
      return prefix_key(forever, 0, storage::Kind::invite, address);
    case fuzz::Row::kPrekey:
      return row_key(forever, storage::Kind::prekey, mailbox, 0, 1 + row.also());
    case fuzz::Row::kEnded:
      return prefix_key(bucket, 0, storage::Kind::ended, vigil);
    case fuzz::Row::kTombstone:
      return prefix_key(bucket, 0, storage::Kind::tombstone, vigil);
    case fuzz::Row::kPart:
      return row_key(forever, storage::Kind::vigil_part, vigil, 0, 1 + row.also());
    case fuzz::Row::kMailbox:
      return head_key(Head::mailbox, mailbox);
    case fuzz::Row::kBundle:
      return head_key(Head::bundle, mailbox);
    case fuzz::Row::kAddress:
      return head_key(Head::address, address);
    case fuzz::Row::kAddressOf:
      return address_of_key(mailbox, core->address_tag(address_of(row.also())));
    case fuzz::Row::kVigil:
      return head_key(Head::vigil, vigil);
  }
  return {};
}

void Ground::put(const fuzz::Row& from) {
  fuzz::Row row = from;
  const std::uint64_t now_s = core->clock.now_s();
  const std::uint32_t lives_s = row.lives_s() == 0 ? 86'400 : row.lives_s() % 3'000'000;
  const Bucket bucket = row.forever() ? forever : bucket_of(lives_s, now_s + lives_s);
  std::string value;
  const auto write = [&value](auto& message) {
    if (message.version() == 0) message.set_version(row_version);
    message.SerializeToString(&value);
  };
  if (row.has_copy()) {
    stored::Copy& copy = *row.mutable_copy();
    complete(copy, row);
    if (copy.version() == 0) copy.set_version(row_version);
    write_copy_head(value, static_cast<std::uint32_t>(now_s + lives_s), copy);
    value.append(envelope_size(row.envelope()), 'e');
  }
  if (row.has_raw()) value = row.raw();
  if (row.has_part()) {
    value = row.part();
    if (value.size() <= 5) value.resize(envelope_size(static_cast<std::uint32_t>(value.size())));
  }
  if (row.has_mailbox()) fill(*row.mutable_mailbox()->mutable_id(), mailbox_of(row.of()).view()), write(*row.mutable_mailbox());
  if (row.has_address()) {
    fill(*row.mutable_address()->mutable_mailbox(), mailbox_of(row.also()).view());
    write(*row.mutable_address());
  }
  if (row.has_vigil()) complete(*row.mutable_vigil(), row, core->clock.now_ms()), write(*row.mutable_vigil());
  if (row.has_invite()) write(*row.mutable_invite());
  if (row.has_prekey()) write(*row.mutable_prekey());
  if (row.has_ended()) write(*row.mutable_ended());
  if (row.has_tombstone()) write(*row.mutable_tombstone());
  if (row.has_bundle()) write(*row.mutable_bundle());
  if (row.has_address_of()) write(*row.mutable_address_of());
  const Key right = key_of(row, bucket);
  const std::string_view key = row.key().empty() ? right.view() : std::string_view(row.key());
  if (key.starts_with('#')) return;  // what the opening reads itself
  const bool heads = row.row_case() >= fuzz::Row::kMailbox && row.row_case() <= fuzz::Row::kVigil;
  rocksdb::WriteBatch rows;
  rows.Put(heads ? core->rocks.heads() : core->rocks.once(), slice(key), slice(value)).PermitUncheckedError();
  must(core->rocks.write(rows).ok(), "a row is written");
  if (!heads && key.size() >= bucket_bytes && bucket_of_key(key) != forever)
    core->buckets.live(bucket_of_key(key), volume_of_key(key));
}

void Ground::look_at_pages() {
  for (std::uint32_t n = 0; n < 3; ++n) {
    for (const int lane : {wire::URGENT, wire::NORMAL}) {
      const PageWanted wanted{mailbox_of(n), core->mailbox_tag(mailbox_of(n)), lane, 0, 1000};
      std::mutex mutex;
      std::condition_variable wake;
      std::optional<Result<Store::Page>> page;
      core->committed_seq = ~std::uint64_t{0};
      read_page(*core, wanted, [&](Result<Store::Page> got) {
        const std::lock_guard lock(mutex);
        page = std::move(got);
        wake.notify_one();
      });
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return page.has_value(); });
      must(page->has_value(), "what waits can be listed");
      for (const StoredCopy& copy : **page) {
        must(copy.envelope && limits::is_envelope_size(copy.envelope->size()), "a reader gets an envelope");
        must(copy.id != CopyId{} && copy.address != AddressHash{}, "under its own id and address");
        must(wire::VigilCopy_IsValid(copy.of_vigil) && copy.expires > core->clock.now_s(), "of a known kind, and living");
        must((copy.of_vigil == wire::NOTICE) == copy.notice.has_value(), "a notice says what happened, nothing else does");
        must(!copy.notice || wire::Released_Act_IsValid(copy.notice->act), "a notice is of a known act");
      }
    }
  }
}

// Everything that was written, and everything in memory.
void Ground::forget() {
  for (auto* family : {core->rocks.once(), core->rocks.heads()}) {
    rocksdb::WriteBatch rows;
    rocksdb::ReadOptions all;
    all.total_order_seek = true;
    const Rocks::Reading reading = core->rocks.read();
    const std::unique_ptr<rocksdb::Iterator> at(reading.db().NewIterator(all, family));
    for (at->SeekToFirst(); at->Valid(); at->Next())
      if (!at->key().starts_with("#")) rows.Delete(family, at->key()).PermitUncheckedError();
    if (rows.Count() != 0) must(core->rocks.write(rows).ok(), "rows are removed");
  }
  core->mailboxes.clear();
  core->addresses.clear();
  core->address_lists.clear();
  core->prekeys.clear();
  core->remembered.clear();
  core->remembered.filled();
  core->buckets.clear();
  core->vigils.clear();
}

// ---- what is asked

SharedBytes envelope() {
  static const SharedBytes one = std::make_shared<const Bytes>(limits::envelope_bytes[0]);
  return one;
}

Keep keep_of(const fuzz::Ask& ask) {
  Keep keep;
  keep.id = vigil_of(ask.of());
  keep.kind = ask.second() ? wire::CHECK_IN : wire::ALERT;
  keep.due_in_s = ask.number() % 100;
  keep.period_max_s = ask.second() ? 60 : 0;
  keep.hurry_hash = vigil_secret_hash(secret_of(1));
  keep.refresh_hash = vigil_secret_hash(secret_of(2));
  keep.addresses = {address_of(ask.of()), address_of(ask.of() + 1)};
  keep.stages = {{0, {{0, envelope()}}}, {10, {{1, envelope()}}}};
  keep.repeats = true;
  for (std::uint32_t i = 0; i < 2; ++i)
    keep.endings.push_back({vigil_secret_hash(secret_of(3 + i)), i == 0 ? wire::STOP : wire::GO_ON, {{0, envelope()}}});
  keep.notices = {{0, envelope()}, {1, envelope()}};
  return keep;
}

Write write_of(const fuzz::Ask& ask) {
  const std::uint32_t n = ask.number();
  switch (ask.verb() % 16) {
    case 0:
      return ReleaseDue{};
    case 1:
      return OpenMailbox{mailbox_of(ask.of()), std::nullopt};
    case 2:
      return Grant{.mailbox = mailbox_of(ask.of()),
                   .address = address_of(n),
                   .urgent = true,
                   .normal = true,
                   .vigils = true,
                   .life_max = wire::THIRTY_DAYS,
                   .prekeys_max = 8,
                   .expires = 0};
    case 3:
      return Withdraw{mailbox_of(ask.of()), address_of(n)};
    case 4:
      return PublishPrekeys{mailbox_of(ask.of()), Bytes(10), n, {{n, Bytes(33)}}};
    case 5:
      return Acknowledge{mailbox_of(ask.of()), {{wire::URGENT, n, forever}, {wire::NORMAL, n, forever}}};
    case 6:
      return Burn{mailbox_of(ask.of())};
    case 7:
      return TakePrekeys{address_of(ask.of()), ask.second()};
    case 8: {
      Deliver deliver{.id = numbered<FanoutId>(6, n),
                      .lane = ask.second() ? wire::URGENT : wire::NORMAL,
                      .lifetime = wire::ONE_DAY,
                      .topic = {},
                      .order = 0,
                      .envelope = envelope(),
                      .to = {address_of(ask.of())}};
      if (n % 3 == 1) deliver.topic = numbered<Topic>(7, 0), deliver.order = n;
      if (n % 3 == 2) deliver.to.push_back(address_of(ask.of() + 1));
      return deliver;
    }
    case 9:
      return keep_of(ask);
    case 10:
      return Refresh{vigil_of(ask.of()), secret_of(2), 1 + n, {{n % 8, n / 8 % 8, envelope()}}};
    case 11:
      return Renew{vigil_of(ask.of()), secret_of(ask.second() ? 6 : 5), 1 + n, 60};
    case 12:
      return Hurry{vigil_of(ask.of()), secret_of(1)};
    case 13:
      return End{vigil_of(ask.of()), secret_of(ask.second() ? 4 : 3), address_of(n)};
    case 14: {
      const std::uint32_t step = 1 + n % limits::answer_chain_steps;
      return Answering{vigil_of(ask.of()), n / 256 % 4, step, answer_chain(secret_of(10), limits::answer_chain_steps - step)};
    }
    default:
      return Close{vigil_of(ask.of()), n % 4, secret_of(20 + n % 4)};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<Ground> ground;
  static unsigned runs = 0;
  fuzz::Disk disk;
  if (!disk.ParseFromArray(data, static_cast<int>(size)) || disk.rows_size() > 40 || disk.asks_size() > 24) return 0;
  if (runs % 2000 == 0) ground.reset(), ground = std::make_unique<Ground>();  // deleted rows stay in memtables for long
  if (runs++ == 0) std::atexit([] { ground.reset(); });                       // before what RocksDB itself has static
  ground->clock().now_ms = 1'800'000'000'000;
  for (const fuzz::Row& row : disk.rows()) ground->put(row);
  ground->load();
  if (!ground->refused()) {  // the relay says so and does not start
    ground->look_at_pages();
    for (const fuzz::Ask& ask : disk.asks()) {
      ground->clock().now_ms += ask.later_s() % 100'000 * std::uint64_t{1000};
      const Status status = ground->apply(write_of(ask)).status;
      must(wire::Status_IsValid(status) && status != wire::STATUS_UNSET, "every request has an outcome");
    }
    ground->look_at_pages();
  }
  ground->forget();
  return 0;
}

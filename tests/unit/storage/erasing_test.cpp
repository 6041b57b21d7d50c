// What RocksDB forgets: filters and collectors, and the files themselves searched for bytes.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "storage/embedded/erasing.hpp"
#include "storage/embedded/rows.hpp"
#include "tests/unit/storage/support.hpp"

using namespace vigil;
using namespace vigil::storage;
using vigil::storage::test::Shop;

TEST_CASE("compaction purges a copy at its own expiry and any row with its bucket", "[storage][erasing]") {
  const auto now = std::make_shared<std::atomic<Instant>>(1000);
  const auto filter = purge_expired_rows(now)->CreateCompactionFilter({});
  using Decision = rocksdb::CompactionFilter::Decision;
  const auto decide = [&](const Key& key, std::uint32_t expires) {
    std::string value, out, skip;
    write_copy_head(value, expires, {});
    const rocksdb::Slice name(key.view().data(), key.view().size());
    return filter->FilterV2(0, name, rocksdb::CompactionFilter::ValueType::kValue, value, &out, &skip);
  };
  CHECK(decide(row_key(1200, Kind::copy, {}, 0, 1), 1001) == Decision::kKeep);
  CHECK(decide(row_key(1200, Kind::copy, {}, 0, 1), 1000) == Decision::kPurge);
  CHECK(decide(row_key(1000, Kind::copy, {}, 0, 1), 2000) == Decision::kPurge);
  CHECK(decide(prefix_key(1200, Kind::remembered, {}), 1) == Decision::kKeep);
  CHECK(decide(row_key(forever, Kind::vigil_part, {}, 0, 1), 1) == Decision::kKeep);
}

namespace {

// Until 'holds', by the scrubber's own clock; every wait ends in a failure rather than in patience without end.
template <class Holds>
bool soon(Holds holds) {
  for (int turn = 0; turn < 600; ++turn) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

EmbeddedOptions quickly() {
  EmbeddedOptions options;
  options.scrub_interval_s = 1;
  return options;
}

}  // namespace

TEST_CASE("acknowledged bytes leave every file, those beside them stay", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  std::vector<Deliver> sent;
  for (int i = 0; i < 200; ++i) sent.push_back(Shop::deliver({shop.address(mailbox)}, wire::NORMAL, wire::FOURTEEN_DAYS));
  for (const Deliver& deliver : sent) REQUIRE(shop.status(deliver) == wire::DONE);
  const auto needle = [&](std::size_t i) { return View(*sent[i].envelope).first(32); };
  // They must be found before, or not finding them afterwards shows nothing.
  REQUIRE(shop.directory.files_with(needle(7)) > 0);
  REQUIRE(shop.directory.files_with(needle(150)) > 0);
  // In the tables already when they are acknowledged: the hard case.
  shop.reopen();
  REQUIRE(shop.directory.files_with(needle(7)) > 0);
  const auto page = shop.list(mailbox, wire::NORMAL, 0, 64);
  REQUIRE(page->size() == 64);
  std::vector<Position> half;
  for (std::size_t i = 0; i < 64; i += 2) half.push_back((*page)[i].at);
  REQUIRE(shop.status(Acknowledge{mailbox, half}) == wire::DONE);
  CHECK(soon([&] { return shop.directory.files_with(needle(0)) + shop.directory.files_with(needle(62)) == 0; }));
  CHECK(shop.directory.files_with(needle(1)) > 0);
  CHECK(shop.directory.files_with(needle(150)) > 0);
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 168);
}

TEST_CASE("expired bytes leave every file with their bucket, and by themselves inside a bucket", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  const Deliver brief = Shop::deliver({address}, wire::NORMAL, wire::TEN_MINUTES), day = Shop::deliver({address});
  REQUIRE(shop.status(brief) == wire::DONE);
  REQUIRE(shop.status(day) == wire::DONE);
  const View gone = View(*brief.envelope).first(32), stays = View(*day.envelope).first(32);
  REQUIRE(shop.directory.files_with(gone) > 0);
  shop.clock->pass(1300);
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 1);
  CHECK(soon([&] { return shop.directory.files_with(gone) == 0; }));
  CHECK(shop.directory.files_with(stays) > 0);
  CHECK(soon([&] { return shop.store->figures().copies_normal == 1; }));
}

TEST_CASE("what is overwritten or withdrawn leaves every file: no address hash, no old bundle", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const Bytes old_bundle = random_bytes(300), new_bundle = random_bytes(300);
  REQUIRE(shop.status(PublishPrekeys{mailbox, old_bundle, 1, {}}) == wire::DONE);
  shop.reopen();
  REQUIRE(shop.directory.files_with(View(old_bundle).first(32)) > 0);
  REQUIRE(shop.status(PublishPrekeys{mailbox, new_bundle, 2, {}}) == wire::DONE);
  CHECK(soon([&] { return shop.directory.files_with(View(old_bundle).first(32)) == 0; }));
  CHECK(shop.directory.files_with(View(new_bundle).first(32)) > 0);
}

TEST_CASE("a burned mailbox leaves no byte", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const Deliver deliver = Shop::deliver({shop.address(mailbox)}, wire::URGENT, wire::THIRTY_DAYS);
  REQUIRE(shop.status(deliver) == wire::DONE);
  shop.reopen();
  REQUIRE(shop.directory.files_with(View(*deliver.envelope).first(32)) > 0);
  REQUIRE(shop.directory.files_with(mailbox.view()) > 0);
  REQUIRE(shop.status(Burn{mailbox}) == wire::DONE);
  CHECK(soon([&] { return shop.directory.files_with(View(*deliver.envelope).first(32)) == 0; }));
  CHECK(soon([&] { return shop.directory.files_with(mailbox.view()) == 0; }));
}

TEST_CASE("an alert cancelled inside its hold leaves no byte: no sealed copy, no hash, not its id", "[storage][erasing]") {
  Shop shop(quickly());
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  const Secret stop = random_id<Secret>(), go_on = random_id<Secret>(), refresh = random_id<Secret>();
  const SharedBytes staged = Shop::envelope(4096), fresh = Shop::envelope(4096), notice = Shop::envelope();
  const SharedBytes endings[2] = {Shop::envelope(), Shop::envelope()};
  Keep keep;
  keep.id = random_id<VigilId>();
  keep.kind = wire::ALERT;
  keep.due_in_s = 10;
  keep.hurry_hash = random_id<Hash>();
  keep.refresh_hash = vigil_secret_hash(refresh);
  keep.addresses = {address};
  keep.stages = {{.after_s = 0, .copies = {{0, staged}}}};
  keep.endings = {{vigil_secret_hash(stop), wire::STOP, {{0, endings[0]}}},
                  {vigil_secret_hash(go_on), wire::GO_ON, {{0, endings[1]}}}};
  keep.notices = {{0, notice}};
  REQUIRE(shop.status(keep) == wire::DONE);
  const auto files_with = [&](const SharedBytes& envelope) { return shop.directory.files_with(View(*envelope).first(32)); };
  REQUIRE(files_with(staged) > 0);
  REQUIRE(shop.status(Refresh{keep.id, refresh, 1, {{0, 0, fresh}}}) == wire::DONE);
  CHECK(soon([&] { return files_with(staged) == 0; }));  // replaced, while the vigil lives
  for (const SharedBytes& envelope : {fresh, notice, endings[0], endings[1]}) REQUIRE(files_with(envelope) > 0);
  REQUIRE(shop.directory.files_with(keep.id.view()) > 0);

  REQUIRE(shop.status(End{keep.id, stop, address}) == wire::DONE);
  for (const SharedBytes& envelope : {fresh, notice, endings[0], endings[1]})
    CHECK(soon([&] { return files_with(envelope) == 0; }));
  for (const Hash& hash : {keep.hurry_hash, keep.refresh_hash, keep.endings[0].hash, keep.endings[1].hash})
    CHECK(soon([&] { return shop.directory.files_with(hash.view()) == 0; }));
  CHECK(soon([&] { return shop.directory.files_with(keep.id.view()) == 0; }));
  CHECK(shop.list(mailbox, wire::URGENT)->empty());
  CHECK(shop.store->figures().vigils == 0);
}

TEST_CASE("below the free share of the disk copies are unavailable, and acknowledgements work", "[storage][disk]") {
  EmbeddedOptions options;
  options.free_for_normal_percent = 101;
  Shop shop(options);
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  CHECK(shop.status(Shop::deliver({address}, wire::NORMAL)) == wire::UNAVAILABLE);
  REQUIRE(shop.status(Shop::deliver({address}, wire::URGENT)) == wire::DONE);
  shop.options.free_for_urgent_percent = 101;
  shop.reopen();
  CHECK(shop.status(Shop::deliver({address}, wire::URGENT)) == wire::UNAVAILABLE);
  const auto page = shop.list(mailbox, wire::URGENT);
  REQUIRE(page->size() == 1);
  CHECK(shop.status(Acknowledge{mailbox, {page->front().at}}) == wire::DONE);
  CHECK(shop.list(mailbox, wire::URGENT)->empty());
}

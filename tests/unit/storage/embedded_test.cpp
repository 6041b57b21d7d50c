// The embedded store's own promises: what survives reopening, what the caches rebuild.
#include <rocksdb/db.h>

#include <catch2/catch.hpp>

#include "storage/embedded/keys.hpp"
#include "tests/contract/keyed_env.hpp"
#include "tests/unit/storage/support.hpp"

using namespace vigil;
using namespace vigil::storage;
using vigil::storage::test::Shop;

TEST_CASE("what was delivered is listed in order, also after reopening, and acknowledged copies are not", "[storage][embedded]") {
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  std::vector<Deliver> sent;
  for (int i = 0; i < 20; ++i) {
    sent.push_back(
        Shop::deliver({address}, i % 5 == 0 ? wire::URGENT : wire::NORMAL, i % 2 ? wire::ONE_DAY : wire::FOURTEEN_DAYS));
    REQUIRE(shop.status(sent.back()) == wire::DONE);
  }
  CHECK(shop.seen.copies.size() == 20);
  CHECK(shop.seen.durable == shop.seen.copies.back().at.order);
  for (const bool reopened : {false, true}) {
    if (reopened) shop.reopen();
    const auto page = shop.list(mailbox, wire::NORMAL);
    REQUIRE(page);
    REQUIRE(page->size() == (reopened ? 15 : 16));
    if (!reopened) {
      CHECK(*page->front().envelope == *sent[1].envelope);
      CHECK(page->front().address == address);
      REQUIRE(shop.status(Acknowledge{mailbox, {page->front().at}}) == wire::DONE);
      REQUIRE(shop.status(Acknowledge{mailbox, {page->front().at}}) == wire::DONE);
    }
    for (std::size_t i = 1; i < page->size(); ++i) REQUIRE((*page)[i - 1].at.order < (*page)[i].at.order);
    CHECK(shop.list(mailbox, wire::URGENT)->size() == 4);
  }
  CHECK(shop.list(mailbox, wire::NORMAL, 0, 3)->size() == 3);
}

TEST_CASE("the same copy again is done and changes nothing, also acknowledged, also after reopening, for 72 hours",
          "[storage][embedded]") {
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  const Deliver deliver = Shop::deliver({shop.address(mailbox)}, wire::NORMAL, wire::THIRTY_DAYS);
  REQUIRE(shop.status(deliver) == wire::DONE);
  REQUIRE(shop.status(deliver) == wire::DONE);
  const auto page = shop.list(mailbox, wire::NORMAL);
  REQUIRE(page->size() == 1);
  REQUIRE(shop.status(Acknowledge{mailbox, {page->front().at}}) == wire::DONE);
  shop.reopen();
  shop.clock->pass(71 * 3600);
  REQUIRE(shop.status(deliver) == wire::DONE);
  CHECK(shop.list(mailbox, wire::NORMAL)->empty());
  shop.clock->pass(26 * 3600);
  shop.reopen();
  REQUIRE(shop.status(deliver) == wire::DONE);
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 1);
}

TEST_CASE("a fan-out that reaches into the next volume is read, and ids of both volumes are known, also after reopening",
          "[storage][embedded]") {
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  std::vector<AddressHash> addresses;
  for (int i = 0; i < 100; ++i) addresses.push_back(shop.address(mailbox));
  const auto volume = [](const StoredCopy& copy) { return volume_of(copy.at.order); };
  std::vector<Deliver> sent;
  for (bool crossed = false; !crossed;) {
    Deliver next = Shop::deliver(addresses);
    next.topic = Topic{{1}};  // takes the place of the one before, so that nothing is full
    next.order = sent.size() + 1;
    sent.push_back(next);
    REQUIRE(shop.status(std::move(next)) == wire::DONE);
    REQUIRE(sent.size() < 700);
    const auto& copies = shop.seen.copies;
    crossed = volume(copies[copies.size() - 100]) != volume(copies.back());
  }
  for (int i = 0; i < 2; ++i) {
    Deliver next = Shop::deliver({addresses[0]});
    sent.push_back(next);
    REQUIRE(shop.status(std::move(next)) == wire::DONE);
  }
  for (const bool reopened : {false, true}) {
    INFO(reopened);
    if (reopened) shop.reopen();
    const auto page = shop.list(mailbox, wire::NORMAL);
    REQUIRE(page);
    REQUIRE(page->size() == 102);
    for (std::size_t i = 0; i < 100; ++i) REQUIRE(*(*page)[i].envelope == *sent[sent.size() - 3].envelope);
    for (const std::size_t known : {std::size_t{0}, sent.size() - 3, sent.size() - 2, sent.size() - 1})
      REQUIRE(shop.status(sent[known]) == wire::DONE);
    CHECK(shop.list(mailbox, wire::NORMAL)->size() == 102);
  }
}

TEST_CASE("a fan-out is stored once, and unreadable when its last copy is acknowledged", "[storage][embedded]") {
  Shop shop;
  std::vector<MailboxId> mailboxes;
  std::vector<AddressHash> addresses;
  for (int i = 0; i < 3; ++i) {
    mailboxes.push_back(shop.mailbox());
    addresses.push_back(shop.address(mailboxes.back()));
  }
  addresses.push_back(random_id<AddressHash>());
  const Deliver deliver = Shop::deliver(addresses);
  const Outcome outcome = shop.apply(deliver);
  REQUIRE(outcome.status == wire::PARTIAL);
  CHECK(outcome.each == std::vector<Status>{wire::DONE, wire::DONE, wire::DONE, wire::REFUSED});
  shop.reopen();
  for (const MailboxId& mailbox : mailboxes) {
    const auto page = shop.list(mailbox, wire::NORMAL);
    REQUIRE(page->size() == 1);
    CHECK(*page->front().envelope == *deliver.envelope);
  }
  CHECK(shop.directory.files_with(*deliver.envelope) == 0);
}

TEST_CASE("a copy whose row is damaged hides none of those behind it", "[storage][embedded]") {
  // A reader takes an empty page for the end. Method: the body of a fan-out is taken from the disk while the store is closed.
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  REQUIRE(shop.status(Shop::deliver({address, shop.address(shop.mailbox())})) == wire::DONE);
  const Deliver behind = Shop::deliver({address});
  REQUIRE(shop.status(behind) == wire::DONE);
  shop.close();
  {
    rocksdb::DB* opened = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    const rocksdb::ColumnFamilyOptions plain;
    const testing::KeyedEnv env(shop.options.directory);
    rocksdb::Options options;
    options.env = env.get();
    REQUIRE(rocksdb::DB::Open(options, (shop.options.directory / "rows").string(), {{"default", plain}, {"heads", plain}},
                              &families, &opened)
                .ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    std::vector<std::string> bodies;
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}, families[0]));
    for (at->SeekToFirst(); at->Valid(); at->Next())
      if (kind_of_key(at->key().ToStringView()) == Kind::body) bodies.push_back(at->key().ToString());
    REQUIRE(bodies.size() == 1);
    REQUIRE(db->Delete({}, families[0], bodies[0]).ok());
    for (rocksdb::ColumnFamilyHandle* family : families) REQUIRE(db->DestroyColumnFamilyHandle(family).ok());
  }
  shop.open();
  const auto page = shop.list(mailbox, wire::NORMAL, 0, 1);
  REQUIRE(page);
  REQUIRE(page->size() == 1);
  CHECK(*page->front().envelope == *behind.envelope);
}

TEST_CASE("with room for one mailbox in memory, hundreds are rebuilt as they are needed", "[storage][embedded]") {
  EmbeddedOptions options;
  options.ledger_bytes = 2000;
  Shop shop(options);
  std::vector<std::pair<MailboxId, AddressHash>> all;
  for (int i = 0; i < 60; ++i) {
    const MailboxId mailbox = shop.mailbox();
    all.emplace_back(mailbox, shop.address(mailbox));
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& [mailbox, address] : all) REQUIRE(shop.status(Shop::deliver({address})) == wire::DONE);
  }
  for (const auto& [mailbox, address] : all) {
    const auto page = shop.list(mailbox, wire::NORMAL);
    REQUIRE(page);
    CHECK(page->size() == 3);
    shop.status(Acknowledge{mailbox, {(*page)[1].at}});
  }
  for (const auto& [mailbox, address] : all) CHECK(shop.list(mailbox, wire::NORMAL)->size() == 2);
}

TEST_CASE("withdrawing wins over everything that loads the address meanwhile", "[storage][embedded]") {
  EmbeddedOptions options;
  options.ledger_bytes = 0;
  Shop shop(options);
  const MailboxId mailbox = shop.mailbox();
  for (int i = 0; i < 20; ++i) {
    const AddressHash address = shop.address(mailbox);
    REQUIRE(shop.status(Shop::deliver({address})) == wire::DONE);
    REQUIRE(shop.store->probe(address) == wire::DONE);
    REQUIRE(shop.status(Withdraw{mailbox, address}) == wire::DONE);
    REQUIRE(shop.store->probe(address) == wire::REFUSED);
    REQUIRE(shop.status(Shop::deliver({address})) == wire::REFUSED);
  }
  CHECK(shop.list(mailbox, wire::NORMAL)->size() == 20);
}

TEST_CASE("a one-time prekey is handed out once, also when it is published again and after reopening", "[storage][embedded]") {
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  PublishPrekeys publish{mailbox, Bytes(300, 7), 1, {}};
  for (std::uint32_t id = 1; id <= 5; ++id) publish.one_time.emplace_back(id, random_bytes(33));
  REQUIRE(shop.status(publish) == wire::DONE);
  std::set<std::uint32_t> handed;
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = shop.apply(TakePrekeys{address, true});
    const auto& taken = std::get<TakenPrekeys>(outcome.detail);
    REQUIRE(taken.one_time);
    CHECK(handed.insert(taken.one_time->first).second);
    REQUIRE(shop.status(publish) == wire::DONE);
    shop.reopen();
  }
  CHECK(shop.store->count_prekeys(mailbox)->one_time == 2);
}

TEST_CASE("burning leaves nothing behind", "[storage][embedded]") {
  Shop shop;
  const MailboxId mailbox = shop.mailbox();
  const AddressHash address = shop.address(mailbox);
  shop.status(PublishPrekeys{mailbox, Bytes(300, 7), 1, {{1, random_bytes(33)}}});
  REQUIRE(shop.status(Shop::deliver({address})) == wire::DONE);
  REQUIRE(shop.status(Burn{mailbox}) == wire::DONE);
  for (const bool reopened : {false, true}) {
    if (reopened) shop.reopen();
    CHECK_FALSE(shop.store->has_mailbox(mailbox));
    CHECK(shop.store->probe(address) == wire::REFUSED);
    CHECK(shop.status(OpenMailbox{mailbox, std::nullopt}) == wire::REFUSED);
    CHECK(shop.status(TakePrekeys{address, true}) == wire::REFUSED);
    CHECK(shop.list(mailbox, wire::NORMAL)->empty());
  }
  CHECK(shop.store->figures().copies_normal == 0);
}

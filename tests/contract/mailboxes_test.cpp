// Contract: invites, mailboxes, addresses and their grants.
#include <algorithm>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("an invite opens one mailbox, and opening it again changes nothing", "[contract][mailboxes]") {
  World world;
  const auto right = random_id<Hash>();
  const auto mailbox = random_id<MailboxId>();
  CHECK_FALSE(world.store().has_mailbox(mailbox));
  REQUIRE(status_of(world, AddInvites{{right}, TestClock::start_s + 1000}) == wire::DONE);
  REQUIRE(status_of(world, OpenMailbox{mailbox, right}) == wire::DONE);
  CHECK(world.store().has_mailbox(mailbox));
  CHECK(status_of(world, OpenMailbox{mailbox, right}) == wire::DONE);
  CHECK(status_of(world, OpenMailbox{random_id<MailboxId>(), right}) == wire::REFUSED);
}

TEST_CASE("of two mailboxes that use one invite in the same batch exactly one opens", "[contract][mailboxes]") {
  World world;
  for (int run = 0; run < 20; ++run) {
    const auto right = random_id<Hash>();
    REQUIRE(status_of(world, AddInvites{{right}, TestClock::start_s + 1000}) == wire::DONE);
    std::vector<Write> writes;
    for (int i = 0; i < 2; ++i) writes.emplace_back(OpenMailbox{random_id<MailboxId>(), right});
    const auto outcomes = world.driver().apply_together(std::move(writes));
    CHECK((outcomes[0].status == wire::DONE) != (outcomes[1].status == wire::DONE));
    CHECK((outcomes[0].status == wire::REFUSED) != (outcomes[1].status == wire::REFUSED));
  }
}

TEST_CASE("unknown and expired invites are refused", "[contract][mailboxes]") {
  World world;
  CHECK(status_of(world, OpenMailbox{random_id<MailboxId>(), random_id<Hash>()}) == wire::REFUSED);
  const auto right = random_id<Hash>();
  REQUIRE(status_of(world, AddInvites{{right}, world.clock().wall_s() + 100}) == wire::DONE);
  world.pass_s(101, 101);
  const auto late = random_id<MailboxId>();
  CHECK(status_of(world, OpenMailbox{late, right}) == wire::REFUSED);
  CHECK_FALSE(world.store().has_mailbox(late));
}

TEST_CASE("without an invite an existing mailbox opens and an unknown one is refused", "[contract][mailboxes]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  CHECK(status_of(world, OpenMailbox{mailbox, std::nullopt}) == wire::DONE);
  CHECK(status_of(world, OpenMailbox{random_id<MailboxId>(), std::nullopt}) == wire::REFUSED);
}

TEST_CASE("mailboxes, used invites and addresses are there after opening again", "[contract][mailboxes]") {
  World world;
  const auto used = random_id<Hash>(), unused = random_id<Hash>();
  const auto mailbox = random_id<MailboxId>();
  REQUIRE(status_of(world, AddInvites{{used, unused}, TestClock::start_s + 1'000'000}) == wire::DONE);
  REQUIRE(status_of(world, OpenMailbox{mailbox, used}) == wire::DONE);
  const AddressHash address = grant(world.driver(), mailbox);
  world.reopen(60);
  CHECK(world.store().has_mailbox(mailbox));
  CHECK(world.store().probe(address) == wire::DONE);
  CHECK(status_of(world, OpenMailbox{random_id<MailboxId>(), used}) == wire::REFUSED);
  CHECK(status_of(world, OpenMailbox{random_id<MailboxId>(), unused}) == wire::DONE);
}

TEST_CASE("an address is good from its grant to its withdrawal, and others stay good", "[contract][mailboxes]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  const auto address = random_id<AddressHash>();
  CHECK(world.store().probe(address) == wire::REFUSED);
  REQUIRE(status_of(world, whole_grant(mailbox, address)) == wire::DONE);
  CHECK(world.store().probe(address) == wire::DONE);
  const AddressHash other = grant(world.driver(), mailbox);

  REQUIRE(status_of(world, message(address, "before")) == wire::DONE);
  REQUIRE(status_of(world, Withdraw{mailbox, address}) == wire::DONE);
  CHECK(world.store().probe(address) == wire::REFUSED);
  CHECK(status_of(world, message(address, "after")) == wire::REFUSED);
  CHECK(status_of(world, Withdraw{mailbox, address}) == wire::DONE);
  CHECK(status_of(world, message(other, "other")) == wire::DONE);
  // What waited from it stays.
  CHECK(texts_of(world.driver().list(mailbox)) == Texts{"before", "other"});
  world.reopen();
  CHECK(world.store().probe(address) == wire::REFUSED);
  CHECK(world.store().probe(other) == wire::DONE);
}

TEST_CASE("a withdrawal and a delivery in one batch are answered in their order", "[contract][mailboxes]") {
  World world;
  for (int run = 0; run < 20; ++run) {
    const Person ann = person(world.driver());
    std::vector<Write> writes;
    writes.emplace_back(message(ann.address, "before"));
    writes.emplace_back(Withdraw{ann.mailbox, ann.address});
    writes.emplace_back(message(ann.address, "after"));
    const auto outcomes = world.driver().apply_together(std::move(writes));
    CHECK(outcomes[0].status == wire::DONE);
    CHECK(outcomes[1].status == wire::DONE);
    CHECK(outcomes[2].status == wire::REFUSED);
    CHECK(waiting(world, ann) == Texts{"before"});
  }
}

TEST_CASE("only its own mailbox can withdraw or change an address", "[contract][mailboxes]") {
  World world;
  const Person ann = person(world.driver());
  const MailboxId thief = open_mailbox(world.driver());
  world.driver().apply(Withdraw{thief, ann.address});
  CHECK(world.store().probe(ann.address) == wire::DONE);
  CHECK(status_of(world, whole_grant(thief, ann.address)) != wire::DONE);
  REQUIRE(status_of(world, message(ann.address, "for ann")) == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"for ann"});
  CHECK(world.driver().list(thief).empty());
}

TEST_CASE("an address in an unknown mailbox is refused", "[contract][mailboxes]") {
  World world;
  CHECK(status_of(world, whole_grant(random_id<MailboxId>(), random_id<AddressHash>())) == wire::REFUSED);
}

TEST_CASE("granting again changes the rights of an address", "[contract][mailboxes]") {
  World world;
  const Person ann = person(world.driver());
  Grant less = whole_grant(ann.mailbox, ann.address);
  less.urgent = false;
  REQUIRE(status_of(world, less) == wire::DONE);
  CHECK(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::REFUSED);
  CHECK(status_of(world, message(ann.address, "normal")) == wire::DONE);
  world.reopen();
  CHECK(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::REFUSED);
  REQUIRE(status_of(world, whole_grant(ann.mailbox, ann.address)) == wire::DONE);
  CHECK(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::DONE);
}

TEST_CASE("a grant with an expiry ends by itself", "[contract][mailboxes]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  Grant introduction = whole_grant(mailbox, random_id<AddressHash>());
  introduction.expires = world.clock().wall_s() + 600;
  REQUIRE(status_of(world, introduction) == wire::DONE);
  world.pass_s(590, 590);
  CHECK(world.store().probe(introduction.address) == wire::DONE);
  world.pass_s(12, 12);
  CHECK(world.store().probe(introduction.address) == wire::REFUSED);
  CHECK(status_of(world, message(introduction.address, "late")) == wire::REFUSED);
  world.reopen();
  CHECK(world.store().probe(introduction.address) == wire::REFUSED);
}

TEST_CASE("the addresses of a mailbox that have the urgent lane are bounded, and a withdrawn one makes room",
          "[contract][mailboxes]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  std::vector<Write> grants;
  std::vector<AddressHash> addresses;
  for (std::size_t i = 0; i < limits::urgent_addresses_max; ++i) {
    addresses.push_back(random_id<AddressHash>());
    grants.emplace_back(whole_grant(mailbox, addresses.back()));
  }
  for (const Outcome& outcome : world.driver().apply_together(std::move(grants))) REQUIRE(outcome.status == wire::DONE);
  Grant more = whole_grant(mailbox, random_id<AddressHash>());
  CHECK(status_of(world, more) == wire::FULL);
  more.urgent = false;
  CHECK(status_of(world, more) == wire::DONE);
  world.reopen();
  more.address = random_id<AddressHash>();
  more.urgent = true;
  CHECK(status_of(world, more) == wire::FULL);
  REQUIRE(status_of(world, Withdraw{mailbox, addresses.front()}) == wire::DONE);
  CHECK(status_of(world, more) == wire::DONE);
}

TEST_CASE("burning takes mailbox, copies, addresses and prekeys, and nothing of anybody else", "[contract][mailboxes]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  REQUIRE(status_of(world, message(ann.address, "normal")) == wire::DONE);
  REQUIRE(status_of(world, message(ann.address, "urgent", wire::URGENT)) == wire::DONE);
  REQUIRE(status_of(world, message(bea.address, "for bea")) == wire::DONE);
  REQUIRE(status_of(world, PublishPrekeys{ann.mailbox, Bytes(100, 1), 1, {{7, Bytes(33, 2)}}}) == wire::DONE);
  REQUIRE(status_of(world, Burn{ann.mailbox}) == wire::DONE);
  for (int opened = 0; opened < 2; ++opened) {
    CHECK_FALSE(world.store().has_mailbox(ann.mailbox));
    CHECK(world.store().probe(ann.address) == wire::REFUSED);
    CHECK(status_of(world, TakePrekeys{ann.address, true}) == wire::REFUSED);
    CHECK(status_of(world, message(ann.address, "late")) == wire::REFUSED);
    CHECK(status_of(world, OpenMailbox{ann.mailbox, std::nullopt}) == wire::REFUSED);
    CHECK(world.driver().list(ann.mailbox).empty());
    CHECK(waiting(world, bea) == Texts{"for bea"});
    world.reopen();
  }
}

TEST_CASE("a burnt mailbox's key can open a new one that holds nothing of the old", "[contract][mailboxes]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, message(ann.address, "old")) == wire::DONE);
  REQUIRE(status_of(world, PublishPrekeys{ann.mailbox, Bytes(100, 1), 9, {{7, Bytes(33, 2)}}}) == wire::DONE);
  REQUIRE(status_of(world, Burn{ann.mailbox}) == wire::DONE);
  const auto right = random_id<Hash>();
  REQUIRE(status_of(world, AddInvites{{right}, TestClock::start_s + 1000}) == wire::DONE);
  REQUIRE(status_of(world, OpenMailbox{ann.mailbox, right}) == wire::DONE);
  CHECK(world.driver().list(ann.mailbox).empty());
  const auto count = world.store().count_prekeys(ann.mailbox);
  REQUIRE(count);
  CHECK(count->one_time == 0);
  const AddressHash fresh = grant(world.driver(), ann.mailbox);
  REQUIRE(status_of(world, message(fresh, "new")) == wire::DONE);
  CHECK(texts_of(world.driver().list(ann.mailbox)) == Texts{"new"});
  CHECK(world.store().probe(ann.address) == wire::REFUSED);
}

TEST_CASE("a mailbox unread for its days expires with all it holds, and one that is read stays", "[contract][mailboxes]") {
  Wishes wishes;
  wishes.mailbox_unread_days = 3;
  World world(wishes);
  const Person gone = person(world.driver()), here = person(world.driver());
  REQUIRE(status_of(world, message(gone.address, "never read", wire::NORMAL, wire::FOURTEEN_DAYS)) == wire::DONE);
  for (int day = 0; day < 6; ++day) {
    world.pass_s(86'400, 21'600);
    REQUIRE(status_of(world, OpenMailbox{here.mailbox, std::nullopt}) == wire::DONE);
    if (day == 1) CHECK(world.store().has_mailbox(gone.mailbox));
  }
  world.reopen();
  world.pass_s(60, 60);
  CHECK(world.store().has_mailbox(here.mailbox));
  CHECK(world.store().probe(here.address) == wire::DONE);
  CHECK_FALSE(world.store().has_mailbox(gone.mailbox));
  CHECK(world.store().probe(gone.address) == wire::REFUSED);
  CHECK(world.driver().list(gone.mailbox).empty());
}

// Contract: delivering. Idempotent, in order, durable, with true answers.
#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/contract/suite.hpp"

using namespace vigil;
using namespace vigil::storage;
using namespace vigil::storage::testing;

TEST_CASE("a delivered copy is listed as it was sent", "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver());
  for (const std::size_t bytes : limits::envelope_bytes) {
    Deliver deliver = message(ann.address, "hello");
    deliver.envelope = envelope("hello", bytes);
    REQUIRE(status_of(world, deliver) == wire::DONE);
    for (int opened = 0; opened < 2; ++opened) {
      const auto copies = world.driver().list(ann.mailbox);
      REQUIRE(copies.size() == 1);
      CHECK(*copies[0].envelope == *deliver.envelope);
      CHECK(copies[0].id == copy_id(deliver.id, ann.address));
      CHECK(copies[0].address == ann.address);
      CHECK(copies[0].at.lane == wire::NORMAL);
      CHECK(copies[0].of_vigil == wire::NOT_OF_VIGIL);
      CHECK_FALSE(copies[0].notice);
      CHECK(copies[0].expires >= TestClock::start_s + 86'400);
      CHECK(copies[0].expires <= world.clock().wall_s() + 86'400);
      world.reopen();
    }
    world.driver().fetch(ann.mailbox);
  }
}

TEST_CASE("delivering again changes nothing and is answered the same, for 72 hours and after the acknowledgement too",
          "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver());
  const Deliver deliver = message(ann.address, "once");
  REQUIRE(status_of(world, deliver) == wire::DONE);
  CHECK(status_of(world, deliver) == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"once"});
  world.driver().fetch(ann.mailbox);
  CHECK(status_of(world, deliver) == wire::DONE);
  CHECK(waiting(world, ann).empty());
  for (int hour = 0; hour < 71; hour += 5) {
    if (hour % 10 == 0) world.reopen();
    CHECK(status_of(world, deliver) == wire::DONE);
    CHECK(waiting(world, ann).empty());
    world.pass_s(5 * 3600, 3600);
  }
}

TEST_CASE("one id twice in one batch is one copy", "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver());
  for (int run = 0; run < 20; ++run) {
    const Deliver deliver = message(ann.address, "once", run % 2 == 0 ? wire::URGENT : wire::NORMAL);
    for (const Outcome& outcome : world.driver().apply_together({deliver, deliver, deliver})) CHECK(outcome.status == wire::DONE);
    CHECK(world.driver().fetch(ann.mailbox).size() == 1);
  }
}

TEST_CASE("a retried fan-out fills only what is missing", "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  Deliver deliver = message(ann.address, "both");
  REQUIRE(status_of(world, deliver) == wire::DONE);
  deliver.to = {ann.address, bea.address};
  CHECK(status_of(world, deliver) == wire::DONE);
  CHECK(waiting(world, ann) == Texts{"both"});
  CHECK(waiting(world, bea) == Texts{"both"});
}

TEST_CASE("unknown, withdrawn and burnt addresses get one answer", "[contract][deliver]") {
  World world;
  const Person withdrawn = person(world.driver()), burnt = person(world.driver());
  REQUIRE(status_of(world, Withdraw{withdrawn.mailbox, withdrawn.address}) == wire::DONE);
  REQUIRE(status_of(world, Burn{burnt.mailbox}) == wire::DONE);
  for (const AddressHash& address : {random_id<AddressHash>(), withdrawn.address, burnt.address}) {
    const Outcome outcome = world.driver().apply(message(address, "nobody"));
    CHECK(outcome.status == wire::REFUSED);
    CHECK(outcome.retry_after_s == 0);
    CHECK(outcome.detail.index() == 0);
  }
}

TEST_CASE("a delivery to several addresses with different fates says each", "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver()), bea = person(world.driver());
  Deliver deliver = message(ann.address, "some");
  deliver.to = {ann.address, random_id<AddressHash>(), bea.address};
  const Outcome outcome = world.driver().apply(deliver);
  CHECK(outcome.status == wire::PARTIAL);
  CHECK(outcome.each == std::vector<Status>{wire::DONE, wire::REFUSED, wire::DONE});
  CHECK(waiting(world, ann) == Texts{"some"});
  CHECK(waiting(world, bea) == Texts{"some"});
  const Outcome again = world.driver().apply(deliver);
  CHECK(again.status == wire::PARTIAL);
  CHECK(again.each == outcome.each);
  CHECK(waiting(world, ann) == Texts{"some"});

  deliver.id = random_id<FanoutId>();
  deliver.to = {random_id<AddressHash>(), random_id<AddressHash>()};
  CHECK(world.driver().apply(deliver).status == wire::REFUSED);
}

TEST_CASE("a network's thousand readers get one envelope each, also after opening again", "[contract][deliver]") {
  World world;
  std::vector<Person> readers;
  for (std::size_t i = 0; i < limits::fanout_addresses_max; ++i) readers.push_back(person(world.driver()));
  Deliver deliver = message(readers[0].address, "network", wire::URGENT);
  deliver.envelope = envelope("network", limits::network_envelope_bytes_max);
  deliver.to.clear();
  for (const Person& reader : readers) deliver.to.push_back(reader.address);
  REQUIRE(status_of(world, deliver) == wire::DONE);
  REQUIRE(status_of(world, deliver) == wire::DONE);
  for (int opened = 0; opened < 2; ++opened) {
    for (std::size_t i = static_cast<std::size_t>(opened); i < readers.size(); i += 2) {
      const auto copies = world.driver().fetch(readers[i].mailbox);
      REQUIRE(copies.size() == 1);
      REQUIRE(*copies[0].envelope == *deliver.envelope);
      REQUIRE(copies[0].id == copy_id(deliver.id, readers[i].address));
    }
    world.reopen();
  }
}

TEST_CASE("an address carries only the lanes and lifetimes of its grant", "[contract][deliver]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  Grant only_normal = whole_grant(mailbox, random_id<AddressHash>()),
        only_urgent = whole_grant(mailbox, random_id<AddressHash>());
  only_normal.urgent = false;
  only_urgent.normal = false;
  only_urgent.life_max = wire::ONE_HOUR;
  REQUIRE(status_of(world, only_normal) == wire::DONE);
  REQUIRE(status_of(world, only_urgent) == wire::DONE);
  CHECK(status_of(world, message(only_normal.address, "u", wire::URGENT)) == wire::REFUSED);
  CHECK(status_of(world, message(only_normal.address, "n", wire::NORMAL)) == wire::DONE);
  CHECK(status_of(world, message(only_urgent.address, "n", wire::NORMAL, wire::ONE_HOUR)) == wire::REFUSED);
  CHECK(status_of(world, message(only_urgent.address, "u", wire::URGENT, wire::ONE_HOUR)) == wire::DONE);
  CHECK(status_of(world, message(only_urgent.address, "long", wire::URGENT, wire::ONE_DAY)) == wire::REFUSED);
}

TEST_CASE("a copy is never listed after its lifetime", "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver());
  REQUIRE(status_of(world, message(ann.address, "ten seconds", wire::NORMAL, wire::TEN_SECONDS)) == wire::DONE);
  REQUIRE(status_of(world, message(ann.address, "ten minutes", wire::URGENT, wire::TEN_MINUTES)) == wire::DONE);
  REQUIRE(status_of(world, message(ann.address, "a day", wire::NORMAL, wire::ONE_DAY)) == wire::DONE);
  world.pass_s(9);
  CHECK(waiting(world, ann) == Texts{"ten minutes", "ten seconds", "a day"});
  world.pass_s(2);
  CHECK(waiting(world, ann) == Texts{"ten minutes", "a day"});
  world.reopen(590);
  CHECK(waiting(world, ann) == Texts{"a day"});
  world.pass_s(86'400, 3600);
  CHECK(waiting(world, ann).empty());
}

TEST_CASE("within a lane copies are listed in the order in which they were admitted", "[contract][deliver]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  std::vector<AddressHash> senders;
  for (int i = 0; i < 8; ++i) senders.push_back(grant(world.driver(), mailbox));
  std::vector<Write> writes;
  Texts normal, urgent;
  constexpr std::array lifetimes{wire::FOURTEEN_DAYS, wire::TEN_MINUTES, wire::ONE_HOUR, wire::ONE_DAY};
  for (std::size_t i = 0; i < 160; ++i) {
    const bool is_urgent = i % 2 == 0;
    (is_urgent ? urgent : normal).push_back(std::to_string(i));
    writes.emplace_back(
        message(senders[(i / 2) % 8], std::to_string(i), is_urgent ? wire::URGENT : wire::NORMAL, lifetimes[(i / 2) % 4]));
  }
  for (const Outcome& outcome : world.driver().apply_together(std::move(writes))) REQUIRE(outcome.status == wire::DONE);
  for (int opened = 0; opened < 2; ++opened) {
    CHECK(texts_of(world.driver().list(mailbox, wire::URGENT)) == urgent);
    CHECK(texts_of(world.driver().list(mailbox, wire::NORMAL)) == normal);
    world.reopen();
  }
}

TEST_CASE("requests submitted together are admitted in their order, also when the store has just been opened",
          "[contract][deliver]") {
  // Goal: what the store has to read first does not let later requests overtake. Method: cold caches, every kind of neighbour.
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  const AddressHash ann = grant(world.driver(), mailbox), bea = grant(world.driver(), mailbox);
  REQUIRE(status_of(world, message(ann, "first")) == wire::DONE);
  Texts expected{"first"};
  for (int opened = 0; opened < 10; ++opened) {
    world.reopen(1);
    std::vector<Write> writes;
    for (int i = 0; i < 12; ++i) {
      expected.push_back(std::to_string(opened) + "." + std::to_string(i));
      writes.emplace_back(message(i % 3 == 1 ? bea : ann, expected.back()));
    }
    for (const Outcome& outcome : world.driver().apply_together(std::move(writes))) REQUIRE(outcome.status == wire::DONE);
    REQUIRE(texts_of(world.driver().list(mailbox)) == expected);
  }
}

TEST_CASE("a newer copy of a topic replaces an undelivered older one, and an older one is done and ignored",
          "[contract][deliver]") {
  World world;
  const MailboxId mailbox = open_mailbox(world.driver());
  const AddressHash ann = grant(world.driver(), mailbox), bea = grant(world.driver(), mailbox);
  const auto topic = random_id<Topic>();
  const auto ping = [&](const AddressHash& from, std::uint64_t order, std::string_view text) {
    Deliver deliver = message(from, text);
    deliver.topic = topic;
    deliver.order = order;
    return deliver;
  };
  REQUIRE(status_of(world, ping(ann, 1, "ann 1")) == wire::DONE);
  REQUIRE(status_of(world, ping(bea, 1, "bea 1")) == wire::DONE);
  REQUIRE(status_of(world, ping(ann, 3, "ann 3")) == wire::DONE);
  CHECK(status_of(world, ping(ann, 2, "ann 2")) == wire::DONE);
  CHECK(texts_of(world.driver().list(mailbox)) == Texts{"bea 1", "ann 3"});
  world.reopen();
  CHECK(texts_of(world.driver().list(mailbox)) == Texts{"bea 1", "ann 3"});
  CHECK(status_of(world, ping(ann, 2, "ann 2")) == wire::DONE);
  REQUIRE(status_of(world, ping(ann, 4, "ann 4")) == wire::DONE);
  CHECK(texts_of(world.driver().list(mailbox)) == Texts{"bea 1", "ann 4"});
  for (const Outcome& outcome :
       world.driver().apply_together({ping(bea, 5, "bea 5"), ping(bea, 7, "bea 7"), ping(bea, 6, "bea 6")}))
    CHECK(outcome.status == wire::DONE);
  CHECK(texts_of(world.driver().fetch(mailbox)) == Texts{"ann 4", "bea 7"});
  // Delivered and acknowledged: a retry of the same copy stays away, a newer one comes.
  Deliver retried = ping(ann, 8, "ann 8");
  REQUIRE(status_of(world, retried) == wire::DONE);
  world.driver().fetch(mailbox);
  CHECK(status_of(world, retried) == wire::DONE);
  CHECK(world.driver().list(mailbox).empty());
  REQUIRE(status_of(world, ping(ann, 9, "ann 9")) == wire::DONE);
  CHECK(texts_of(world.driver().list(mailbox)) == Texts{"ann 9"});
}

TEST_CASE("a topic costs one place however often it is replaced", "[contract][deliver]") {
  World world;
  const Person ann = person(world.driver());
  const auto topic = random_id<Topic>();
  for (std::uint64_t order = 1; order <= 100; ++order) {
    Deliver deliver = message(ann.address, std::to_string(order), wire::URGENT);
    deliver.topic = topic;
    deliver.order = order;
    REQUIRE(status_of(world, deliver) == wire::DONE);
    if (order == 50) world.reopen();
  }
  CHECK(waiting(world, ann) == Texts{"100"});
}

namespace {

// Remembers in which order the answers came.
class InOrder final : public Completion {
 public:
  void done(std::uint64_t tag, Outcome outcome) override {
    CHECK(outcome.status == wire::DONE);
    tags.push_back(tag);
  }
  std::vector<std::uint64_t> tags;
};

}  // namespace

TEST_CASE("an urgent copy does not wait behind the normal ones that came before it", "[contract][deliver]") {
  // Method: much more than one commit takes is left with the store, then one urgent copy.
  Wishes wishes;
  wishes.normal_bytes_max = 64u << 20;
  boost::asio::io_context context;  // outlives the store, whose thread may still be inside it
  World world(wishes);
  const Person ann = person(world.driver()), bea = person(world.driver());
  constexpr std::uint64_t normal = 600, urgent = 1'000;
  InOrder order;
  const auto working = boost::asio::make_work_guard(context);
  Deliver large = message(ann.address, "large");
  large.envelope = std::make_shared<const Bytes>(limits::envelope_bytes.back());
  for (std::uint64_t i = 0; i < normal; ++i) {
    large.id = random_id<FanoutId>();
    world.store().submit(large, context.get_executor(), order, i);
  }
  world.store().submit(message(bea.address, "urgent", wire::URGENT), context.get_executor(), order, urgent);
  for (int turn = 0; turn < 1'500 && order.tags.size() < normal + 1; ++turn) {
    context.run_for(std::chrono::milliseconds(20));
  }
  REQUIRE(order.tags.size() == normal + 1);
  const auto at = std::find(order.tags.begin(), order.tags.end(), urgent) - order.tags.begin();
  CHECK(at < static_cast<std::ptrdiff_t>(normal / 2));
  // The normal ones kept their order.
  order.tags.erase(order.tags.begin() + at);
  CHECK(std::is_sorted(order.tags.begin(), order.tags.end()));
}

// Window, lanes, catching up and its races, displacement. The races are played step by step against a store whose lists are
// answered by hand; the same ways are then walked with the real store.
#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "crypto/base/random.hpp"
#include "running_relay.hpp"
#include "server/listening.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;
using storage::Lane;

namespace {

// Only lists are asked of it, and they wait until the test answers them.
class ListsByHand final : public storage::Store {
 public:
  struct Asked {
    Lane lane;
    std::uint64_t after;
    std::size_t most;
    std::function<void(Result<Page>)> done;
  };
  std::vector<Asked> asked;

  Asked take() {
    REQUIRE(asked.size() == 1);  // never two at once
    Asked one = std::move(asked.front());
    asked.clear();
    return one;
  }
  void list(const MailboxId&, Lane lane, std::uint64_t after, std::size_t most, boost::asio::any_io_executor,
            std::function<void(Result<Page>)> done) override {
    asked.push_back({lane, after, most, std::move(done)});
  }
  void submit(storage::Write, boost::asio::any_io_executor, storage::Completion&, std::uint64_t) override { FAIL("not asked"); }
  Status probe(const AddressHash&) override { return wire::REFUSED; }
  Result<storage::PrekeyCount> count_prekeys(const MailboxId&) override { return std::unexpected(wire::REFUSED); }
  Result<std::pair<storage::VigilState, storage::LeaseState>> look(const VigilId&, const Secret&) override {
    return std::unexpected(wire::REFUSED);
  }
  bool has_mailbox(const MailboxId&) override { return true; }
  storage::Guarantees guarantees() const override { return {}; }
  storage::Figures figures() const override { return {}; }
  void observe(storage::Observer&) override {}
  void close() override {}
};

class Given final : public Listening::Way {
 public:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> copies;  // number, order
  std::vector<Lane> lanes;
  bool is_open = true;
  int lists = 0, displacements = 0;

  bool open() const override { return is_open; }
  void deliver(std::uint64_t number, const storage::StoredCopy& copy) override {
    copies.emplace_back(number, copy.at.order);
    lanes.push_back(copy.at.lane);
  }
  void displaced() override { ++displacements; }
  void list_begun() override { ++lists; }
  void list_ended(bool) override { --lists; }
  std::vector<std::uint64_t> orders() const {
    std::vector<std::uint64_t> out;
    for (const auto& [number, order] : copies) out.push_back(order);
    return out;
  }
};

storage::StoredCopy copy_at(std::uint64_t order, Lane lane = wire::NORMAL) {
  storage::StoredCopy copy;
  copy.at = {.lane = lane, .order = order, .where = 0};
  copy.envelope = std::make_shared<const Bytes>(1024);
  return copy;
}

// One listener, one shard, and the committer's words.
struct Stage {
  std::vector<std::unique_ptr<Shard>> shards;
  ListsByHand store;
  Switchboard switchboard{[](storage::Instant) {}};
  MailboxId mailbox = random_id<MailboxId>();
  Given given;
  std::unique_ptr<Listening> listening;

  explicit Stage(std::uint32_t window = 64) {
    shards.push_back(std::make_unique<Shard>(0));
    switchboard.serve(shards);
    listening = std::make_unique<Listening>(store, switchboard, *shards[0], mailbox, window, given);
  }
  // Lets what was posted arrive.
  void arrive() {
    shards[0]->context().restart();
    shards[0]->context().poll();
  }
  void admit(std::uint64_t order, Lane lane = wire::NORMAL) { switchboard.admitted(mailbox, copy_at(order, lane)); }
  void answer(const std::vector<std::uint64_t>& orders) {
    auto asked = store.take();
    storage::Store::Page page;
    for (const std::uint64_t order : orders) page.push_back(copy_at(order, asked.lane));
    asked.done(std::move(page));
  }
  // Urgent first, then normal: both lanes are empty.
  void answer_nothing() {
    answer({});
    answer({});
  }
};

using Orders = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a listener lists the urgent lane first, then the normal one, then is live", "[server][listening]") {
  Stage stage;
  stage.listening->start();
  CHECK(stage.store.asked.front().lane == wire::URGENT);
  CHECK(stage.store.asked.front().most == 64);
  stage.answer({5});
  stage.answer({});
  CHECK(stage.store.asked.front().lane == wire::NORMAL);
  CHECK(stage.store.asked.front().most == 56);
  stage.answer({2, 3});
  CHECK(stage.store.asked.front().after == 3);
  stage.answer({});
  CHECK(stage.given.orders() == Orders{5, 2, 3});
  stage.admit(6);
  stage.admit(7, wire::URGENT);
  stage.arrive();
  CHECK(stage.given.orders() == Orders{5, 2, 3, 6, 7});
  CHECK(stage.given.copies.back().first == 5);  // numbered one after the other
}

TEST_CASE("a copy that is pushed while the list is on its way is given once, in order", "[server][listening]") {
  // Goal: the race of push and list. Each way in which copy 3 can be seen by both.
  SECTION("admitted before the page is read, and in it") {
    Stage stage;
    stage.listening->start();
    stage.answer({});
    stage.admit(3);
    stage.arrive();
    stage.answer({1, 2, 3});
    stage.answer({});
    CHECK(stage.given.orders() == Orders{1, 2, 3});
  }
  SECTION("admitted before the page is read, not yet in it") {
    Stage stage;
    stage.listening->start();
    stage.answer({});
    stage.admit(3);
    stage.arrive();
    CHECK(stage.given.orders().empty());  // 1 and 2 come first
    stage.answer({1, 2});
    stage.answer({});
    CHECK(stage.given.orders() == Orders{1, 2, 3});
  }
  SECTION("its word arrives after the page that holds it") {
    Stage stage;
    stage.listening->start();
    stage.answer({});
    stage.admit(3);
    stage.answer({1, 2, 3});
    stage.answer({});
    stage.arrive();
    CHECK(stage.given.orders() == Orders{1, 2, 3});
  }
}

TEST_CASE("a copy admitted before the listener registered and not yet in a list is waited for", "[server][listening]") {
  Stage stage;
  stage.admit(9);  // nobody listens: the switchboard forgets it, but not its order
  stage.listening->start();
  stage.answer_nothing();
  CHECK(stage.store.asked.empty());  // nothing to do until it is settled
  stage.admit(10);
  stage.arrive();
  CHECK(stage.given.orders().empty());  // 9 comes first
  stage.switchboard.settled(8);
  stage.arrive();
  CHECK(stage.store.asked.empty());
  stage.switchboard.settled(9);
  stage.arrive();
  stage.answer({});
  stage.answer({9});
  stage.answer({});
  CHECK(stage.given.orders() == Orders{9, 10});
  SECTION("also when it is settled while the list is on its way") {
    Stage other;
    other.admit(9);
    other.listening->start();
    other.answer({});
    other.switchboard.settled(9);
    other.answer({});  // was read before
    other.arrive();
    while (!other.store.asked.empty()) {
      const bool normal = other.store.asked.front().lane == wire::NORMAL && other.given.copies.empty();
      other.answer(normal ? Orders{9} : Orders{});
    }
    CHECK(other.given.orders() == Orders{9});
  }
}

TEST_CASE("after a failed sync a listener lists again, and gives nothing twice", "[server][listening]") {
  Stage stage;
  stage.listening->start();
  stage.answer_nothing();
  stage.admit(4);
  stage.arrive();
  stage.switchboard.unsettled();
  stage.arrive();
  stage.answer({});
  stage.answer({6});  // what the store holds now; 4 was lost, its sender sent it again
  stage.answer({});
  CHECK(stage.given.orders() == Orders{4, 6});
}

TEST_CASE("a full window stops normal copies eight places earlier than urgent ones", "[server][listening]") {
  Stage stage(64);
  stage.listening->start();
  stage.answer_nothing();
  for (std::uint64_t order = 1; order <= 70; ++order) stage.admit(order);
  stage.arrive();
  CHECK(stage.given.copies.size() == 56);
  for (std::uint64_t order = 71; order <= 80; ++order) stage.admit(order, wire::URGENT);
  stage.arrive();
  CHECK(stage.given.copies.size() == 64);
  CHECK(stage.store.asked.empty());
  // One normal copy is acknowledged: its place is taken by an urgent one.
  std::vector<storage::Position> positions;
  REQUIRE(stage.listening->acknowledge(1, 1, positions));
  CHECK(positions == std::vector<storage::Position>{{.lane = wire::NORMAL, .order = 1, .where = 0}});
  stage.listening->acknowledged();
  CHECK(stage.store.asked.front().lane == wire::URGENT);
  CHECK(stage.store.asked.front().after == 78);
  CHECK(stage.store.asked.front().most == 1);
  stage.answer({79});
  CHECK(stage.given.lanes.back() == wire::URGENT);
}

TEST_CASE("acknowledged ranges become positions, each once, and nonsense is refused", "[server][listening]") {
  Stage stage;
  stage.listening->start();
  stage.answer_nothing();
  for (std::uint64_t order = 11; order <= 20; ++order) stage.admit(order);
  stage.arrive();
  std::vector<storage::Position> positions;
  CHECK(stage.listening->acknowledge(3, 5, positions));
  CHECK(stage.listening->acknowledge(1, 4, positions));  // overlaps: only what is new
  Orders orders;
  for (const storage::Position& one : positions) orders.push_back(one.order);
  CHECK(orders == Orders{13, 14, 15, 11, 12});
  CHECK(stage.listening->acknowledge(1, 5, positions));
  CHECK(positions.size() == 5);
  CHECK_FALSE(stage.listening->acknowledge(0, 1, positions));
  CHECK_FALSE(stage.listening->acknowledge(7, 6, positions));
  CHECK_FALSE(stage.listening->acknowledge(10, 11, positions));
  CHECK_FALSE(stage.listening->acknowledge(1, ~std::uint64_t{0}, positions));
}

TEST_CASE("a closed way pauses pushing and loses nothing", "[server][listening]") {
  Stage stage;
  stage.listening->start();
  stage.answer_nothing();
  stage.given.is_open = false;
  stage.admit(1);
  stage.admit(2);
  stage.arrive();
  CHECK(stage.given.copies.empty());
  stage.given.is_open = true;
  stage.listening->resume();
  stage.answer({1, 2});
  stage.answer({});
  CHECK(stage.given.orders() == Orders{1, 2});
}

namespace {

// A random walk over what committer, disk and reader may do; the store's list shows what is settled and not acknowledged.
struct Walk {
  Stage stage;
  std::mt19937& random;
  std::vector<storage::StoredCopy> all;
  std::uint64_t settled = 0;
  bool started = false;
  std::size_t acknowledged = 0;

  Walk(std::mt19937& source, std::uint32_t window) : stage(window), random(source) {}
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random); }

  void admit() {
    all.push_back(copy_at(all.size() + 1, below(4) == 0 ? wire::URGENT : wire::NORMAL));
    stage.switchboard.admitted(stage.mailbox, all.back());
  }
  void settle() {
    settled = all.size();
    stage.switchboard.settled(settled);
  }
  void start_or_answer() {
    if (!std::exchange(started, true)) stage.listening->start();
    if (stage.store.asked.empty()) return;
    auto asked = stage.store.take();
    storage::Store::Page page;
    for (const auto& copy : all)
      if (copy.at.lane == asked.lane && copy.at.order > asked.after && copy.at.order <= settled && page.size() < asked.most)
        page.push_back(copy);
    asked.done(std::move(page));
  }
  void acknowledge_some() {
    const std::size_t given = stage.given.copies.size();
    if (acknowledged == given) return;
    std::vector<storage::Position> positions;
    const std::size_t to = acknowledged + 1 + below(given - acknowledged);
    REQUIRE(stage.listening->acknowledge(acknowledged + 1, to, positions));
    REQUIRE(positions.size() == to - acknowledged);
    acknowledged = to;
    stage.listening->acknowledged();
  }
  void step() {
    switch (below(6)) {
      case 0:
      case 1:
        return admit();
      case 2:
        return settle();
      case 3:
        return stage.arrive();
      case 4:
        return start_or_answer();
      case 5:
        return acknowledge_some();
    }
  }
  void finish() {
    settle();
    for (int rest = 0; rest < 2000 && stage.given.copies.size() < all.size(); ++rest) {
      stage.arrive();
      start_or_answer();
      acknowledge_some();
    }
  }
};

}  // namespace

TEST_CASE("any order of admitting, settling, listing and acknowledging gives each copy once, in order", "[server][listening]") {
  const std::uint32_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int run = 0; run < 200; ++run) {
    INFO("run " << run);
    Walk walk(random, std::uniform_int_distribution<std::uint32_t>(4, 24)(random));
    for (int step = 0; step < 150; ++step) walk.step();
    walk.finish();
    const Given& given = walk.stage.given;
    REQUIRE(given.copies.size() == walk.all.size());
    std::uint64_t last[2] = {0, 0};
    for (std::size_t i = 0; i < given.copies.size(); ++i) {
      std::uint64_t& before = last[given.lanes[i] == wire::URGENT ? 0 : 1];
      CHECK(given.copies[i].second > before);
      before = given.copies[i].second;
    }
  }
}

TEST_CASE("a second listener displaces the first, who is told and hears nothing more", "[server][listening]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  REQUIRE(sender->deliver(owner.address, envelope_of('a')).status() == wire::DONE);
  CHECK(owner.member->next_delivery().envelope() == envelope_of('a'));

  const std::unique_ptr<Member> second = relay.member();
  REQUIRE(second->prove(owner.key) == wire::DONE);
  REQUIRE(second->listen() == wire::DONE);
  CHECK(owner.member->next_event() == wire::Event::DISPLACED);
  CHECK(second->next_delivery().envelope() == envelope_of('a'));  // not acknowledged yet
  REQUIRE(sender->deliver(owner.address, envelope_of('b')).status() == wire::DONE);
  CHECK(second->next_delivery().envelope() == envelope_of('b'));
  // The first can still acknowledge what it was given.
  owner.member->acknowledge(1, 1);
  wire::Request count;
  count.mutable_count_prekeys();
  owner.member->ask(count);
  CHECK(owner.member->deliveries.empty());
  CHECK(relay.counters().displaced.value() == 1);
}

TEST_CASE("a backlog larger than the window drains in order, urgent first, while new copies arrive", "[server][listening]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const std::unique_ptr<Member> sender = relay.member();
  constexpr unsigned backlog = 150, live = 60;
  const auto numbered = [](unsigned number) {
    std::string envelope = envelope_of('x');
    envelope.replace(0, 4, std::to_string(1000 + number));
    return envelope;
  };
  for (unsigned i = 0; i < backlog; ++i) REQUIRE(sender->deliver(owner.address, numbered(i)).status() == wire::DONE);
  for (unsigned i = 0; i < 3; ++i) REQUIRE(sender->deliver(owner.address, numbered(i), wire::URGENT).status() == wire::DONE);
  REQUIRE(owner.member->listen() == wire::DONE);
  for (unsigned i = 0; i < 3; ++i) CHECK(owner.member->next_delivery().lane() == wire::URGENT);
  unsigned sent = 0;
  for (unsigned i = 0; i < backlog + live; ++i) {
    const wire::Delivery next = owner.member->next_delivery();
    REQUIRE(next.envelope().substr(0, 4) == std::to_string(1000 + i));
    if (i % 3 == 2 || i + 1 >= sent + backlog) owner.member->acknowledge(1, next.number());
    if (sent < live) {
      REQUIRE(sender->deliver(owner.address, numbered(backlog + sent)).status() == wire::DONE);
      ++sent;
    }
  }
}

TEST_CASE("a displaced listener that listens again goes on where it was", "[server][listening]") {
  Stage stage;
  stage.listening->start();
  stage.answer_nothing();
  stage.admit(1);
  stage.arrive();
  stage.switchboard.settled(1);
  Given other_way;
  Listening other(stage.store, stage.switchboard, *stage.shards[0], stage.mailbox, 64, other_way);
  other.start();
  stage.arrive();
  CHECK(stage.given.displacements == 1);
  stage.answer_nothing();
  stage.admit(2);
  stage.arrive();
  CHECK(stage.given.orders() == Orders{1});
  CHECK(other_way.orders() == Orders{2});
  stage.switchboard.settled(2);
  stage.listening->start();
  stage.arrive();
  CHECK(other_way.displacements == 1);
  stage.answer({});
  CHECK(stage.store.asked.front().after == 1);
  stage.answer({2});
  stage.answer({});
  CHECK(stage.given.orders() == Orders{1, 2});
}

// The timekeeper: sleeps until the store's moment, asks again when the store could not, and never spins. Its store is scripted
// here: what is asked and when is what counts; that real stages fire is tests/contract's and the journeys' to show.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <numeric>

#include "server/timekeeper.hpp"

using namespace vigil;
using namespace vigil::server;
namespace asio = boost::asio;

namespace {

// The wall clock stands still unless told; monotonic time is real.
struct SetClock final : storage::Clock {
  std::uint64_t wall_ms() const override { return 1'000'000'000; }
  std::uint64_t monotonic_ms() const override {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
  }
};

// Answers ReleaseDue by a script, and may say more about what is due next.
struct ScriptedStore final : storage::Store {
  std::function<Status(unsigned asked)> script;
  unsigned asked = 0;
  void submit(storage::Write write, asio::any_io_executor shard, storage::Completion& completion, std::uint64_t tag) override {
    REQUIRE(std::holds_alternative<storage::ReleaseDue>(write));
    storage::Outcome outcome;
    outcome.status = script(++asked);
    asio::post(shard, [&completion, tag, outcome]() mutable { completion.done(tag, std::move(outcome)); });
  }
  void list(const MailboxId&, storage::Lane, std::uint64_t, std::size_t, asio::any_io_executor,
            std::function<void(Result<Page>)>) override {}
  Status probe(const AddressHash&) override { return wire::REFUSED; }
  Result<storage::PrekeyCount> count_prekeys(const MailboxId&) override { return std::unexpected(wire::REFUSED); }
  Result<std::pair<storage::VigilState, storage::LeaseState>> look(const VigilId&, const Secret&) override {
    return std::unexpected(wire::REFUSED);
  }
  bool has_mailbox(const MailboxId&) override { return false; }
  storage::Guarantees guarantees() const override { return {}; }
  storage::Figures figures() const override { return {}; }
  void observe(storage::Observer&) override {}
  void close() override {}
};

struct Running {
  asio::io_context context{1};
  ScriptedStore store;
  SetClock clock;
  Counters counters;
  Timekeeper timekeeper{context, store, clock, counters};
  bool ended = false;
  // Runs until 'enough', at most ten seconds.
  void until(const std::function<bool()>& enough) {
    asio::co_spawn(context, timekeeper.run(), [this](const std::exception_ptr& thrown) { ended = !thrown; });
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!enough() && std::chrono::steady_clock::now() < give_up) context.run_one_for(std::chrono::milliseconds(100));
    CHECK(enough());
    timekeeper.stop();
    context.run();
    CHECK(ended);
  }
};

double seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

}  // namespace

TEST_CASE("the store is asked when its moment has come, not before, and once", "[server][timekeeper]") {
  const auto start = std::chrono::steady_clock::now();
  Running running;
  double asked_after = 0;
  running.store.script = [&](unsigned) {
    asked_after = seconds(start);
    running.timekeeper.next_due(running.clock.wall_ms() + 1'000'000);
    return wire::DONE;
  };
  running.timekeeper.next_due(running.clock.wall_ms() + 1'300);
  running.until([&] { return running.store.asked == 1 && seconds(start) > 2; });
  // To the millisecond, not to the next whole second: an alert is out within a second of its time.
  CHECK(asked_after >= 1.299);  // its clock counts whole milliseconds
  CHECK(asked_after < 1.7);
  CHECK(running.store.asked == 1);
  CHECK(running.counters.releases.value() == 1);
}

TEST_CASE("an earlier moment wakes it at once", "[server][timekeeper]") {
  Running running;
  running.store.script = [&](unsigned) { return wire::DONE; };
  const auto start = std::chrono::steady_clock::now();
  running.timekeeper.next_due(running.clock.wall_ms() + 1'000'000);
  running.timekeeper.next_due(running.clock.wall_ms());
  running.until([&] { return running.store.asked == 1; });
  CHECK(seconds(start) < 1);
}

TEST_CASE("a store that could not is asked again until it can", "[server][timekeeper]") {
  Running running;
  running.store.script = [&](unsigned asked) {
    if (asked < 4) return wire::UNAVAILABLE;
    running.timekeeper.next_due(running.clock.wall_ms() + 1'000'000);
    return wire::DONE;
  };
  running.timekeeper.next_due(running.clock.wall_ms());
  const auto start = std::chrono::steady_clock::now();
  running.until([&] { return running.counters.releases.value() == 1; });
  CHECK(running.store.asked == 4);
  CHECK(seconds(start) >= 1.4);  // 250, 500 and 750 ms between
  // And the metrics say how late it was: the one release took longer than half a second.
  const storage::Durations::Counts late = running.counters.release_times.counts();
  CHECK(std::accumulate(late.begin() + 5, late.end(), std::uint64_t{0}) == 1);
  CHECK(std::accumulate(late.begin(), late.begin() + 5, std::uint64_t{0}) == 0);
}

TEST_CASE("a store that says »now« without end is not asked without end", "[server][timekeeper]") {
  Running running;
  running.store.script = [&](unsigned) {
    running.timekeeper.next_due(running.clock.wall_ms());
    return wire::DONE;
  };
  running.timekeeper.next_due(running.clock.wall_ms());
  const auto start = std::chrono::steady_clock::now();
  running.until([&] { return seconds(start) > 2; });
  CHECK(running.store.asked >= 3);
  CHECK(running.store.asked <= 12);
}

TEST_CASE("a store whose moment comes a little later than ours is asked again until it has come", "[server][timekeeper]") {
  // The real store says the next moment only when it changes: forgetting it after one vain question would lose a stage.
  Running running;
  const auto start = std::chrono::steady_clock::now();
  running.store.script = [&](unsigned) {
    if (seconds(start) >= 0.9) running.timekeeper.next_due(running.clock.wall_ms() + 1'000'000);
    return wire::DONE;
  };
  running.timekeeper.next_due(running.clock.wall_ms());
  running.until([&] { return running.counters.releases.value() == 1; });
  CHECK(seconds(start) < 1.5);
}

TEST_CASE("a moment that comes a millisecond later by the store's clock costs an alert one breath", "[server][timekeeper]") {
  // Every alert is asked for just when it is due. The shortest of a few, so that a busy machine does not matter.
  double shortest = 1;
  for (int run = 0; run < 5; ++run) {
    Running running;
    std::chrono::steady_clock::time_point first;
    running.store.script = [&](unsigned asked) {
      if (asked == 1) {
        first = std::chrono::steady_clock::now();
      } else {
        shortest = std::min(shortest, seconds(first));
        running.timekeeper.next_due(running.clock.wall_ms() + 1'000'000);
      }
      return wire::DONE;
    };
    running.timekeeper.next_due(running.clock.wall_ms());
    running.until([&] { return running.counters.releases.value() == 1; });
    CHECK(running.store.asked == 2);
  }
  CHECK(shortest >= 0.009);
  CHECK(shortest < 0.05);
}

TEST_CASE("a store that has nothing more to say is left alone after a few questions", "[server][timekeeper]") {
  Running running;
  running.store.script = [&](unsigned) { return wire::DONE; };
  running.timekeeper.next_due(running.clock.wall_ms());
  const auto start = std::chrono::steady_clock::now();
  running.until([&] { return seconds(start) > 7; });
  CHECK(running.store.asked == 12);
}

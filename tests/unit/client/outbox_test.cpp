// The outbox: durable before anything is sent, one pair of hands at a time, the schedule with time as an argument, and a process
// killed between any two system calls.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <csignal>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <set>

#include "client/about.hpp"
#include "client/outbox.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/sign.hpp"
#include "tests/unit/client/support.hpp"
#include "tests/unit/client/temporary_home.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

wire::Request deliver(std::size_t addresses) {
  wire::Request request;
  request.mutable_deliver()->set_id(std::string(16, 'i'));
  request.mutable_deliver()->set_envelope(std::string(1024, 'e'));
  for (std::size_t i = 0; i < addresses; ++i)
    *request.mutable_deliver()->mutable_addresses() += std::string(32, static_cast<char>('a' + i));
  return request;
}

Outbox::NewItem item_of(std::vector<wire::Request> requests, bool urgent = false) {
  return {.routes = some_routes(), .requests = std::move(requests), .urgent = urgent, .about = {}};
}

Outcome<std::vector<wire::Answer>> answered(const std::vector<wire::Status>& statuses, std::uint32_t retry_after_s = 0) {
  std::vector<wire::Answer> answers;
  for (const wire::Status status : statuses) {
    answers.emplace_back().set_status(status);
    answers.back().set_retry_after_s(retry_after_s);
  }
  return answers;
}

kept::Item stored(Outbox& outbox) {
  return outbox.list().value().at(0);
}

}  // namespace

TEST_CASE("an item is there until the relay says done, and then it is gone", "[client][outbox]") {
  const TemporaryHome home;
  Outbox outbox(*home);
  const ItemId id = outbox.put(item_of({deliver(1)}), 100).value();
  CHECK(Outbox(*home).list()->size() == 1);
  CHECK(outbox.next_due_s() == 100);
  CHECK_FALSE(outbox.claim_due(99));
  auto claimed = outbox.claim_due(100);
  REQUIRE(claimed);
  CHECK(claimed->settle(std::unexpected(Fault::no_route), 100) == Fate::waiting);
  CHECK(outbox.next_due_s() == 102);
  claimed.reset();
  claimed = outbox.claim(id).value();
  CHECK(claimed->settle(answered({wire::DONE}), 103) == Fate::done);
  CHECK(outbox.list()->empty());
  CHECK(outbox.claim(id).error() == Fault::no_profile);
}

TEST_CASE("unreachable: 2, 4, 8, up to 60 s and for ever", "[client][outbox]") {
  kept::Item item;
  std::vector<std::uint64_t> waits;
  for (int i = 0; i < 8; ++i) {
    CHECK(fate_after(item, std::unexpected(Fault::no_route), 1'000) == Fate::waiting);
    waits.push_back(item.next_try_s() - 1'000);
  }
  CHECK(waits == std::vector<std::uint64_t>{2, 4, 8, 16, 32, 60, 60, 60});
}

TEST_CASE("refused and full: every 10 min for 2 h, then given up and said so", "[client][outbox]") {
  for (const wire::Status status : {wire::REFUSED, wire::FULL}) {
    kept::Item item;
    *item.add_requests() = deliver(1).SerializeAsString();
    std::uint64_t now_s = 10'000;
    int tries = 0;
    while (fate_after(item, answered({status}), now_s) == Fate::refused) {
      ++tries;
      CHECK(item.next_try_s() == now_s + 600);
      now_s += 600;
    }
    CHECK(tries == 12);
    CHECK(now_s == 10'000 + 7'200);
    CHECK(item.state() == kept::Item::GIVEN_UP);
    CHECK(item.last_status() == static_cast<std::uint32_t>(status));
  }
}

TEST_CASE("what each status asks of the client is done", "[client][outbox]") {
  const auto fate_of = [](wire::Status status, std::uint32_t retry_after_s, std::uint64_t& wait_s) {
    kept::Item item;
    *item.add_requests() = deliver(1).SerializeAsString();
    const Fate fate = fate_after(item, answered({status}, retry_after_s), 1'000);
    wait_s = item.next_try_s() >= 1'000 ? item.next_try_s() - 1'000 : 0;
    return fate;
  };
  std::uint64_t wait_s = 0;
  CHECK(fate_of(wire::UNAVAILABLE, 30, wait_s) == Fate::waiting);
  CHECK(wait_s == 30);
  CHECK(fate_of(wire::SLOW_DOWN, 4'000'000'000U, wait_s) == Fate::waiting);
  CHECK(wait_s == 3'600);  // a relay cannot silence an outbox for years
  CHECK(fate_of(wire::ENDED, 0, wait_s) == Fate::broken);
  CHECK(fate_of(wire::UNKNOWN, 0, wait_s) == Fate::waiting);
  CHECK(wait_s == 2);
  for (const wire::Status status : {wire::INVALID, wire::TOO_LARGE, wire::WRONG_ROLE, wire::CONFLICT, wire::UNSUPPORTED})
    CHECK(fate_of(status, 0, wait_s) == Fate::broken);
}

TEST_CASE("of a delivery to several people only the open ones are asked again, under the same id", "[client][outbox]") {
  kept::Item item;
  *item.add_requests() = deliver(3).SerializeAsString();
  auto answers = answered({wire::PARTIAL});
  answers->at(0).set_each(std::string({wire::DONE, wire::REFUSED, wire::DONE}));
  CHECK(fate_after(item, answers, 1'000) == Fate::refused);
  wire::Request rest;
  REQUIRE(rest.ParseFromString(item.requests(0)));
  CHECK(rest.deliver().addresses() == std::string(32, 'b'));
  CHECK(rest.deliver().id() == std::string(16, 'i'));
}

TEST_CASE("a keep in parts is done when the whole vigil is, and sent whole again when it is not", "[client][outbox]") {
  std::vector<wire::Request> parts(3);
  for (std::size_t i = 0; i < 3; ++i) parts[i].mutable_keep()->set_part(static_cast<std::uint32_t>(i));
  kept::Item item;
  for (const wire::Request& part : parts) *item.add_requests() = part.SerializeAsString();
  kept::Item again = item;
  CHECK(fate_after(item, answered({wire::PARTIAL, wire::PARTIAL, wire::DONE}), 1'000) == Fate::done);
  CHECK(fate_after(again, answered({wire::PARTIAL, wire::PARTIAL, wire::UNAVAILABLE}, 5), 1'000) == Fate::waiting);
  CHECK(again.requests_size() == 3);
}

TEST_CASE("what was given up stays to be shown for seven days and then goes by itself", "[client][outbox]") {
  const TemporaryHome home;
  Outbox outbox(*home);
  REQUIRE(outbox.put_claimed(item_of({deliver(1)}), 100)->settle(answered({wire::INVALID}), 100) == Fate::broken);
  CHECK_FALSE(outbox.claim_due(100 + 7 * 86'400));
  CHECK(outbox.list()->size() == 1);
  CHECK_FALSE(outbox.claim_due(101 + 7 * 86'400));
  CHECK(outbox.list()->empty());
}

TEST_CASE("urgent items go first, then the oldest", "[client][outbox]") {
  const TemporaryHome home;
  Outbox outbox(*home);
  const ItemId old = outbox.put(item_of({deliver(1)}), 10).value();
  const ItemId fresh = outbox.put(item_of({deliver(1)}), 20).value();
  const ItemId urgent = outbox.put(item_of({deliver(1)}, true), 30).value();
  std::vector<std::string> order;
  for (int i = 0; i < 3; ++i) {
    auto claimed = outbox.claim_due(100);
    REQUIRE(claimed);
    order.push_back(claimed->item().id());
    REQUIRE(claimed->forget());
  }
  CHECK(order == std::vector<std::string>{std::string(text(urgent.view())), std::string(text(old.view())),
                                          std::string(text(fresh.view()))});
}

TEST_CASE("an ending goes before the alert it ends; refused, it holds back nothing", "[client][outbox]") {
  const TemporaryHome home;
  Outbox outbox(*home);
  const Bytes vigil(32, 'v');
  const Bytes other(32, 'o');
  const auto put = [&](AboutKind kind, const Bytes& id, std::uint64_t at_s) {
    Outbox::NewItem item = item_of({deliver(1)}, true);
    item.about = write_about(kind, id);
    return outbox.put(item, at_s).value();
  };
  const auto next = [&](std::uint64_t at_s) -> std::optional<ItemId> {
    const auto claimed = outbox.claim_due(at_s);
    if (!claimed) return std::nullopt;
    return ItemId::from(view(claimed->item().id()));
  };
  const ItemId keep = put(AboutKind::keep, vigil, 100);
  const ItemId elsewhere = put(AboutKind::keep, other, 101);
  const ItemId end = put(AboutKind::end, vigil, 102);
  {
    const auto held = outbox.claim(end).value();  // in another process's hands: the alert waits all the same
    CHECK(next(102) == elsewhere);
  }
  REQUIRE(outbox.claim(elsewhere)->forget());
  CHECK(next(102) == end);
  REQUIRE(outbox.claim(end)->settle(std::unexpected(Fault::no_route), 102));
  CHECK_FALSE(next(103));  // not reached: both wait
  REQUIRE(outbox.claim(end)->settle(answered({wire::REFUSED}), 104));
  CHECK(next(104) == keep);
  REQUIRE(outbox.claim(end)->settle(answered({wire::DONE}), 704));
  CHECK(next(704) == keep);
}

TEST_CASE("an item is in one pair of hands, also while its state is rewritten", "[client][outbox]") {
  const TemporaryHome home;
  Outbox mine(*home), other(*home);
  auto claimed = mine.put_claimed(item_of({deliver(1)}), 10).value();
  const ItemId id = *ItemId::from(view(claimed.item().id()));
  CHECK(other.claim(id).error() == Fault::busy);
  CHECK_FALSE(other.claim_due(1'000));
  REQUIRE(claimed.settle(std::unexpected(Fault::no_route), 10));
  CHECK(other.claim(id).error() == Fault::busy);  // the rewritten file is ours as well
}

TEST_CASE("a damaged item is moved aside and stops no other; leftovers of a kill are no items", "[client][outbox]") {
  const TemporaryHome home;
  Outbox outbox(*home);
  REQUIRE(outbox.put(item_of({deliver(1)}), 10));
  REQUIRE(write_durably(home->outbox() / (std::string(32, '0') + ".item"), view("rubbish")));
  REQUIRE(write_durably(home->outbox() / ".new-0000", view("half")));
  CHECK(outbox.list()->size() == 1);
  CHECK(outbox.list()->size() == 1);
  CHECK(std::filesystem::exists(home->outbox() / ("damaged-" + std::string(32, '0'))));
  // What a killed process left half written is swept away by a later command, not at once: it may belong to a living one.
  std::filesystem::last_write_time(home->outbox() / ".new-0000",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  REQUIRE(write_durably(home->outbox() / ".new-0001", view("half")));
  REQUIRE(Home::find(home->folder()));
  CHECK_FALSE(std::filesystem::exists(home->outbox() / ".new-0000"));
  CHECK(std::filesystem::exists(home->outbox() / ".new-0001"));
}

TEST_CASE("four processes drain one outbox: each item is settled exactly once", "[client][outbox]") {
  const TemporaryHome home;
  constexpr int items = 40;
  {
    Outbox outbox(*home);
    for (int i = 0; i < items; ++i) REQUIRE(outbox.put(item_of({deliver(1)}), 10));
  }
  const Path done = home->folder() / "done";
  REQUIRE(make_private_folder(done));
  in_processes(4, [&](int) {
    Outbox outbox(*home);
    int failed = 0;
    while (outbox.next_due_s()) {
      auto claimed = outbox.claim_due(100);
      if (!claimed) continue;
      // Exclusive: a second settling of the same item would fail here.
      const Path mark = done / hex(view(claimed->item().id()));
      if (std::filesystem::exists(mark) || !write_durably(mark, {})) ++failed;
      if (claimed->settle(answered({wire::DONE}), 100) != Fate::done) ++failed;
    }
    return failed;
  });
  CHECK(std::distance(std::filesystem::directory_iterator(done), std::filesystem::directory_iterator()) == items);
  CHECK(Outbox(*home).list()->empty());
}

namespace {

// Runs 'work' in a child and kills it at its 'stop'-th system call (entry or return). False: it ended before that.
template <class Work>
bool killed_at(int stop, Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    work();
    ::_exit(0);
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  for (int call = 0; call < stop; ++call) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &how, 0);
    if (WIFEXITED(how)) return false;
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, &how, 0);
  return true;
}

bool can_trace() {
  return killed_at(1, [] { ::getppid(); });
}

}  // namespace

TEST_CASE("killed between any two system calls, an item that put() returned is there, and none is ever half",
          "[client][outbox]") {
  REQUIRE(can_trace());
  const Outbox::NewItem item = item_of({deliver(2)}, true);
  int stops = 0;
  for (int stop = 1;; ++stop) {
    const TemporaryHome home;
    const Path promise = home->folder() / "promise";  // written only after put() has returned
    const bool killed = killed_at(stop, [&] {
      Outbox outbox(*home);
      if (outbox.put(item, 10)) (void)write_durably(promise, {});
    });
    const auto items = Outbox(*home).list();
    REQUIRE(items);
    if (std::filesystem::exists(promise)) REQUIRE(items->size() == 1);
    if (!items->empty()) {
      CHECK(items->at(0).requests(0) == item.requests[0].SerializeAsString());
      CHECK(Outbox(*home).claim_due(10).has_value());  // the dead process holds nothing
    }
    for (const auto& entry : std::filesystem::directory_iterator(home->outbox()))
      CHECK_FALSE(entry.path().filename().string().starts_with("damaged"));
    if (!killed) break;
    ++stops;
  }
  CHECK(stops > 20);
}

TEST_CASE("killed between any two system calls while settling, an item is as before or as after", "[client][outbox]") {
  REQUIRE(can_trace());
  int before = 0, after = 0;
  for (int stop = 1;; ++stop) {
    const TemporaryHome home;
    const ItemId id = Outbox(*home).put(item_of({deliver(1)}), 10).value();
    const bool killed = killed_at(stop, [&] {
      Outbox outbox(*home);
      auto claimed = outbox.claim(id);
      if (claimed) (void)claimed->settle(answered({wire::FULL}), 50);
    });
    Outbox outbox(*home);
    REQUIRE(outbox.list()->size() == 1);
    const kept::Item item = stored(outbox);
    if (item.state() == kept::Item::WAITING) ++before;
    if (item.state() == kept::Item::REFUSED && item.next_try_s() == 650) ++after;
    CHECK(outbox.claim(id).has_value());
    if (!killed) break;
  }
  CHECK(before > 3);
  CHECK(after > 0);
}

TEST_CASE("who sends an item waits for another process that is sending it", "[client][outbox]") {
  using std::chrono::milliseconds;
  const TemporaryHome home;
  Outbox outbox(*home);
  Outbox elsewhere(*home);
  const ItemId id = outbox.put(item_of({deliver(1)}), 100).value();
  std::optional<Outbox::Claimed> theirs = elsewhere.claim(id).value();
  asio::io_context io(1);
  const auto claim = [&](milliseconds patience, auto meanwhile) {
    std::optional<Outcome<Outbox::Claimed>> got;
    const auto task = [&]() -> asio::awaitable<void> {
      Outcome<Outbox::Claimed> claimed = co_await claim_in_turn(outbox, id, patience);
      got.emplace(std::move(claimed));
    };
    asio::co_spawn(io, task, [](const std::exception_ptr& error) { REQUIRE_FALSE(error); });
    asio::post(io, meanwhile);  // behind the first look
    io.restart();
    io.run();
    return got->has_value() ? std::optional<Fault>() : got->error();
  };
  CHECK(claim(milliseconds(60), [] {}) == Fault::busy);
  CHECK_FALSE(claim(milliseconds(60'000), [&] { theirs.reset(); }));
  theirs = elsewhere.claim(id).value();
  CHECK(claim(milliseconds(60'000), [&] { (void)std::exchange(theirs, std::nullopt)->forget(); }) == Fault::no_profile);
}

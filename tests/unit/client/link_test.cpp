// The client's edge against a scripted relay over real TLS: pins, SNI, races, POST answers, the owner's link. Every wait has a
// limit; a hang is a failure.
#include <catch2/catch.hpp>

#include "client/relay_link.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "tests/unit/client/scripted_relay.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

LinkOptions quick() {
  LinkOptions options;
  options.patience.connect = std::chrono::milliseconds(2'000);
  options.patience.answer = std::chrono::milliseconds(2'000);
  options.next_route = std::chrono::milliseconds(300);
  options.answer = std::chrono::milliseconds(1'000);
  return options;
}

struct World {
  asio::io_context io{1};
  RelayKeys keys = RelayKeys::make();
  TlsIdentity tls = TlsIdentity::make("relay.example");
  ScriptedRelay relay{io, tls};
  SigningKey owner = SigningKey::generate();

  Routes routes() { return routes_to(keys, {route_to(relay)}); }
  Outcome<std::vector<wire::Answer>> ask(std::vector<wire::Request> requests) {
    auto asked = run(io, vigil::client::ask(routes(), std::move(requests), quick()));
    REQUIRE(asked);
    return std::move(*asked);
  }
  Outcome<std::unique_ptr<OwnerLink>> connect(LinkOptions options = quick()) {
    auto link = run(io, OwnerLink::connect(routes(), owner, 1'000, options));
    REQUIRE(link);
    return std::move(*link);
  }
};

}  // namespace

TEST_CASE("a POST over a pinned route is answered, each request once and in order", "[client][link]") {
  World world;
  world.relay.on_post = all_done;
  const auto answers = world.ask({probe(), probe()});
  REQUIRE(answers);
  REQUIRE(answers->size() == 2);
  CHECK(answers->front().status() == wire::DONE);
  CHECK(world.relay.heads.front() == "/secret 127.0.0.1:" + std::to_string(world.relay.port()));
}

TEST_CASE("the owner's link proves, asks, hears deliveries and acknowledges them as ranges", "[client][link]") {
  World world;
  std::vector<std::uint64_t> acknowledged;
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    const bool proved = co_await greet_and_prove(peer, world.keys);
    if (!proved) co_return;
    const std::optional<wire::ClientFrame> asked = co_await peer.read_frame();
    wire::RelayFrame frame;
    frame.add_answers()->set_id(asked->requests(0).id());
    frame.mutable_answers(0)->set_status(wire::DONE);
    for (std::uint64_t number = 1; number <= 3; ++number) {
      wire::Delivery& delivery = *frame.add_deliveries();
      delivery.set_number(number);
      delivery.set_copy_id(std::string(16, 'c'));
      delivery.set_address_hash(std::string(32, 'h'));
      delivery.set_envelope(std::string(1024, 'e'));
    }
    [[maybe_unused]] const bool sent = co_await peer.send(frame);
    const std::optional<wire::ClientFrame> heard = co_await peer.read_frame();
    if (heard) acknowledged.assign(heard->acknowledged().begin(), heard->acknowledged().end());
    [[maybe_unused]] const std::optional<Bytes> end = co_await peer.read();
  };
  auto link = world.connect();
  REQUIRE(link);
  const auto listening = run(world.io, (*link)->listen());
  REQUIRE(listening);
  REQUIRE(*listening);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    const auto delivery = run(world.io, (*link)->next_delivery());
    REQUIRE(delivery);
    REQUIRE(*delivery);
    CHECK((*delivery)->number() == number);
  }
  for (const std::uint64_t number : {2U, 1U, 3U, 3U, 77U}) (*link)->acknowledge(number);  // twice and never delivered: ignored
  const auto flushed = run(world.io, (*link)->flush());
  REQUIRE(flushed);
  for (int i = 0; i < 20 && acknowledged.empty(); ++i) world.io.run_one_for(std::chrono::milliseconds(50));
  CHECK(acknowledged == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("routes are raced: a dead one costs nothing, a silent one its silence, the first to answer wins", "[client][link]") {
  World world;
  ScriptedRelay silent(world.io, world.tls);
  silent.silent = true;
  world.relay.on_post = all_done;
  wire::Route dead = route_to(world.relay);
  dead.set_port(1);  // refused at once
  LinkOptions options = quick();
  options.patience.connect = std::chrono::seconds(10);
  const auto ask_over = [&](const std::vector<wire::Route>& routes) {
    const auto before = std::chrono::steady_clock::now();
    const auto asked = run(world.io, ask_one(routes_to(world.keys, routes), probe(), options));
    REQUIRE(asked);
    CHECK(*asked);
    return std::chrono::steady_clock::now() - before;
  };
  CHECK(ask_over({dead, dead, route_to(world.relay)}) < std::chrono::seconds(2));
  const auto waited = ask_over({route_to(silent), route_to(world.relay)});
  CHECK(waited >= options.next_route);
  CHECK(waited < std::chrono::seconds(5));  // not the silent route's whole patience
  CHECK(silent.connections == 1);
}

TEST_CASE("no route: said so, after the last one has failed", "[client][link]") {
  World world;
  wire::Route dead = route_to(world.relay);
  dead.set_port(1);
  const auto asked = run(world.io, ask_one(routes_to(world.keys, {dead, dead}), probe(), quick()));
  REQUIRE(asked);
  CHECK(asked->error() == Fault::no_route);
  wire::Route onion = dead;
  onion.set_host("vigilvigilvigil.onion");
  const auto hidden = run(world.io, ask_one(routes_to(world.keys, {onion}), probe(), quick()));
  REQUIRE(hidden);
  CHECK(hidden->error() == Fault::no_route);
}

TEST_CASE("a patient question follows the relay's word: unknown at once with the same request, slow down after its time",
          "[client][link]") {
  World world;
  std::vector<std::string> seen;
  std::vector<std::chrono::steady_clock::time_point> times;
  world.relay.on_post = [&](const wire::Post& post) {
    seen.push_back(post.requests(0).SerializeAsString());
    times.push_back(std::chrono::steady_clock::now());
    wire::PostAnswer answers;
    answers.add_answers()->set_id(post.requests(0).id());
    const wire::Status status = seen.size() == 1 ? wire::UNKNOWN : seen.size() == 2 ? wire::SLOW_DOWN : wire::DONE;
    answers.mutable_answers(0)->set_status(status);
    if (status == wire::SLOW_DOWN) answers.mutable_answers(0)->set_retry_after_s(1);
    return HttpAnswer{200, answers.SerializeAsString()};
  };
  const auto asked = run(world.io, ask_patiently(world.routes(), probe(), std::chrono::seconds(10), quick()));
  REQUIRE(asked);
  REQUIRE(*asked);
  CHECK((*asked)->status() == wire::DONE);
  REQUIRE(seen.size() == 3);
  CHECK(seen[0] == seen[1]);
  CHECK(times[1] - times[0] < std::chrono::milliseconds(900));
  CHECK(times[2] - times[1] >= std::chrono::milliseconds(990));
}

TEST_CASE("a link that is dropped or stopped ends whoever waits on it", "[client][link]") {
  World world;
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    const bool proved = co_await greet_and_prove(peer, world.keys);
    if (!proved) co_return;
    while (true) {
      const std::optional<Bytes> frame = co_await peer.read();
      if (!frame) co_return;
    }
  };
  auto link = world.connect();
  REQUIRE(link);
  const auto unanswered = run(world.io, (*link)->listen());
  REQUIRE(unanswered);
  CHECK(unanswered->error() == Fault::timed_out);
  CHECK_FALSE((*link)->ended());
  (*link)->stop();
  const auto delivery = run(world.io, (*link)->next_delivery());
  REQUIRE(delivery);
  CHECK(delivery->error() == Fault::stopped);
  const auto after = run(world.io, (*link)->listen());
  REQUIRE(after);
  CHECK(after->error() == Fault::stopped);
  link->reset();
  world.io.run_for(std::chrono::milliseconds(50));
}

TEST_CASE("one answer without an id is about the whole body and holds for every request", "[client][link]") {
  World world;
  world.relay.on_post = [](const wire::Post&) {
    wire::PostAnswer answers;
    answers.add_answers()->set_status(wire::UNSUPPORTED);
    return HttpAnswer{200, answers.SerializeAsString()};
  };
  const auto answers = world.ask({probe(), probe()});
  REQUIRE(answers);
  REQUIRE(answers->size() == 2);
  CHECK(answers->back().status() == wire::UNSUPPORTED);
}

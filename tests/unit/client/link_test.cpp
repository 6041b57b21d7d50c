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

wire::Request probe() {
  wire::Request request;
  request.mutable_probe()->set_address(std::string(32, 'a'));
  return request;
}

HttpAnswer all_done(const wire::Post& post) {
  wire::PostAnswer answers;
  for (const wire::Request& request : post.requests()) {
    wire::Answer& answer = *answers.add_answers();
    answer.set_id(request.id());
    answer.set_status(wire::DONE);
  }
  return {200, answers.SerializeAsString()};
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
    (*link)->acknowledge(number);
  }
  const auto flushed = run(world.io, (*link)->flush());
  REQUIRE(flushed);
  for (int i = 0; i < 20 && acknowledged.empty(); ++i) world.io.run_one_for(std::chrono::milliseconds(50));
  CHECK(acknowledged == std::vector<std::uint64_t>{1, 3});
}

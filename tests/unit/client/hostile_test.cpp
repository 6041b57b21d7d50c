// A scripted bad relay: whatever it sends, the client stays whole, says what is wrong by a typed fault, and waits for nothing for
// ever.
#include <catch2/catch.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "client/relay_link.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "tests/unit/client/scripted_relay.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

LinkOptions quick() {
  LinkOptions options;
  options.patience.connect = std::chrono::milliseconds(1'000);
  options.patience.answer = std::chrono::milliseconds(1'000);
  options.next_route = std::chrono::milliseconds(200);
  options.answer = std::chrono::milliseconds(700);
  return options;
}

struct World {
  asio::io_context io{1};
  RelayKeys keys = RelayKeys::make();
  ScriptedRelay relay{io, TlsIdentity::make("relay.example")};
  SigningKey owner = SigningKey::generate();

  Routes routes() { return routes_to(keys, {route_to(relay)}); }
  Outcome<std::unique_ptr<OwnerLink>> connect() {
    auto link = run(io, OwnerLink::connect(routes(), owner, 1'000, quick()));
    REQUIRE(link);
    return std::move(*link);
  }
  Fault connect_fault() {
    const auto link = connect();
    REQUIRE_FALSE(link);
    return link.error();
  }
  Fault ask_fault(const std::string& body, unsigned status = 200) {
    relay.on_post = [&](const wire::Post&) { return HttpAnswer{status, body}; };
    wire::Request request;
    request.mutable_probe()->set_address(std::string(32, 'a'));
    const auto asked = run(io, ask_one(routes(), request, quick()));
    REQUIRE(asked);
    REQUIRE_FALSE(*asked);
    return asked->error();
  }
  // Greets and proves honestly, then sends 'bad' in answer to the first request; what next_delivery says then.
  template <class Make>
  Fault after_proof(Make make) {
    relay.on_websocket = [this, make](Peer& peer) -> asio::awaitable<void> {
      const bool proved = co_await greet_and_prove(peer, keys);
      if (!proved) co_return;
      const std::optional<wire::ClientFrame> asked = co_await peer.read_frame();
      if (!asked) co_return;
      const std::string bad = make(*asked);
      [[maybe_unused]] const bool sent = co_await peer.send(bad);
      [[maybe_unused]] const std::optional<Bytes> end = co_await peer.read();
    };
    auto link = connect();
    REQUIRE(link);
    const auto listening = run(io, (*link)->listen());
    REQUIRE(listening);
    for (;;) {
      const auto delivery = run(io, (*link)->next_delivery());
      REQUIRE(delivery);
      if (!*delivery) return delivery->error();
    }
  }
};

wire::RelayFrame one_delivery() {
  wire::RelayFrame frame;
  wire::Delivery& delivery = *frame.add_deliveries();
  delivery.set_number(1);
  delivery.set_copy_id(std::string(16, 'c'));
  delivery.set_address_hash(std::string(32, 'h'));
  delivery.set_envelope(std::string(1024, 'e'));
  return frame;
}

std::string answer_body(std::uint64_t id, int status) {
  wire::PostAnswer post;
  post.add_answers()->set_id(id);
  post.mutable_answers(0)->set_status(static_cast<wire::Status>(status));
  return post.SerializeAsString();
}

}  // namespace

TEST_CASE("a greeting that is not this relay's ends the link before anything is proved", "[client][hostile]") {
  World world;
  std::optional<wire::RelayFrame> seen;  // a greeting of an earlier connection, for replay
  std::size_t proofs = 0;
  const auto greet_with = [&](auto change) {
    world.relay.on_websocket = [&, change](Peer& peer) -> asio::awaitable<void> {
      wire::RelayFrame frame = greeting(world.keys, peer.exporter(), random_id<Challenge>());
      change(frame, peer);
      [[maybe_unused]] const bool sent = co_await peer.send(frame);
      const std::optional<Bytes> more = co_await peer.read();
      if (more) ++proofs;
    };
    return world.connect_fault();
  };
  const RelayKeys other = RelayKeys::make();
  CHECK(greet_with([](wire::RelayFrame& frame, Peer&) { frame.mutable_greeting()->mutable_signature()->at(5) ^= 1; }) ==
        Fault::wrong_greeting);
  CHECK(greet_with([&](wire::RelayFrame& frame, Peer& peer) {
          frame = greeting(other, peer.exporter(), random_id<Challenge>());
        }) == Fault::wrong_greeting);
  CHECK(greet_with([&](wire::RelayFrame& frame, Peer&) { *frame.mutable_greeting()->mutable_online() = other.certificate; }) ==
        Fault::wrong_greeting);
  CHECK(greet_with([&](wire::RelayFrame& frame, Peer&) {
          frame.mutable_greeting()->mutable_online()->set_not_after_s(5'000'000'000);
        }) == Fault::wrong_greeting);
  // Remembered from one connection, shown on the next: the exporter is another.
  greet_with([&](wire::RelayFrame& frame, Peer&) {
    seen = frame;
    frame.mutable_greeting()->set_version(9);
  });
  CHECK(greet_with([&](wire::RelayFrame& frame, Peer&) { frame = *seen; }) == Fault::wrong_greeting);
  CHECK(greet_with([](wire::RelayFrame& frame, Peer&) { frame.mutable_greeting()->set_version(2); }) == Fault::not_this_protocol);
  CHECK(greet_with([](wire::RelayFrame& frame, Peer&) { frame.mutable_greeting()->set_challenge("short"); }) ==
        Fault::not_this_protocol);
  CHECK(greet_with([](wire::RelayFrame& frame, Peer&) { frame = one_delivery(); }) == Fault::not_this_protocol);
  CHECK(greet_with([](wire::RelayFrame& frame, Peer&) { frame.MergeFrom(one_delivery()); }) == Fault::not_this_protocol);
  CHECK(proofs == 0);
}

TEST_CASE("an online key past its 90 days is told and does not stop anybody", "[client][hostile]") {
  World world;
  world.keys = RelayKeys::make(500);
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    const bool proved = co_await greet_and_prove(peer, world.keys);
    if (!proved) co_return;
    [[maybe_unused]] const std::optional<Bytes> end = co_await peer.read();
  };
  const auto link = world.connect();
  REQUIRE(link);
  CHECK((*link)->greeted().online_key_expired);
}

TEST_CASE("random and torn bytes in place of a greeting are typed faults", "[client][hostile]") {
  World world;
  const std::string whole = greeting(world.keys, Exporter{}, Challenge{}).SerializeAsString();
  std::vector<std::string> bads{"", "x", std::string(70'000, 'y'), std::string(65'536, '\xff'),
                                whole.substr(0, whole.size() / 2)};
  for (int i = 0; i < 20; ++i) bads.emplace_back(text(random_bytes(1 + random_below(300))));
  for (const std::string& bad : bads) {
    world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
      [[maybe_unused]] const bool sent = co_await peer.send(bad);
      [[maybe_unused]] const std::optional<Bytes> end = co_await peer.read();
    };
    const Fault fault = world.connect_fault();
    CHECK((fault == Fault::not_this_protocol || fault == Fault::wrong_greeting));
  }
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    [[maybe_unused]] const bool sent = co_await peer.send_text("hello");
    [[maybe_unused]] const std::optional<Bytes> end = co_await peer.read();
  };
  CHECK(world.connect_fault() == Fault::not_this_protocol);
}

TEST_CASE("a relay that falls silent, before TLS, before the greeting or before the proof's answer, is given up in time",
          "[client][hostile]") {
  World world;
  const auto forever = [](Peer&) -> asio::awaitable<void> {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    [[maybe_unused]] const auto [woken] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  };
  world.relay.silent = true;
  CHECK(world.connect_fault() == Fault::no_route);
  world.relay.silent = false;
  world.relay.on_websocket = forever;
  CHECK(world.connect_fault() == Fault::no_route);
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    [[maybe_unused]] const bool sent = co_await peer.send(greeting(world.keys, peer.exporter(), random_id<Challenge>()));
    co_await forever(peer);
  };
  CHECK(world.connect_fault() == Fault::timed_out);
}

TEST_CASE("a relay that refuses the proof is said so", "[client][hostile]") {
  World world;
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    [[maybe_unused]] const bool sent = co_await peer.send(greeting(world.keys, peer.exporter(), random_id<Challenge>()));
    const std::optional<wire::ClientFrame> frame = co_await peer.read_frame();
    wire::RelayFrame answer;
    answer.add_answers()->set_id(frame->requests(0).id());
    answer.mutable_answers(0)->set_status(wire::REFUSED);
    [[maybe_unused]] const bool answered = co_await peer.send(answer);
    [[maybe_unused]] const std::optional<Bytes> end = co_await peer.read();
  };
  CHECK(world.connect_fault() == Fault::not_proved);
}

TEST_CASE("deliveries with wrong lengths, numbers and enums end the link", "[client][hostile]") {
  World world;
  std::vector<std::function<void(wire::Delivery&)>> breaks{
      [](wire::Delivery& d) { d.set_copy_id("short"); },
      [](wire::Delivery& d) { d.set_address_hash(std::string(33, 'h')); },
      [](wire::Delivery& d) { d.set_envelope(std::string(1023, 'e')); },
      [](wire::Delivery& d) { d.set_envelope(""); },
      [](wire::Delivery& d) { d.set_number(0); },
      [](wire::Delivery& d) { d.set_number(2); },
      [](wire::Delivery& d) { d.set_number(~std::uint64_t{0}); },
      [](wire::Delivery& d) { d.set_lane(static_cast<wire::Lane>(7)); },
      [](wire::Delivery& d) { d.set_of_vigil(static_cast<wire::VigilCopy>(9)); },
      [](wire::Delivery& d) { d.set_of_vigil(wire::NOTICE); },                           // without its Released
      [](wire::Delivery& d) { d.mutable_notice()->set_act(wire::Released::ANSWERED); },  // not of a vigil
      [](wire::Delivery& d) {
        d.set_of_vigil(wire::NOTICE);
        d.mutable_notice()->set_act(wire::Released::ANSWERED);
        d.mutable_notice()->set_token("short");
      },
      [](wire::Delivery& d) {
        d.set_of_vigil(wire::NOTICE);
        d.mutable_notice()->set_act(wire::Released::ANSWERED);
        d.mutable_notice()->set_token(std::string(32, 't'));
        d.mutable_notice()->set_index(32);
      },
      [](wire::Delivery& d) {
        d.set_of_vigil(wire::NOTICE);
        d.mutable_notice()->set_act(static_cast<wire::Released::Act>(77));
        d.mutable_notice()->set_token(std::string(32, 't'));
      },
      [](wire::Delivery& d) {
        d.set_of_vigil(wire::STAGE);
        d.set_stage(1'000'000);
      },
  };
  for (std::size_t i = 0; i < breaks.size(); ++i) {
    INFO(i);
    CHECK(world.after_proof([&](const wire::ClientFrame&) {
      wire::RelayFrame frame = one_delivery();
      breaks[i](*frame.mutable_deliveries(0));
      return frame.SerializeAsString();
    }) == Fault::not_this_protocol);
  }
}

TEST_CASE("answers for unknown ids, twice, of unknown status or with another request's detail end the link",
          "[client][hostile]") {
  World world;
  using Make = std::function<void(wire::RelayFrame&, std::uint64_t)>;
  const std::vector<Make> bads{
      [](wire::RelayFrame& frame, std::uint64_t) {
        frame.add_answers()->set_id(999);
        frame.mutable_answers(0)->set_status(wire::DONE);
      },
      [](wire::RelayFrame& frame, std::uint64_t id) {
        for (int i = 0; i < 2; ++i) {
          frame.add_answers()->set_id(id);
          frame.mutable_answers(i)->set_status(wire::DONE);
        }
      },
      [](wire::RelayFrame& frame, std::uint64_t id) { frame.add_answers()->set_id(id); },
      [](wire::RelayFrame& frame, std::uint64_t id) {
        frame.add_answers()->set_id(id);
        frame.mutable_answers(0)->set_status(static_cast<wire::Status>(200));
      },
      [](wire::RelayFrame& frame, std::uint64_t id) {
        frame.add_answers()->set_id(id);
        frame.mutable_answers(0)->set_status(wire::DONE);
        frame.mutable_answers(0)->mutable_lease()->set_yours(true);
      },
      [](wire::RelayFrame& frame, std::uint64_t) { frame.mutable_greeting()->set_version(1); },
  };
  for (std::size_t i = 0; i < bads.size(); ++i) {
    INFO(i);
    CHECK(world.after_proof([&](const wire::ClientFrame& asked) {
      wire::RelayFrame frame;
      bads[i](frame, asked.requests(0).id());
      return frame.SerializeAsString();
    }) == Fault::not_this_protocol);
  }
  CHECK(world.after_proof([](const wire::ClientFrame&) { return std::string(70'000, 'x'); }) == Fault::not_this_protocol);
  CHECK(world.after_proof([](const wire::ClientFrame&) {
    wire::RelayFrame frame;
    frame.mutable_event()->set_kind(wire::Event::DISPLACED);
    return frame.SerializeAsString();
  }) == Fault::displaced);
}

TEST_CASE("a relay that sends more than the window may hold is cut off: memory stays bounded", "[client][hostile]") {
  World world;
  std::size_t handed_over = 0;
  world.relay.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    const bool proved = co_await greet_and_prove(peer, world.keys);
    if (!proved) co_return;
    for (std::uint64_t number = 1; number <= 5'000; ++number) {
      wire::RelayFrame one = one_delivery();
      one.mutable_deliveries(0)->set_number(number);
      const bool sent = co_await peer.send(one);
      if (!sent) co_return;
    }
  };
  auto link = world.connect();
  REQUIRE(link);
  for (;;) {
    const auto delivery = run(world.io, (*link)->next_delivery());
    REQUIRE(delivery);
    if (!*delivery) break;
    ++handed_over;
  }
  CHECK(handed_over >= 64);
  CHECK(handed_over <= 128);
  CHECK((*link)->ended() == Fault::not_this_protocol);
}

TEST_CASE(
    "a POST's answer with foreign ids, missing ones, unknown statuses, garbage or another web server's page is a typed fault",
    "[client][hostile]") {
  World world;
  CHECK(world.ask_fault("") == Fault::not_this_protocol);
  CHECK(world.ask_fault("\xff\xff\xff\xff") == Fault::not_this_protocol);
  CHECK(world.ask_fault(answer_body(2, wire::DONE)) == Fault::not_this_protocol);
  CHECK(world.ask_fault(answer_body(0, wire::DONE)) == Fault::not_this_protocol);
  CHECK(world.ask_fault(answer_body(1, 0)) == Fault::not_this_protocol);
  CHECK(world.ask_fault(answer_body(1, 99)) == Fault::not_this_protocol);
  CHECK(world.ask_fault(answer_body(1, -1)) == Fault::not_this_protocol);
  CHECK(world.ask_fault(answer_body(1, wire::DONE) + answer_body(1, wire::DONE)) == Fault::not_this_protocol);
  CHECK(world.ask_fault("<html>", 404) == Fault::not_a_relay);
  CHECK(world.ask_fault("", 503) == Fault::no_route);
  CHECK(world.ask_fault(std::string(600'000, 'x')) == Fault::not_this_protocol);
  for (int i = 0; i < 50; ++i) {
    const Fault fault = world.ask_fault(std::string(text(random_bytes(random_below(200)))));
    CHECK(fault == Fault::not_this_protocol);
  }
}

TEST_CASE("a delivery to several people that hides the fate of one is not believed", "[client][hostile]") {
  World world;
  wire::Request request;
  request.mutable_deliver()->set_addresses(std::string(96, 'a'));
  const auto ask_with = [&](const std::string& each, wire::Status status) {
    world.relay.on_post = [&, each, status](const wire::Post& post) {
      wire::PostAnswer answers;
      answers.add_answers()->set_id(post.requests(0).id());
      answers.mutable_answers(0)->set_status(status);
      if (!each.empty()) answers.mutable_answers(0)->set_each(each);
      return HttpAnswer{200, answers.SerializeAsString()};
    };
    const auto asked = run(world.io, ask_one(world.routes(), request, quick()));
    REQUIRE(asked);
    return asked->has_value();
  };
  CHECK(ask_with(std::string("\1\1\2", 3), wire::PARTIAL));
  CHECK_FALSE(ask_with(std::string("\1\1", 2), wire::PARTIAL));
  CHECK_FALSE(ask_with(std::string("\1\1\0", 3), wire::PARTIAL));
  CHECK_FALSE(ask_with(std::string("\1\1\x63", 3), wire::PARTIAL));
  CHECK_FALSE(ask_with("", wire::PARTIAL));
  CHECK_FALSE(ask_with(std::string("\1\1\2", 3), wire::DONE));
}

TEST_CASE("what a relay gives as a reason cannot write on a terminal", "[client][hostile]") {
  World world;
  world.relay.on_post = [&](const wire::Post& post) {
    wire::PostAnswer answers;
    answers.add_answers()->set_id(post.requests(0).id());
    answers.mutable_answers(0)->set_status(wire::INVALID);
    answers.mutable_answers(0)->set_why("\x1b[2Jall is well\n" + std::string(10'000, 'x'));
    return HttpAnswer{200, answers.SerializeAsString()};
  };
  wire::Request request;
  request.mutable_probe()->set_address(std::string(32, 'a'));
  const auto asked = run(world.io, ask_one(world.routes(), request, quick()));
  REQUIRE(asked);
  REQUIRE(*asked);
  CHECK((*asked)->why().size() <= 200);
  CHECK((*asked)->why().substr(0, 15) == "?[2Jall is well");
}

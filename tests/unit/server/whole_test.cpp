// The thin whole: connect, greet, prove, open, grant, deliver, listen, acknowledge, on real TLS with the real store.
#include <catch2/catch.hpp>
#include <numeric>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "running_relay.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

TEST_CASE("the greeting is the relay's own, bound to this TLS connection", "[server]") {
  RunningRelay relay;
  Member member(relay.port(), relay.root());
  const wire::Greeting& greeting = member.greeting();
  REQUIRE(greeting.version() == limits::protocol_version);
  REQUIRE(verify_online_key(relay.root(), greeting.online()));
  const auto online = PublicKey::from(view(greeting.online().online_key()));
  const auto challenge = Challenge::from(view(greeting.challenge()));
  const auto signature = Signature::from(view(greeting.signature()));
  REQUIRE((online && challenge && signature));
  CHECK(verify_greeting(*online, *signature, member.binding(), *challenge));
  // Another connection's exporter: a relay in the middle cannot pass a greeting on.
  Member other(relay.port(), relay.root());
  CHECK_FALSE(verify_greeting(*online, *signature, other.binding(), *challenge));
  CHECK(greeting.limits().window_copies() == limits::window_copies);
  CHECK(greeting.keepalive_s() == limits::keepalive_s);
  CHECK(greeting.route_serial() == 1);
}

TEST_CASE("each durable answer, each commit and each urgent copy handed over is timed once", "[server][metrics]") {
  const auto sum = [](const storage::Durations::Counts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  };
  RunningRelay relay;
  RunningRelay::Owner reader = relay.owner();
  REQUIRE(reader.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  const std::uint64_t answered = sum(relay.counters().answer_times.counts());
  CHECK(sender->deliver(reader.address, envelope_of('a')).status() == wire::DONE);
  CHECK(reader.member->next_delivery().envelope() == envelope_of('a'));
  CHECK(sum(relay.counters().answer_times.counts()) == answered + 1);
  CHECK(sum(relay.relay().switchboard.hand_over_times()) == 0);  // a normal copy is none of an alert's
  CHECK(sender->deliver(reader.address, envelope_of('b'), wire::URGENT).status() == wire::DONE);
  CHECK(reader.member->next_delivery().envelope() == envelope_of('b'));
  CHECK(sum(relay.counters().answer_times.counts()) == answered + 2);
  wait_until([&] { return sum(relay.relay().switchboard.hand_over_times()) == 1; });
  wait_until([&] {
    const storage::Figures figures = relay.store().figures();
    return sum(figures.commit_times) == figures.commits && figures.commits > 3;
  });
}

TEST_CASE("a copy goes from a sender over the relay to a listening reader, who acknowledges it", "[server]") {
  RunningRelay relay;
  RunningRelay::Owner reader = relay.owner();
  REQUIRE(reader.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  CHECK(sender->deliver(reader.address, envelope_of('a')).status() == wire::DONE);
  const wire::Delivery delivery = reader.member->next_delivery();
  CHECK(delivery.number() == 1);
  CHECK(delivery.envelope() == envelope_of('a'));
  CHECK(delivery.lane() == wire::NORMAL);
  CHECK(delivery.address_hash() == bytes_of(address_hash(reader.address)));
  reader.member->acknowledge(1, 1);
  // Acknowledged copies do not come again, on this connection or on the next one.
  CHECK(sender->deliver(reader.address, envelope_of('b')).status() == wire::DONE);
  CHECK(reader.member->next_delivery().envelope() == envelope_of('b'));
  reader.member.reset();
  const std::unique_ptr<Member> again = relay.member();
  REQUIRE(again->prove(reader.key) == wire::DONE);
  REQUIRE(again->listen() == wire::DONE);
  CHECK(again->next_delivery().envelope() == envelope_of('b'));
}

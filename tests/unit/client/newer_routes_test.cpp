// Newer ways to a relay. Goal: a list that its root has signed and that follows ours is used for whatever goes out next, locked
// or open; nothing else that a relay says changes a way. Method: a scripted relay over real TLS that offers one list after
// another.
#include "client/newer_routes.hpp"

#include <catch2/catch.hpp>

#include "client/clock.hpp"
#include "tests/unit/client/scripted_relay.hpp"
#include "tests/unit/client/two_people.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

// Aigul's relay, which offers whatever list the test has put there.
struct Offering {
  Offering() {
    relay.on_post = [this](const wire::Post& post) {
      wire::PostAnswer answers;
      for (const wire::Request& request : post.requests()) {
        wire::Answer& answer = *answers.add_answers();
        answer.set_id(request.id());
        answer.set_status(wire::DONE);
        if (request.has_fetch_routes()) {
          ++asked;
          if (offered) *answer.mutable_routes() = *offered;
        }
      }
      return HttpAnswer{.status = 200, .body = answers.SerializeAsString()};
    };
    kept::PreparedAlert ready;
    ready.set_alert_id("ready");
    kept::RunningAlert running;
    running.set_alert_id("running");
    const std::string serialised(text(View(known.serialised())));
    const std::string root(text(known.root().view()));
    kept::PreparedVigil& in_stock = *ready.add_vigils();
    in_stock.set_routes(serialised);
    in_stock.set_root(root);
    kept::RunningVigil& goes_on = *running.add_vigils();
    goes_on.set_routes(serialised);
    goes_on.set_root(root);
    REQUIRE(aigul().slot.replace_stock({ready}));
    REQUIRE(aigul().slot.add_running(running));
    wire::Request request = probe();
    REQUIRE(aigul().outbox.put({.routes = known, .requests = {request}, .urgent = true, .about = {}}, now_s));
  }

  Account& aigul() { return *pair.aigul.account; }
  Routes current() { return aigul().relays.find(known.root())->routes; }
  bool fetch(std::optional<wire::RouteList> list) {
    offered = std::move(list);
    const Routes have = current();
    return run(io, fetch_newer_routes(aigul(), have)).value();
  }
  // The serial everywhere where a list lies; 0 when they differ.
  std::uint64_t serial_everywhere() {
    const std::uint64_t serial = current().serial();
    const auto same = [&](View serialised) { return Routes::read(serialised).value().serial() == serial; };
    bool all = aigul().contacts.reaches(pair.dana_at_aigul).at(0).routes.serial() == serial;
    const auto running = aigul().slot.running().value();
    all = all && same(view(running.at(0).vigils(0).routes()));
    for (const kept::Item& item : aigul().outbox.list().value()) all = all && same(view(item.routes()));
    const auto taken = aigul().slot.take().value();
    all = all && same(view(taken.vigils(0).routes()));
    REQUIRE(aigul().slot.replace_stock({taken}));
    return all ? serial : 0;
  }

  boost::asio::io_context io;
  ScriptedRelay relay{io, TlsIdentity::make("relay")};
  RelayKeys keys = RelayKeys::make();
  wire::RouteList first = sign_routes(keys.root, {route_to(relay)}, 1);
  Routes known = Routes::verify(first, keys.root.public_key()).value();
  Pair pair{known};
  std::optional<wire::RouteList> offered;
  int asked = 0;
};

}  // namespace

TEST_CASE("a newer list signed by the root is used wherever the old one lay, also with the profile locked", "[client][routes]") {
  Offering offering;
  const wire::RouteList second = sign_routes(offering.keys.root, {route_to(offering.relay, "/moved")}, 2, &offering.first);
  const std::uint64_t version = offering.aigul().slot.version();
  REQUIRE(offering.fetch(second));
  CHECK(offering.aigul().slot.version() != version);
  CHECK(offering.serial_everywhere() == 2);
  CHECK(offering.current().routes().front().path == "/moved");
  // A list further on, after one was missed, is taken too: the root has signed it.
  const wire::RouteList fifth = sign_routes(offering.keys.root, {route_to(offering.relay, "/again")}, 5, &second);
  REQUIRE(offering.fetch(fifth));
  CHECK(offering.serial_everywhere() == 5);
  // And the second does not come back.
  CHECK_FALSE(offering.fetch(second));
  CHECK(offering.serial_everywhere() == 5);
}

TEST_CASE("an older, unsigned, foreign, forked or empty list changes no way", "[client][routes][hostile]") {
  Offering offering;
  const SigningKey stranger = SigningKey::generate();
  const wire::Route there = route_to(offering.relay, "/trap");
  wire::RouteList torn = sign_routes(offering.keys.root, {there}, 2, &offering.first);
  torn.mutable_body()->back() = static_cast<char>(torn.body().back() ^ 1);
  const wire::RouteList other = sign_routes(offering.keys.root, {there}, 1);
  const std::optional<wire::RouteList> lists[] = {
      std::nullopt,                                             // has none after all
      wire::RouteList(),                                        // empty
      offering.first,                                           // ours
      other,                                                    // another one under our serial
      torn,                                                     // not what was signed
      sign_routes(stranger, {there}, 2, &offering.first),       // a root of its own
      sign_routes(offering.keys.root, {there}, 2, &other),      // follows another list than ours
      sign_routes(offering.keys.root, {}, 2, &offering.first),  // leads nowhere
  };
  for (const auto& list : lists) CHECK_FALSE(offering.fetch(list));
  CHECK(offering.asked == 8);
  CHECK(offering.serial_everywhere() == 1);
  CHECK(offering.current().routes().front().path == "/secret");
}

TEST_CASE("a contact's relay is asked once an hour, however often one writes", "[client][routes]") {
  Offering offering;
  for (const std::uint64_t later_s : {0ULL, 10ULL, 3'000ULL}) {
    const Routes have = offering.current();
    (void)run(offering.io, fetch_newer_routes_hourly(offering.aigul(), have, wall_s() + later_s));
  }
  CHECK(offering.asked == 1);
  const Routes have = offering.current();
  (void)run(offering.io, fetch_newer_routes_hourly(offering.aigul(), have, wall_s() + 3'700));
  CHECK(offering.asked == 2);
}

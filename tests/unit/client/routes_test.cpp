// Route lists and invites: signed by the root, rising, chained; anything else is refused and leaves what one has.
#include <catch2/catch.hpp>

#include "client/routes.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/sign.hpp"

using namespace vigil;
using namespace vigil::client;

namespace {

const SigningKey& root() {
  static const SigningKey key = SigningKey::generate();
  return key;
}

wire::Route good_route() {
  wire::Route route;
  route.set_host("relay.example");
  route.set_port(443);
  route.set_path("/a-secret/path");
  route.set_pin(std::string(32, 'p'));
  return route;
}

wire::RouteListBody body_of(std::uint64_t serial, const std::string& before = {}) {
  wire::RouteListBody body;
  body.set_root(std::string(text(root().public_key().view())));
  body.set_serial(serial);
  body.set_before(before);
  body.set_not_after_s(1'900'000'000);
  *body.add_routes() = good_route();
  return body;
}

wire::RouteList sign(const wire::RouteListBody& body, const SigningKey& key = root()) {
  wire::RouteList list;
  list.set_body(body.SerializeAsString());
  list.set_signature(std::string(text(key.sign(labels::routes, {view(list.body())}).view())));
  return list;
}

Outcome<Routes> check(const wire::RouteList& list) {
  return Routes::verify(list, root().public_key());
}

std::string hash_of(const Routes& routes) {
  return std::string(text(routes.hash().view()));
}

std::string invite_text(const wire::Invite& invite) {
  return "vigil:join:" + base64url(view(invite.SerializeAsString()));
}

}  // namespace

TEST_CASE("a list signed by its root is taken; another signer, root or byte is not", "[client][routes]") {
  const wire::RouteList good = sign(body_of(1));
  REQUIRE(check(good));
  CHECK(check(good)->routes().front().server_name == "relay.example");
  CHECK(check(sign(body_of(1), SigningKey::generate())).error() == Fault::routes_unsigned);
  wire::RouteList torn = good;
  torn.mutable_body()->back() ^= 1;
  CHECK(check(torn).error() == Fault::routes_unsigned);
  wire::RouteList unsigned_list = good;
  unsigned_list.clear_signature();
  CHECK(check(unsigned_list).error() == Fault::routes_unsigned);
  wire::RouteListBody foreign = body_of(1);
  foreign.set_root(std::string(32, 'r'));
  CHECK(check(sign(foreign)).error() == Fault::routes_unsigned);
  CHECK(Routes::read(check(good)->serialised()).has_value());
  CHECK(Routes::read(view("rubbish")).error() == Fault::routes_invalid);
}

TEST_CASE("an older list, another one under the same serial and a broken chain are refused", "[client][routes]") {
  const Routes second = check(sign(body_of(2))).value();
  CHECK(second.followed_by(sign(body_of(2))).has_value());  // the same again
  CHECK(second.followed_by(sign(body_of(1))).error() == Fault::routes_older);
  wire::RouteListBody other = body_of(2);
  other.mutable_routes(0)->set_path("/another");
  CHECK(second.followed_by(sign(other)).error() == Fault::routes_older);
  CHECK(second.followed_by(sign(body_of(3, hash_of(second)))).has_value());
  CHECK(second.followed_by(sign(body_of(3))).error() == Fault::routes_unchained);
  CHECK(second.followed_by(sign(body_of(3, std::string(32, 'x')))).error() == Fault::routes_unchained);
  CHECK(second.followed_by(sign(body_of(3, hash_of(second)), SigningKey::generate())).error() == Fault::routes_unsigned);
  CHECK(second.followed_by(sign(body_of(7, std::string(32, 'x')))).has_value());  // lists were missed: the root's word counts
}

TEST_CASE("routes that could break out of an HTTP head, or make no sense, are left out; a list without any is invalid",
          "[client][routes]") {
  using Change = std::function<void(wire::Route&)>;
  const std::vector<Change> breaks{
      [](wire::Route& r) { r.set_host(""); },
      [](wire::Route& r) { r.set_host("a\r\nX: y"); },
      [](wire::Route& r) { r.set_host(std::string(300, 'a')); },
      [](wire::Route& r) { r.set_port(0); },
      [](wire::Route& r) { r.set_port(65536); },
      [](wire::Route& r) { r.set_path("no-slash"); },
      [](wire::Route& r) { r.set_path("/a b"); },
      [](wire::Route& r) { r.set_path("/a\r\nHost: other"); },
      [](wire::Route& r) { r.set_pin("short"); },
      [](wire::Route& r) { r.set_pin(""); },
      [](wire::Route& r) { r.set_pin_next("short"); },
      [](wire::Route& r) { r.set_server_name("bad name"); },
  };
  for (std::size_t i = 0; i < breaks.size(); ++i) {
    INFO(i);
    wire::RouteListBody body = body_of(1);
    breaks[i](*body.mutable_routes(0));
    CHECK(check(sign(body)).error() == Fault::routes_invalid);
    *body.add_routes() = good_route();
    REQUIRE(check(sign(body)));
    CHECK(check(sign(body))->routes().size() == 1);
  }
  CHECK(check(sign(body_of(0))).error() == Fault::routes_invalid);
}

TEST_CASE("SNI is never an IP literal", "[client][routes]") {
  for (const std::string host : {"192.0.2.7", "2001:db8::7"}) {
    wire::RouteListBody body = body_of(1);
    body.mutable_routes(0)->set_host(host);
    CHECK(check(sign(body))->routes().front().server_name.empty());
    body.mutable_routes(0)->set_server_name("cover.example");
    CHECK(check(sign(body))->routes().front().server_name == "cover.example");
    body.mutable_routes(0)->set_server_name("192.0.2.7");
    CHECK(check(sign(body))->routes().front().server_name.empty());
  }
}

TEST_CASE("an invite is read, and each way it can be wrong is told", "[client][routes]") {
  wire::Invite invite;
  *invite.mutable_routes() = sign(body_of(1));
  invite.set_root(std::string(text(root().public_key().view())));
  invite.set_right(std::string(32, 'r'));
  invite.set_not_after_s(1'000);
  REQUIRE(read_invite(invite_text(invite), 999));
  CHECK(read_invite(" " + invite_text(invite) + "\r\n", 999).has_value());
  CHECK(read_invite(invite_text(invite), 1'001).error() == Fault::invite_expired);
  CHECK(read_invite("vigil:card:AAAA", 0).error() == Fault::invite_invalid);
  CHECK(read_invite("vigil:join:not base64", 0).error() == Fault::invite_invalid);
  CHECK(read_invite("", 0).error() == Fault::invite_invalid);
  wire::Invite short_right = invite;
  short_right.set_right("r");
  CHECK(read_invite(invite_text(short_right), 0).error() == Fault::invite_invalid);
  wire::Invite other_root = invite;
  other_root.set_root(std::string(32, 'x'));
  CHECK(read_invite(invite_text(other_root), 0).error() == Fault::routes_unsigned);
  const std::string good = invite_text(invite);
  for (std::size_t cut = 0; cut < good.size(); cut += 7) CHECK_FALSE(read_invite(good.substr(0, cut), 0).has_value());
}

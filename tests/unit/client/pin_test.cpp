// The pin: checked inside the handshake, whatever the system's store says, and only it.
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <catch2/catch.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client/relay_link.hpp"
#include "tests/unit/client/scripted_relay.hpp"

using namespace vigil;
using namespace vigil::client;
using namespace vigil::client::testing;

namespace {

LinkOptions quick() {
  LinkOptions options;
  options.patience.connect = std::chrono::milliseconds(2'000);
  options.patience.answer = std::chrono::milliseconds(2'000);
  options.next_route = std::chrono::milliseconds(200);
  return options;
}

// What any ordinary program on this system would do: true when the system's store trusts the server for this name.
asio::awaitable<bool> ordinary_client_connects(std::uint16_t port, std::string name) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  context.set_verify_mode(asio::ssl::verify_peer);
  asio::ssl::stream<asio::ip::tcp::socket> tls(executor, context);
  SSL_set_tlsext_host_name(tls.native_handle(), name.c_str());
  SSL_set1_host(tls.native_handle(), name.c_str());
  const asio::ip::tcp::endpoint there(asio::ip::make_address("127.0.0.1"), port);
  const auto [unconnected] = co_await tls.next_layer().async_connect(there, asio::as_tuple(asio::use_awaitable));
  if (unconnected) co_return false;
  const auto [failed] = co_await tls.async_handshake(asio::ssl::stream_base::client, asio::as_tuple(asio::use_awaitable));
  co_return !failed;
}

}  // namespace

TEST_CASE("a certificate that the system trusts but the pin does not gets zero application bytes", "[client][pin]") {
  // A certificate authority in this process's system store (SSL_CERT_FILE), as a state's own root would be.
  const TlsIdentity authority = TlsIdentity::make("State Root");
  const std::filesystem::path store = std::filesystem::temp_directory_path() / "vigil-pin-test-store.pem";
  std::ofstream(store) << authority.certificate_pem;
  ::setenv("SSL_CERT_FILE", store.c_str(), 1);
  asio::io_context io{1};
  const RelayKeys keys = RelayKeys::make();
  const SigningKey owner = SigningKey::generate();
  ScriptedRelay between(io, TlsIdentity::make("relay.example", &authority));
  between.on_post = all_done;
  between.on_websocket = [&](Peer& peer) -> asio::awaitable<void> {
    [[maybe_unused]] const bool proved = co_await greet_and_prove(peer, keys);
  };
  const auto control = run(io, ordinary_client_connects(between.port(), "relay.example"));
  REQUIRE(control);
  REQUIRE(*control);  // the store does trust it: the refusal below is the pin's

  wire::Route route = route_to(between);
  route.set_server_name("relay.example");
  route.set_pin(std::string(32, 'p'));  // the true relay's
  const Routes routes = routes_to(keys, {route});
  io.run_for(std::chrono::milliseconds(50));
  const std::size_t handshakes = between.handshakes;
  REQUIRE(handshakes == 1);
  const auto asked = run(io, ask_one(routes, probe(), quick()));
  REQUIRE(asked);
  REQUIRE_FALSE(*asked);
  CHECK(asked->error() == Fault::wrong_key);
  const auto linked = run(io, OwnerLink::connect(routes, owner, 1'000, quick()));
  REQUIRE(linked);
  REQUIRE_FALSE(*linked);
  CHECK(linked->error() == Fault::wrong_key);
  io.run_for(std::chrono::milliseconds(100));
  CHECK(between.application_bytes == 0);
  CHECK(between.handshakes == handshakes);  // never completed
  CHECK(between.connections == 3);
  std::filesystem::remove(store);
}

TEST_CASE("the pin of the next key opens too, and an unknown, selfsigned, expired-for-us certificate is no obstacle",
          "[client][pin]") {
  asio::io_context io{1};
  const RelayKeys keys = RelayKeys::make();
  ScriptedRelay relay(io, TlsIdentity::make("somebody else's name"));
  relay.on_post = all_done;
  wire::Route route = route_to(relay);
  route.set_pin_next(route.pin());
  route.set_pin(std::string(32, 'p'));
  const auto asked = run(io, ask_one(routes_to(keys, {route}), probe(), quick()));
  REQUIRE(asked);
  CHECK(*asked);
}

TEST_CASE("SNI: the route's name, else the host's, never an IP literal; no session is ever resumed", "[client][pin]") {
  asio::io_context io{1};
  const RelayKeys keys = RelayKeys::make();
  ScriptedRelay relay(io, TlsIdentity::make("relay.example"));
  relay.on_post = all_done;
  wire::Route literal = route_to(relay);
  wire::Route named = route_to(relay);
  named.set_server_name("cover.example");
  wire::Route host = route_to(relay);
  host.set_host("localhost");
  for (const wire::Route& route : {literal, named, host, named}) {
    const auto asked = run(io, ask_one(routes_to(keys, {route}), probe(), quick()));
    REQUIRE(asked);
    CHECK(*asked);
  }
  CHECK(relay.server_names == std::vector<std::string>{"", "cover.example", "localhost", "cover.example"});
  CHECK(relay.resumed == std::vector<bool>(4, false));
}

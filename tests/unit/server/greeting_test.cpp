// How a member's connection begins and ends on the wire: with as few records as there can be, because each costs both sides a
// wake-up, and with nothing said to a peer that has gone.
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>

#include "running_relay.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

namespace {

constexpr std::string_view upgrade =
    "GET /the/secret/path HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

}  // namespace

TEST_CASE("the answer to the upgrade and the greeting come in one record", "[server][greeting]") {
  RunningRelay relay;
  Line line(relay.port());
  line.send(upgrade);
  const std::string record = line.receive();  // one: OpenSSL gives no more at once
  REQUIRE(record.starts_with("HTTP/1.1 101 "));
  const std::size_t head = record.find("\r\n\r\n");
  REQUIRE(head != std::string::npos);
  const std::string frame = record.substr(head + 4);
  REQUIRE(frame.size() > 4);
  REQUIRE(static_cast<unsigned char>(frame[0]) == 0x82);
  REQUIRE(static_cast<unsigned char>(frame[1]) == 126);
  const std::size_t size =
      static_cast<std::size_t>(static_cast<unsigned char>(frame[2])) << 8 | static_cast<unsigned char>(frame[3]);
  wire::RelayFrame greeting;
  REQUIRE(frame.size() == 4 + size);
  REQUIRE(greeting.ParseFromString(frame.substr(4)));
  CHECK(greeting.greeting().challenge().size() == Challenge::length);
}

TEST_CASE("nothing is said to a peer that has gone without a word", "[server][greeting]") {
  RunningRelay relay;
  const std::unique_ptr<Member> member = relay.member();
  const int socket = member->line().descriptor();
  REQUIRE(::shutdown(socket, SHUT_WR) == 0);
  std::array<char, 64> more{};
  CHECK(::recv(socket, more.data(), more.size(), 0) == 0);  // below TLS: no alert, no close_notify
  wait_until([&] { return relay.counters().connections.value() == 0; });
}

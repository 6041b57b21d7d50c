// The same port over plain HTTP requests: a member's one-shot, and what everybody else sees.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "crypto/base/random.hpp"
#include "running_relay.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

namespace {

struct Response {
  std::string head, body;
  wire::PostAnswer answers() const {
    wire::PostAnswer out;
    REQUIRE(out.ParseFromString(body));
    return out;
  }
};

Response receive_response(Line& line) {
  Response out;
  while (!out.head.ends_with("\r\n\r\n")) {
    const std::optional<std::string> byte = line.receive_exactly(1);
    REQUIRE(byte);
    out.head += *byte;
  }
  const std::string name = "Content-Length: ";
  const std::size_t at = out.head.find(name);
  REQUIRE(at != std::string::npos);
  const std::size_t length = std::stoul(out.head.substr(at + name.size()));
  if (length > 0) out.body = line.receive_exactly(length).value();
  return out;
}

std::string post_head(std::size_t length, const std::string& path = "/the/secret/path", const std::string& more = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: relay\r\nContent-Length: " + std::to_string(length) + "\r\n" + more + "\r\n";
}

std::string post_of(const std::vector<wire::Request>& requests) {
  wire::Post post;
  post.set_version(limits::protocol_version);
  for (const wire::Request& one : requests) *post.add_requests() = one;
  return post.SerializeAsString();
}

}  // namespace

TEST_CASE("a one-shot is answered in its response, and several may follow each other", "[server][post]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  Line line(relay.port());
  for (const char filling : {'a', 'b'}) {
    wire::Request good = deliver_request(owner.address, envelope_of(filling));
    good.set_id(5);
    wire::Request stranger = deliver_request(random_id<Address>(), envelope_of(filling));
    stranger.set_id(6);
    wire::Request owners;
    owners.set_id(7);
    owners.mutable_listen();
    const std::string body = post_of({good, stranger, owners});
    line.send(post_head(body.size()) + body);
    const Response response = receive_response(line);
    CHECK(response.head.starts_with("HTTP/1.1 200 OK\r\nServer: nginx"));
    const wire::PostAnswer answers = response.answers();
    REQUIRE(answers.answers_size() == 3);
    for (const wire::Answer& one : answers.answers()) {
      if (one.id() == 5) CHECK(one.status() == wire::DONE);
      if (one.id() == 6) CHECK(one.status() == wire::REFUSED);
      if (one.id() == 7) CHECK(one.status() == wire::WRONG_ROLE);
    }
    CHECK(owner.member->next_delivery().envelope() == envelope_of(filling));
  }
  CHECK(relay.counters().posts.value() == 2);
  CHECK(relay.counters().strangers.value() == 0);
}

TEST_CASE("a one-shot in pieces, with Expect, at its largest; and its refusals", "[server][post]") {
  RunningRelay relay;
  {
    Line line(relay.port());
    std::string body = post_of({});
    line.send(post_head(body.size(), "/another/path", "Expect: 100-continue\r\n"));
    CHECK(line.receive_exactly(25) == "HTTP/1.1 100 Continue\r\n\r\n");
    for (const char byte : body) line.send(std::string(1, byte));
    CHECK(receive_response(line).answers().answers_size() == 0);
  }
  {
    Line line(relay.port());
    line.send(post_head(limits::post_bytes_max) + std::string(limits::post_bytes_max, '\xff'));
    CHECK(receive_response(line).answers().answers(0).status() == wire::INVALID);
    wire::Post post;
    post.set_version(99);
    const std::string body = post.SerializeAsString();
    line.send(post_head(body.size()) + body);
    CHECK(receive_response(line).answers().answers(0).status() == wire::UNSUPPORTED);
  }
  // Given back when the connection ends, a moment after its answer was read.
  wait_until([&] { return relay.relay().parts_bytes.load() == 0; });
}

TEST_CASE("a stranger, a wrong path and a wrong request see one ordinary site", "[server][post]") {
  RunningRelay relay;
  const auto seen = [&](const std::string& request) {
    Line line(relay.port());
    line.send(request);
    Response response = receive_response(line);
    // The date is the only thing that may differ.
    const std::size_t date = response.head.find("Date: ");
    if (date != std::string::npos) response.head.erase(date, response.head.find("\r\n", date) - date);
    return response.head + response.body;
  };
  const std::string unknown = seen("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(unknown.starts_with("HTTP/1.1 404 Not Found\r\n"));
  // A secret path asked for without what only members send looks like any other path.
  CHECK(seen("GET /the/secret/path HTTP/1.1\r\nHost: x\r\n\r\n") == unknown);
  CHECK(seen("GET /the/secret/pat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n") == unknown);
  const std::string posted = seen("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
  CHECK(seen("POST /the/secret/pat HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx") == posted);
  CHECK(seen("GET / HTTP/1.1\r\nHost: x\r\n\r\n").find("Welcome to nginx!") != std::string::npos);
  CHECK(relay.counters().sessions.value() == 0);
}

TEST_CASE("plain HTTP on the TLS port gets what nginx says, then the end", "[server][post]") {
  RunningRelay relay;
  const int line = connect_to(relay.port());
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(::write(line, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
  std::string all(4096, '\0');
  std::size_t have = 0;
  for (ssize_t got = 1; got > 0; have += static_cast<std::size_t>(got)) {
    got = ::read(line, all.data() + have, all.size() - have);
    if (got <= 0) break;
  }
  ::close(line);
  CHECK(all.starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

// What no honest member sends: each ends in a typed close or a typed refusal, and the relay goes on serving others in bounded
// memory.
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <random>
#include <thread>

#include "crypto/base/random.hpp"
#include "running_relay.hpp"

using namespace vigil;
using namespace vigil::server;
using namespace vigil::server::test;

namespace {

// Everybody else is still served.
void check_alive(RunningRelay& relay) {
  RunningRelay::Owner owner = relay.owner();
  CHECK(relay.member()->deliver(owner.address, envelope_of('x')).status() == wire::DONE);
}

}  // namespace

TEST_CASE("text, broken protobuf, too many requests and wrong acknowledgements are closed with their codes",
          "[server][hostile]") {
  RunningRelay relay;
  const auto code_after = [&](const std::function<void(Member&)>& act) {
    const std::unique_ptr<Member> member = relay.member();
    act(*member);
    return member->receive_close();
  };
  CHECK(code_after([](Member& member) { member.send_frame(1, "hello"); }) == 1003);
  CHECK(code_after([](Member& member) { member.send_frame(1, std::string(5000, 'x')); }) == 1003);
  CHECK(code_after([](Member& member) { member.send_frame(2, "\xff\xff\xff"); }) == 1007);
  const auto send_too_many_requests = [](Member& member) {
    wire::ClientFrame frame;
    for (std::size_t i = 0; i <= limits::requests_per_frame_max; ++i) frame.add_requests();
    member.send(frame);
  };
  CHECK(code_after(send_too_many_requests) == 1008);
  CHECK(code_after([](Member& member) { member.acknowledge(1, 1); }) == 1008);
  CHECK(code_after([](Member& member) { member.send_frame(2, std::string(limits::frame_bytes_max + 1, 'x')); }) == 1009);
  CHECK(code_after([](Member& member) { member.send_frame(3, "reserved"); }) == 1002);
  CHECK(code_after([](Member& member) { member.line().send("\x82\x01x"); }) == 1002);  // not masked
  check_alive(relay);
}

TEST_CASE("a frame in many small pieces and fragments is one frame; one that grows too large is closed", "[server][hostile]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const std::unique_ptr<Member> sender = relay.member();
  wire::ClientFrame frame;
  *frame.add_requests() = deliver_request(owner.address, envelope_of('x', 4096));
  const std::string bytes = client_frame(2, frame.SerializeAsString());
  for (std::size_t at = 0; at < bytes.size(); at += 97) sender->line().send(bytes.substr(at, 97));
  const std::string payload = frame.SerializeAsString();
  sender->send_frame(2, payload.substr(0, 10), false);
  sender->send_frame(9, "ping between fragments");
  sender->send_frame(0, payload.substr(10, 3000), false);
  sender->send_frame(0, payload.substr(3010), true);
  std::size_t answers = 0;
  bool pong = false;
  while (answers < 2) {
    const std::optional<Frame> got = sender->receive_frame();
    REQUIRE(got);
    pong |= got->opcode == 10;
    if (got->opcode != 2) continue;
    wire::RelayFrame relay_frame;
    REQUIRE(relay_frame.ParseFromString(got->payload));
    for (const wire::Answer& one : relay_frame.answers()) CHECK(one.status() == wire::DONE);
    answers += static_cast<std::size_t>(relay_frame.answers_size());
  }
  CHECK(pong);
  sender->send_frame(2, std::string(40'000, 'x'), false);
  sender->send_frame(0, std::string(40'000, 'x'), true);
  CHECK(sender->receive_close() == 1009);
}

TEST_CASE("random frames never stop the relay, and each is answered or closed", "[server][hostile]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  const std::uint32_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random); };
  wire::ClientFrame honest;
  *honest.add_requests() = deliver_request(owner.address, envelope_of('x'));
  honest.add_requests()->mutable_keep()->set_parts(2);
  honest.add_requests()->mutable_grant()->set_address_hash(std::string(32, 'a'));
  honest.add_requests()->mutable_answering()->set_token(std::string(32, 'a'));
  honest.add_acknowledged(1);
  for (int round = 0; round < 60; ++round) {
    const std::unique_ptr<Member> member = relay.member();
    for (int i = 0; i < 8; ++i) {
      // An honest frame with bytes changed, cut or repeated; or nothing but noise; or noise below the WebSocket.
      std::string bytes = honest.SerializeAsString();
      for (std::size_t changes = below(6); changes > 0; --changes) bytes[below(bytes.size())] = static_cast<char>(below(256));
      if (below(3) == 0) bytes.resize(below(bytes.size()));
      if (below(4) == 0) {
        bytes.resize(below(300));
        for (char& byte : bytes) byte = static_cast<char>(below(256));
      }
      if (below(10) == 0)
        member->line().send(bytes);
      else
        member->send_frame(below(20) == 0 ? static_cast<unsigned>(below(16)) : 2, bytes);
    }
    // Whatever it was: the relay closes in the end or answers a ping; nothing hangs.
    member->send_frame(8, "");
    while (member->receive_frame()) {
    }
  }
  check_alive(relay);
  wait_until([&] { return relay.counters().connections.value() <= 1; });
}

TEST_CASE("a peer that never finishes its handshake, head or frame is cut", "[server][hostile]") {
  RunningRelay relay([](Config& config) {
    config.limits.handshake_s = 1;
    config.limits.greeting_s = 1;
    config.limits.keepalive_s = 1;  // idle after 2.5 s
  });
  const int silent = connect_to(relay.port());
  Line no_head(relay.port());
  no_head.send("GET / HTTP/1.1\r\nHost:");
  const std::unique_ptr<Member> idle = relay.member();
  const std::unique_ptr<Member> half = relay.member();
  half->line().send(client_frame(2, std::string(3000, 'x')).substr(0, 100));
  char byte = 0;
  CHECK(::read(silent, &byte, 1) == 0);
  ::close(silent);
  CHECK(no_head.receive().empty());
  CHECK(idle->line().receive().empty());
  CHECK(half->line().receive().empty());
  wait_until([&] { return relay.counters().connections.value() == 0; });
  CHECK(relay.counters().handshakes_failed.value() == 1);
  CHECK(relay.counters().cut_off.value() == 2);
}

TEST_CASE("a peer that pings is not idle", "[server][hostile]") {
  RunningRelay relay([](Config& config) { config.limits.keepalive_s = 1; });
  const std::unique_ptr<Member> member = relay.member();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < until) {
    member->send_frame(9, "here");
    REQUIRE(member->receive_frame()->opcode == 10);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  wire::Request routes;
  routes.mutable_fetch_routes();
  CHECK(member->ask(routes).status() == wire::DONE);
}

TEST_CASE("a reader that stops reading costs a bounded outbox and is cut in the end", "[server][hostile]") {
  RunningRelay relay([](Config& config) { config.limits.write_s = 2; });
  RunningRelay::Owner owner = relay.owner();
  owner.member->line().stop_reading(4096);
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> sender = relay.member();
  for (int i = 0; i < 200; ++i) REQUIRE(sender->deliver(owner.address, envelope_of('x', 57344)).status() == wire::DONE);
  // More than the window and far more than the outbox: nothing of it was dropped, all of it waits on the disk.
  wait_until([&] { return relay.counters().cut_off.value() == 1; });
  CHECK(relay.counters().deliveries.value() <= limits::window_copies);
  const std::unique_ptr<Member> again = relay.member();
  REQUIRE(again->prove(owner.key) == wire::DONE);
  REQUIRE(again->listen() == wire::DONE);
  for (std::uint64_t number = 1; number <= 200; ++number) {
    CHECK(again->next_delivery().number() == number);
    again->acknowledge(number, number);
  }
}

TEST_CASE("a sender that does not read its answers is not read from", "[server][hostile]") {
  RunningRelay relay([](Config& config) { config.limits.write_s = 2; });
  const std::unique_ptr<Member> member = relay.member();
  member->line().stop_reading(4096);
  wire::ClientFrame frame;
  for (std::uint64_t id = 0; id < limits::requests_per_frame_max; ++id) {
    frame.add_requests()->set_id(id);
    frame.mutable_requests(static_cast<int>(id))->mutable_fetch_routes();
  }
  const std::string bytes = client_frame(2, frame.SerializeAsString());
  std::thread flood([&] {
    for (int i = 0; i < 2000; ++i) member->line().send(bytes);
  });
  wait_until([&] { return relay.counters().cut_off.value() == 1; });
  flood.join();
  check_alive(relay);
}

TEST_CASE("more requests than the rate allows are told to slow down", "[server][hostile]") {
  RunningRelay relay([](Config& config) {
    config.limits.requests_per_s = 10;
    config.limits.owner_requests_per_s = 2;
    config.limits.urgent_per_address_per_min = 3;
  });
  const Address address = random_id<Address>();
  const std::unique_ptr<Member> sender = relay.member();
  unsigned slowed = 0;
  for (int i = 0; i < 5; ++i) {
    const wire::Answer answer = sender->deliver(address, envelope_of('x'), wire::URGENT);
    if (answer.status() != wire::SLOW_DOWN) continue;
    ++slowed;
    CHECK(answer.retry_after_s() > 0);
  }
  CHECK(slowed == 2);
  wire::ClientFrame frame;
  for (std::uint64_t id = 1; id <= 50; ++id) {
    frame.add_requests()->set_id(1000 + id);
    frame.mutable_requests(static_cast<int>(id) - 1)->mutable_fetch_routes();
  }
  sender->send(frame);
  wire::Request last;
  last.mutable_fetch_routes();
  CHECK(sender->ask(last).status() == wire::SLOW_DOWN);
}

TEST_CASE("beyond connections_max a connection is closed at once, and the others go on", "[server][hostile]") {
  RunningRelay relay([](Config& config) { config.limits.connections_max = 2; });
  const std::unique_ptr<Member> first = relay.member();
  const std::unique_ptr<Member> second = relay.member();
  const int third = connect_to(relay.port());
  char byte = 0;
  CHECK(::read(third, &byte, 1) <= 0);
  ::close(third);
  CHECK(relay.counters().connections_refused.value() == 1);
  wire::Request routes;
  routes.mutable_fetch_routes();
  CHECK(first->ask(routes).status() == wire::DONE);
}

namespace {

// Lets this process open nothing more, and catches what it says meanwhile.
class NothingToOpen {
 public:
  NothingToOpen() {
    REQUIRE(said_ != nullptr);
    std::fflush(stderr);
    REQUIRE(::dup2(::fileno(said_), STDERR_FILENO) == STDERR_FILENO);
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NothingToOpen() {
    allow();
    ::dup2(stderr_, STDERR_FILENO);
    ::close(stderr_);
    std::fclose(said_);
  }
  NothingToOpen(const NothingToOpen&) = delete;
  NothingToOpen& operator=(const NothingToOpen&) = delete;
  void allow() const { ::setrlimit(RLIMIT_NOFILE, &before_); }
  std::string said() const {
    std::string all(64 * 1024, 0);
    const ssize_t got = ::pread(::fileno(said_), all.data(), all.size(), 0);
    all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return all;
  }

 private:
  const int stderr_ = ::dup(STDERR_FILENO);
  std::FILE* said_ = std::tmpfile();
  rlimit before_{};
};

// The check of virtual calls opens a pipe, and takes having none for an error.
#if __has_feature(undefined_behavior_sanitizer)
constexpr bool check_needs_descriptors = true;
#else
constexpr bool check_needs_descriptors = false;
#endif

}  // namespace

TEST_CASE("a relay without descriptors says so once, serves who is there, and accepts again when there are some",
          "[server][hostile]") {
  if (check_needs_descriptors) return;
  RunningRelay relay;
  const std::unique_ptr<Member> first = relay.member();
  wire::Request routes;
  routes.mutable_fetch_routes();
  REQUIRE(first->ask(routes).status() == wire::DONE);
  const std::uint64_t accepted = relay.counters().accepted.value();
  const int late = ::socket(AF_INET, SOCK_STREAM, 0);
  {
    const NothingToOpen nothing;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(relay.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(late, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    wait_until([&] { return relay.counters().accept_failures.value() >= 3; });
    CHECK(first->ask(routes).status() == wire::DONE);
    CHECK(relay.counters().accepted.value() == accepted);
    const std::string said = nothing.said();
    const std::size_t at = said.find("could not be accepted");
    CHECK(at != std::string::npos);
    CHECK(said.find("could not be accepted", at + 1) == std::string::npos);
    nothing.allow();
    // Who waited at the door is let in.
    wait_until([&] { return relay.counters().accepted.value() == accepted + 1; });
  }
  ::close(late);
  const std::unique_ptr<Member> second = relay.member();
  CHECK(second->ask(routes).status() == wire::DONE);
}

TEST_CASE("a relay that drains says so, answers what was asked and closes", "[server][drain]") {
  RunningRelay relay;
  RunningRelay::Owner owner = relay.owner();
  REQUIRE(owner.member->listen() == wire::DONE);
  const std::unique_ptr<Member> idle = relay.member();
  std::thread draining([&] { relay.listener().drain(std::chrono::seconds(8)); });
  CHECK(owner.member->next_event() == wire::Event::GOING_AWAY);
  CHECK(owner.member->receive_close() == 1001);
  CHECK(idle->next_event() == wire::Event::GOING_AWAY);
  CHECK(idle->receive_close() == 1001);
  draining.join();
  CHECK(relay.counters().connections.value() == 0);
}

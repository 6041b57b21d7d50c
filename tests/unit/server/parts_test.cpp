// The pieces that need no socket: heads, deadlines, the outbox's encoding, parts of a vigil.
#include <catch2/catch.hpp>
#include <random>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/vigil_id.hpp"
#include "server/deadlines.hpp"
#include "server/head.hpp"
#include "server/outbox.hpp"
#include "server/requests/decode.hpp"
#include "server/shard.hpp"

using namespace vigil;
using namespace vigil::server;

namespace {

HeadState parse(std::string_view bytes, Head& head) {
  return parse_head(view(bytes), head);
}

class Bell final : public Deadline {
 public:
  std::vector<std::uint64_t> rung;

 private:
  void expired(std::uint64_t now_s) override { rung.push_back(now_s); }
};

storage::StoredCopy copy_of(storage::Lane lane, std::size_t bytes) {
  storage::StoredCopy copy;
  copy.at = {.lane = lane, .order = 7, .where = 0};
  copy.id = random_id<CopyId>();
  copy.address = random_id<AddressHash>();
  copy.envelope = std::make_shared<const Bytes>(random_bytes(bytes));
  return copy;
}

wire::RelayFrame all_of(Outbox& outbox) {
  wire::RelayFrame all;
  while (!outbox.empty()) {
    Bytes frame;
    outbox.take_frame(frame, limits::frame_bytes_max);
    REQUIRE(frame.size() <= limits::frame_bytes_max);
    wire::RelayFrame one;
    REQUIRE(one.ParseFromArray(frame.data(), static_cast<int>(frame.size())));
    // Byte for byte what protobuf writes: nothing of ours is unknown to it, nothing is encoded longer than it need be.
    CHECK(one.ByteSizeLong() == frame.size());
    all.MergeFrom(one);
  }
  return all;
}

}  // namespace

TEST_CASE("a request for a WebSocket that lacks a part, has one wrong or twice, is a request like any other", "[server][head]") {
  // Method: each of its fields is left out, spoiled, and written twice.
  const std::vector<std::pair<std::string, std::string>> fields{
      {"Host: x\r\n", ""},
      {"Upgrade: websocket\r\n", "Upgrade: h2c\r\n"},
      {"Connection: Upgrade\r\n", "Connection: close\r\n"},
      {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n"},
      {"Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Version: 8\r\n"}};
  const auto wants_one = [&](std::size_t changed, const std::string& to) {
    std::string request = "GET /a HTTP/1.1\r\n";
    for (std::size_t i = 0; i < fields.size(); ++i) request += i == changed ? to : fields[i].first;
    Head head;
    REQUIRE(parse(request + "\r\n", head) == HeadState::whole);
    return head.upgrade;
  };
  CHECK(wants_one(fields.size(), ""));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    INFO(fields[i].first);
    CHECK_FALSE(wants_one(i, ""));
    CHECK_FALSE(wants_one(i, fields[i].second));
    CHECK_FALSE(wants_one(i, fields[i].first + fields[i].first));
  }
}

TEST_CASE("a head is read as far as members need it", "[server][head]") {
  Head head;
  const std::string upgrade =
      "GET /a/b?c HTTP/1.1\r\nhost: x\r\nUPGRADE: h2c, WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  const std::string with_more = upgrade + "more";
  REQUIRE(parse(with_more, head) == HeadState::whole);
  CHECK(head.method == "GET");
  CHECK(head.path == "/a/b?c");
  CHECK((head.http_1_1 && head.upgrade && head.keep_alive && !head.chunked));
  CHECK(head.bytes == upgrade.size());
  REQUIRE(parse("POST /p HTTP/1.1\r\nContent-Length:  42 \r\nconnection: close\r\nExpect: 100-continue\r\n\r\n", head) ==
          HeadState::whole);
  CHECK(head.content_length == 42u);
  CHECK((!head.keep_alive && head.expects_continue));
  for (std::size_t cut = 0; cut < upgrade.size(); ++cut) CHECK(parse(upgrade.substr(0, cut), head) == HeadState::incomplete);
  for (const char* bad :
       {"GET\r\n\r\n", "\r\n\r\n", "GET / FTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"})
    CHECK(parse(bad, head) == HeadState::unreadable);
  CHECK(parse(std::string(limits::request_head_bytes_max, 'a'), head) == HeadState::unreadable);
  CHECK(parse(std::string(limits::request_head_bytes_max - 1, 'a'), head) == HeadState::incomplete);
}

TEST_CASE("a secret path is matched whole and only as it was set", "[server][head]") {
  const SecretPaths paths({"/one", "/two/three"});
  CHECK(paths.contain("/one"));
  CHECK(paths.contain("/two/three"));
  for (const char* other : {"/", "", "/on", "/one/", "/onE", "/one?", "/two"}) CHECK_FALSE(paths.contain(other));
}

TEST_CASE("a deadline rings once, in its second, wherever it was moved to", "[server][deadlines]") {
  Deadlines wheel(1000);
  Bell soon, later, moved, cleared, far;
  wheel.set(soon, 1001);
  wheel.set(later, 1050);
  wheel.set(moved, 1010);
  wheel.set(moved, 1100);
  wheel.set(moved, 1020);  // and nearer again than its number, not than its slot
  wheel.set(cleared, 1030);
  wheel.clear(cleared);
  wheel.set(far, 1000 + 5000);  // further than the wheel is round
  {
    Bell gone;
    wheel.set(gone, 1002);
  }
  for (std::uint64_t now = 1001; now <= 7000; ++now) wheel.turn(now);
  CHECK(soon.rung == std::vector<std::uint64_t>{1001});
  CHECK(later.rung == std::vector<std::uint64_t>{1050});
  CHECK(moved.rung == std::vector<std::uint64_t>{1020});
  CHECK(cleared.rung.empty());
  CHECK(far.rung == std::vector<std::uint64_t>{6000});
  Bell slept;
  wheel.set(slept, 7005);
  wheel.turn(90'000);  // the thread was stopped for a day
  CHECK(slept.rung == std::vector<std::uint64_t>{90'000});
}

TEST_CASE("the outbox writes what protobuf would, urgent first, in frames of at most 64 KiB", "[server][outbox]") {
  Shard shard(0);
  Outbox outbox(shard);
  CHECK(outbox.empty());
  outbox.answer(1, wire::DONE, false);
  outbox.answer(0, wire::REFUSED, false);
  wire::Answer why;
  why.set_id(std::uint64_t{1} << 60);
  why.set_status(wire::INVALID);
  why.set_why("because");
  outbox.answer(why, false);
  storage::StoredCopy copy = copy_of(wire::NORMAL, 1024);
  outbox.deliver(300, copy);
  storage::StoredCopy notice = copy_of(wire::URGENT, 1024);
  notice.round = 3;
  notice.stage = 2;
  notice.of_vigil = wire::NOTICE;
  notice.many_silent = true;
  notice.released = 1'800'000'000;
  notice.notice = storage::ReleasedAct{.act = wire::Released::CLOSED,
                                       .index = 4,
                                       .step = 5,
                                       .token = random_id<Secret>(),
                                       .index_other = 6,
                                       .token_other = random_id<Secret>(),
                                       .lease_s = 900};
  outbox.deliver(301, notice);
  const wire::RelayFrame all = all_of(outbox);
  REQUIRE(all.answers_size() == 3);
  CHECK(all.answers(0).id() == 1);
  CHECK(all.answers(1).status() == wire::REFUSED);
  CHECK(all.answers(2).SerializeAsString() == why.SerializeAsString());
  REQUIRE(all.deliveries_size() == 2);
  const wire::Delivery& urgent = all.deliveries(0);  // though it came last
  CHECK(urgent.number() == 301);
  CHECK(urgent.lane() == wire::URGENT);
  CHECK((urgent.round() == 3 && urgent.stage() == 2 && urgent.of_vigil() == wire::NOTICE && urgent.many_silent()));
  CHECK(urgent.released_s() == 1'800'000'000);
  CHECK((urgent.notice().act() == wire::Released::CLOSED && urgent.notice().index_other() == 6 &&
         urgent.notice().lease_s() == 900));
  CHECK(view(urgent.notice().token_other()).size() == 32);
  const wire::Delivery& normal = all.deliveries(1);
  CHECK(normal.lane() == wire::NORMAL);
  CHECK(Bytes(normal.envelope().begin(), normal.envelope().end()) == *copy.envelope);
  CHECK(Bytes(normal.copy_id().begin(), normal.copy_id().end()) == Bytes(copy.id.bytes.begin(), copy.id.bytes.end()));

  // Much more than a frame: whole items, none lost, in order within a lane.
  for (std::uint64_t number = 1; number <= 40; ++number)
    outbox.deliver(number, copy_of(number % 4 == 0 ? wire::URGENT : wire::NORMAL, limits::envelope_bytes[number % 4]));
  const wire::RelayFrame many = all_of(outbox);
  std::uint64_t last_urgent = 0, last_normal = 0;
  REQUIRE(many.deliveries_size() == 40);
  for (const wire::Delivery& one : many.deliveries()) {
    std::uint64_t& last = one.lane() == wire::URGENT ? last_urgent : last_normal;
    CHECK(one.number() > last);
    last = one.number();
  }
}

TEST_CASE("what is left for a tick happens on a full 100 ms, all of it in one turn", "[server][shard]") {
  Shard shard(0);
  std::vector<std::uint64_t> at_ms;
  const std::uint64_t before_ms = Shard::now_ms();
  for (int i = 0; i < 3; ++i) shard.at_next_tick([&] { at_ms.push_back(Shard::now_ms()); });
  REQUIRE(shard.context().run_one() == 1);
  REQUIRE(at_ms.size() == 3);
  CHECK(at_ms.front() / 100 > before_ms / 100);
  // And it can be used again.
  shard.context().restart();
  shard.at_next_tick([&] { at_ms.push_back(0); });
  shard.context().run_one();
  CHECK(at_ms.size() == 4);
}

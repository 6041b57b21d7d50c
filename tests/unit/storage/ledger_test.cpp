// What waits, counted in memory, and the cache around it.
#include <catch2/catch.hpp>

#include "storage/embedded/ledger.hpp"

using namespace vigil;
using namespace vigil::storage;

namespace {

Waiting waiting(MailboxEntry& mailbox, std::uint64_t seq, std::uint32_t expires) {
  return {seq, mailbox.rooms[Tag{1}], bucket_of(600, expires), expires, 1024, false};
}

}  // namespace

TEST_CASE("copies leave a lane in any order and the others stay", "[storage][ledger]") {
  MailboxEntry mailbox;
  for (std::uint64_t seq = 1; seq <= 500; ++seq) mailbox.add(wire::NORMAL, waiting(mailbox, seq, 900));
  LaneQueue& lane = mailbox.lanes[wire::NORMAL];
  for (std::uint64_t seq = 1; seq <= 300; ++seq) mailbox.remove(wire::NORMAL, lane.find(seq));
  mailbox.remove(wire::NORMAL, lane.find(400));
  CHECK(lane.size() == 199);
  CHECK(lane.find(400) == nullptr);
  CHECK(lane.begin()->seq() == 301);
  CHECK(lane.after(399)->seq() == 401);
  CHECK(lane.after(500) == lane.end());
  CHECK(mailbox.rooms[Tag{1}].normal == 199);
  CHECK(mailbox.normal_bytes == 199 * 1024);
}

TEST_CASE("an expired copy gives its room back, and is no longer counted", "[storage][ledger]") {
  MailboxEntry mailbox;
  Buckets buckets;
  mailbox.add(wire::NORMAL, waiting(mailbox, 1, 100));
  mailbox.add(wire::NORMAL, waiting(mailbox, 2, 200));
  mailbox.add(wire::URGENT, waiting(mailbox, 3, 100));
  for (const auto& [lane, queue] :
       {std::pair{wire::NORMAL, &mailbox.lanes[wire::NORMAL]}, {wire::URGENT, &mailbox.lanes[wire::URGENT]}})
    for (const Waiting& one : *queue) buckets.add(one.bucket(), 0, lane, one.bytes());
  CHECK(mailbox.drop_expired(99, buckets) == 0);
  CHECK(mailbox.drop_expired(100, buckets) == 2);
  CHECK(mailbox.lanes[wire::NORMAL].size() == 1);
  CHECK(mailbox.rooms[Tag{1}].urgent == 0);
  CHECK(mailbox.normal_bytes == 1024);
  CHECK(buckets.total().normal == 1);
  CHECK(buckets.total().urgent == 0);
  CHECK(mailbox.drop_expired(300, buckets) == 1);
  CHECK(mailbox.rooms.empty());
  CHECK(buckets.total().bytes == 0);
}

TEST_CASE("a waiting copy costs at most 28 bytes of memory, and is what it was", "[storage][ledger]") {
  // Goal: a million of them fit beside everything else of a small relay; one mailbox too many in memory costs every sender a
  // scan.
  MailboxEntry mailbox;
  constexpr std::uint64_t copies = 1100;  // not a power of two: doubling would show
  const std::size_t before = mailbox.bytes();
  for (std::uint64_t seq = 1; seq <= copies; ++seq) mailbox.add(wire::NORMAL, waiting(mailbox, seq, 900));
  CHECK((mailbox.bytes() - before) / copies <= 28);

  for (const std::uint32_t lifetime_s : {10u, 3600u, 86'400u, 30u * 86'400u}) {
    for (const std::uint32_t expires : {1'700'000'000u, 1'700'006'400u, 4'294'000'000u}) {
      const Bucket bucket = bucket_of(lifetime_s, expires);
      REQUIRE(Waiting::fits(bucket, expires));
      AddressRoom room;
      const Waiting one(7, room, bucket, expires, limits::envelope_bytes_max, lifetime_s == 10);
      CHECK(one.seq() == 7);
      CHECK(&one.room() == &room);
      CHECK(one.bucket() == bucket);
      CHECK(one.expires() == expires);
      CHECK(one.bytes() == limits::envelope_bytes_max);
      CHECK(one.of_vigil() == (lifetime_s == 10));
    }
  }
  CHECK_FALSE(Waiting::fits(600, 700));
  CHECK_FALSE(Waiting::fits(1'700'000'001, 1'700'000'000));
}

TEST_CASE("the cache gives up what was not used for longest, never what is held", "[storage][ledger]") {
  Cache<AddressEntry> cache;
  for (std::uint8_t i = 0; i < 100; ++i) cache.replace(Tag{i}, std::make_shared<AddressEntry>());
  const auto held = cache.find(Tag{3});
  cache.find(Tag{50});
  cache.begin(1, 0, cache.bytes() / 10);
  CHECK(cache.find(Tag{3}) == held);
  CHECK(cache.find(Tag{50}));
  CHECK_FALSE(cache.find(Tag{4}));
}

TEST_CASE("the cache keeps what a commit on its way may have changed", "[storage][ledger]") {
  Cache<AddressEntry> cache;
  for (std::uint8_t i = 0; i < 100; ++i) cache.replace(Tag{i}, std::make_shared<AddressEntry>());
  cache.begin(1, 0, 1u << 20);
  REQUIRE(cache.find(Tag{7}));
  cache.replace(Tag{8}, std::make_shared<AddressEntry>());
  cache.begin(2, 0, 0);  // the first one has not settled
  CHECK(cache.bytes() > 0);
  REQUIRE(cache.find(Tag{8}));
  cache.begin(3, 1, 0);
  CHECK_FALSE(cache.find(Tag{7}));
  REQUIRE(cache.find(Tag{8}));  // the second one found it
  cache.begin(4, 3, 0);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("two who want the same entry wait for one load", "[storage][ledger]") {
  Cache<AddressEntry> cache;
  int told = 0;
  const auto then = [&](bool ok, const auto& entry) { told += ok && entry; };
  CHECK(cache.want(Tag{1}, then));
  CHECK_FALSE(cache.want(Tag{1}, then));
  cache.loaded(Tag{1}, std::make_shared<AddressEntry>(), true);
  CHECK(told == 2);
  CHECK_FALSE(cache.want(Tag{1}, then));
  CHECK(told == 3);
}

// The grammar of the keys.
#include <catch2/catch.hpp>

#include "storage/embedded/keys.hpp"

using namespace vigil;
using namespace vigil::storage;

TEST_CASE("keys sort by bucket, volume, kind, mailbox, lane and number", "[storage][keys]") {
  const Tag low{1}, high{2};
  const std::uint64_t next_volume = 65'536;
  const std::vector<Key> sorted{prefix_key(600, 0, Kind::ended, high),
                                row_key(600, Kind::copy, low, 0, next_volume + 5),
                                row_key(600, Kind::copy, low, 0, next_volume + 256),
                                row_key(600, Kind::copy, low, 1, next_volume + 1),
                                row_key(600, Kind::copy, high, 0, next_volume + 1),
                                prefix_key(600, 1, Kind::remembered, low),
                                row_key(600, Kind::copy, low, 0, 2 * next_volume),
                                prefix_key(1200, 0, Kind::body, low),
                                row_key(forever, Kind::prekey, low, 0, 2 * next_volume),
                                row_key(forever, Kind::prekey, high, 0, 1)};
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    INFO(i);
    CHECK(sorted[i - 1].view() < sorted[i].view());
  }
}

TEST_CASE("a key says what was put into it", "[storage][keys]") {
  const Tag tag{9, 8, 7};
  const Key key = row_key(86'400, Kind::copy, tag, 1, 0x0102030405060708);
  REQUIRE(key.view().size() == copy_key_bytes);
  CHECK(bucket_of_key(key.view()) == 86'400);
  CHECK(volume_of_key(key.view()) == 0x010203040506);
  CHECK(kind_of_key(key.view()) == Kind::copy);
  CHECK(tag_of_key(key.view(), tag_at) == tag);
  CHECK(lane_of_key(key.view()) == 1);
  CHECK(seq_of_key(key.view()) == 0x0102030405060708);
  CHECK(prefix_key(86'400, 0, Kind::copy, tag).view().size() == prefix_bytes);
}

TEST_CASE("a damaged key has a bucket and a volume, and the next one lies behind it", "[storage][keys]") {
  for (const std::string_view key : {std::string_view("\0\0\1", 3), std::string_view("\0\0\1\2", 4),
                                     std::string_view("\0\0\1\2\xff", 5), std::string_view("\0\0\1\2\xff\xff\xff", 7)}) {
    INFO(key.size());
    CHECK(bucket_of_key(key) == (key.size() < 4 ? 256u : 258u));
    CHECK(volume_key(bucket_of_key(key), volume_of_key(key) + 1).view() > key);
  }
}

TEST_CASE("a bucket ends at or after the expiry, and buckets are as wide as lifetimes allow", "[storage][keys]") {
  for (int lifetime = 1; lifetime < 7; ++lifetime) {
    const std::uint32_t seconds = limits::lifetime_s(lifetime);
    const std::uint64_t expires = 1'800'000'123 + seconds;
    const Bucket bucket = bucket_of(seconds, expires);
    CHECK(bucket >= expires);
    CHECK(bucket - expires < (seconds <= 3600 ? 600u : seconds <= 86'400 ? 3600u : 86'400u));
  }
}

TEST_CASE("at most about 63 buckets of copies are live at a time", "[storage][keys]") {
  std::set<Bucket> live;
  for (std::uint64_t now = 1'800'000'000; now < 1'800'000'000 + 40 * 86'400; now += 300) {
    for (int lifetime = 1; lifetime < 7; ++lifetime)
      live.insert(bucket_of(limits::lifetime_s(lifetime), now + limits::lifetime_s(lifetime)));
    live.erase(live.begin(), live.upper_bound(static_cast<Bucket>(now)));
    REQUIRE(live.size() <= 66);
  }
}

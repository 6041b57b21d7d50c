// Token buckets, on a clock that is an argument.
#include <catch2/catch.hpp>

#include "crypto/base/random.hpp"
#include "server/flood.hpp"

using namespace vigil;
using namespace vigil::server;

TEST_CASE("a bucket gives its burst, then its rate, and says how long to wait", "[server][flood]") {
  Bucket bucket(10, 1000);
  for (int i = 0; i < 10; ++i) CHECK(bucket.take(1, 5000) == 0);
  CHECK(bucket.take(1, 5000) == 1);
  CHECK(bucket.take(1, 5099) == 1);
  CHECK(bucket.take(1, 5100) == 0);
  CHECK(bucket.take(1, 5100) == 1);
  CHECK(bucket.take(10, 6100) == 0);
}

TEST_CASE("a refused bucket has given nothing away", "[server][flood]") {
  Bucket bucket(10, 1000);
  CHECK(bucket.take(8, 0) == 0);
  CHECK(bucket.take(5, 0) > 0);
  CHECK(bucket.take(2, 0) == 0);
}

TEST_CASE("the wait that a bucket names is long enough", "[server][flood]") {
  for (const std::uint32_t rate : {1u, 7u, 60u, 600u, 20'000u}) {
    Bucket bucket(rate, 60'000);
    REQUIRE(bucket.take(rate, 1'000'000) == 0);
    const std::uint32_t wait_s = bucket.take(1, 1'000'000);
    REQUIRE(wait_s >= 1);
    CHECK(bucket.take(1, 1'000'000 + wait_s * 1000ull) == 0);
  }
}

TEST_CASE("more than the burst at once is the whole bucket, not never", "[server][flood]") {
  Bucket bucket(10, 1000);
  CHECK(bucket.take(50, 0) == 0);
  CHECK(bucket.take(1, 50) > 0);
  CHECK(bucket.take(50, 1000) == 0);
}

TEST_CASE("one address that floods slows no other", "[server][flood]") {
  AddressFloods floods(ConfigLimits{});
  const AddressHash loud = random_id<AddressHash>(), quiet = random_id<AddressHash>();
  unsigned taken = 0;
  while (taken < 10'000 && floods.take(loud, AddressFloods::Kind::urgent, 1, 1000) == 0) ++taken;
  CHECK(taken == limits::urgent_per_address_per_min);
  CHECK(floods.take(quiet, AddressFloods::Kind::urgent, 1, 1000) == 0);
  CHECK(floods.take(loud, AddressFloods::Kind::prekeys, 1, 1000) == 0);
}

TEST_CASE("a million addresses cost no more memory than the table, and forgive at most a bucket", "[server][flood]") {
  AddressFloods floods(ConfigLimits{}, 1024);
  const AddressHash loud = random_id<AddressHash>();
  for (unsigned i = 0; i < limits::urgent_per_address_per_min; ++i)
    REQUIRE(floods.take(loud, AddressFloods::Kind::urgent, 1, 1000) == 0);
  for (int i = 0; i < 100'000; ++i) floods.take(random_id<AddressHash>(), AddressFloods::Kind::urgent, 1, 1001);
  // Seen often, it would have stayed; forgotten, it has a fresh bucket and no more.
  unsigned taken = 0;
  while (taken < 10'000 && floods.take(loud, AddressFloods::Kind::urgent, 1, 1002) == 0) ++taken;
  CHECK(taken <= limits::urgent_per_address_per_min);
}

// What RocksDB forgets: filters and collectors, and the files themselves searched for bytes.
#include <catch2/catch.hpp>

#include "storage/embedded/erasing.hpp"
#include "storage/embedded/rows.hpp"

using namespace vigil;
using namespace vigil::storage;

TEST_CASE("compaction purges a copy at its own expiry and any row with its bucket", "[storage][erasing]") {
  const auto now = std::make_shared<std::atomic<Instant>>(1000);
  const auto filter = purge_expired_rows(now)->CreateCompactionFilter({});
  using Decision = rocksdb::CompactionFilter::Decision;
  const auto decide = [&](const Key& key, std::uint32_t expires) {
    std::string value, out, skip;
    write_copy_head(value, expires, {});
    const rocksdb::Slice name(key.view().data(), key.view().size());
    return filter->FilterV2(0, name, rocksdb::CompactionFilter::ValueType::kValue, value, &out, &skip);
  };
  CHECK(decide(row_key(1200, Kind::copy, {}, 0, 1), 1001) == Decision::kKeep);
  CHECK(decide(row_key(1200, Kind::copy, {}, 0, 1), 1000) == Decision::kPurge);
  CHECK(decide(row_key(1000, Kind::copy, {}, 0, 1), 2000) == Decision::kPurge);
  CHECK(decide(prefix_key(1200, Kind::remembered, {}), 1) == Decision::kKeep);
  CHECK(decide(row_key(forever, Kind::vigil_part, {}, 0, 1), 1) == Decision::kKeep);
}

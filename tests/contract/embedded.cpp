// The embedded store under the contract suite.
#include "storage/embedded/open.hpp"
#include "tests/contract/store_under_test.hpp"

namespace vigil::storage::testing {

namespace {

class Embedded final : public StoreUnderTest {
 public:
  std::expected<std::unique_ptr<Store>, std::string> open(const std::filesystem::path& directory,
                                                          std::shared_ptr<const Clock> clock, const Wishes& wishes) override {
    EmbeddedOptions options;
    options.directory = directory;
    options.clock = std::move(clock);
    options.block_cache_bytes = 8u << 20;
    options.memtable_bytes = 4u << 20;
    options.normal_copies_max = wishes.normal_copies_max;
    options.normal_bytes_max = wishes.normal_bytes_max;
    options.lease_s = wishes.lease_s;
    options.vigil_life_s = wishes.vigil_life_s;
    options.mailbox_unread_days = wishes.mailbox_unread_days;
    return open_embedded(options);
  }
};

}  // namespace

StoreUnderTest& store_under_test() {
  static Embedded embedded;
  return embedded;
}

}  // namespace vigil::storage::testing

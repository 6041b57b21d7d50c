// What the contract suite needs from a kind of store: a place to live, a clock, and opening again. Each kind links the suite with
// its own store_under_test(); the suite itself knows only storage/store.hpp.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "tests/contract/driver.hpp"
#include "tests/contract/test_clock.hpp"

namespace vigil::storage::testing {

// What a test may wish for instead of the defaults.
struct Wishes {
  std::size_t normal_copies_max = limits::normal_copies_max, normal_bytes_max = limits::normal_bytes_max;
  std::uint32_t lease_s = limits::lease_s;
  std::uint32_t vigil_life_s = limits::vigil_life_s;
  std::uint32_t mailbox_unread_days = limits::mailbox_unread_days;
};

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  // Makes a store in 'directory', or opens the one that lies there.
  virtual std::expected<std::unique_ptr<Store>, std::string> open(const std::filesystem::path& directory,
                                                                  std::shared_ptr<const Clock> clock, const Wishes& wishes) = 0;
};

// Defined once in each program that links the suite.
StoreUnderTest& store_under_test();

// A directory that is gone with its owner. 'quick': in memory where that is possible, for tests that are not about the disk.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(bool quick = true);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  // A test has found something: the directory outlives it, for people to look at.
  void stay() { stays_ = true; }

 private:
  std::filesystem::path path_;
  bool stays_ = false;
};

// One store, a clock of its own and a driver: the fixture of every contract test.
class World {
 public:
  explicit World(const Wishes& wishes = {}, Observer* observer = nullptr);
  ~World();

  // Closes in order, lets 'outage_s' pass, opens again.
  void reopen(std::uint64_t outage_s = 0);

  Store& store() { return *store_; }
  Driver& driver() { return *driver_; }
  TestClock& clock() { return *clock_; }
  const std::filesystem::path& directory() const { return directory_.path(); }
  // The store's time moves on, in steps of at most 'step_s', with the timekeeper's beat at each.
  void pass_s(std::uint64_t seconds, std::uint64_t step_s = 1);

 private:
  void open();

  Wishes wishes_;
  Observer* observer_ = nullptr;
  TemporaryDirectory directory_;
  std::shared_ptr<TestClock> clock_ = std::make_shared<TestClock>();
  std::unique_ptr<Store> store_;
  std::optional<Driver> driver_;
};

}  // namespace vigil::storage::testing

#include "tests/contract/store_under_test.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace vigil::storage::testing {

TemporaryDirectory::TemporaryDirectory(bool quick) {
  std::error_code none;
  const bool in_memory = quick && std::filesystem::is_directory("/dev/shm", none);
  std::string pattern =
      (in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) / "vigil-store-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  if (stays_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

World::World(const Wishes& wishes, Observer* observer) : wishes_(wishes), observer_(observer) {
  open();
}

World::~World() {
  if (store_) store_->close();
  driver_.reset();
}

void World::open() {
  auto opened = store_under_test().open(directory_.path() / "store", clock_, wishes_);
  if (!opened) throw std::runtime_error("the store does not open: " + opened.error());
  store_ = std::move(*opened);
  if (observer_ != nullptr) store_->observe(*observer_);
  driver_.emplace(*store_);
}

void World::reopen(std::uint64_t outage_s) {
  store_->close();
  driver_.reset();
  store_.reset();
  clock_->advance_s(outage_s);
  open();
}

void World::pass_s(std::uint64_t seconds, std::uint64_t step_s) {
  for (std::uint64_t passed = 0; passed < seconds;) {
    const std::uint64_t step = std::min(step_s, seconds - passed);
    clock_->advance_s(step);
    passed += step;
    driver_->release_due();
  }
}

}  // namespace vigil::storage::testing

// A home in a fresh folder below the system's temporary one, gone with its object.
#pragma once

#include <filesystem>
#include <string>

#include "client/home.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client::testing {

class TemporaryHome {
 public:
  TemporaryHome()
      : folder_(std::filesystem::temp_directory_path() / ("vigil-home-" + hex(random_bytes(8)))),
        home_(Home::find(folder_).value()) {}
  ~TemporaryHome() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TemporaryHome(const TemporaryHome&) = delete;
  TemporaryHome& operator=(const TemporaryHome&) = delete;
  const Home& operator*() const { return home_; }
  const Home* operator->() const { return &home_; }

 private:
  Path folder_;
  Home home_;
};

}  // namespace vigil::client::testing

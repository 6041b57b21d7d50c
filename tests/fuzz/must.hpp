// What every fuzzer says when an invariant does not hold: which, and then it dies, so that libFuzzer or the replay keeps the
// input. Also where its files lie. Fuzzers only.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "proto/ids.hpp"

namespace vigil::fuzz {

inline void must(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", invariant);
  std::abort();
}

// As protobuf takes bytes.
inline std::string str(View bytes) {
  return {bytes.begin(), bytes.end()};
}

// A folder of this process, gone at its orderly end; in memory where the machine has such a place.
class Folder {
 public:
  explicit Folder(const char* name) {
    const std::filesystem::path memory = "/dev/shm";
    const bool there = ::access(memory.c_str(), W_OK) == 0;
    const auto below = there ? memory : std::filesystem::temp_directory_path();
    path_ = below / ("vigil-fuzz-" + std::string(name) + "-" + std::to_string(::getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vigil::fuzz

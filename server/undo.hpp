// Making a folder of private files whole or not at all: what was made goes again unless it is kept, because half a relay helps
// nobody. Used by init and restore.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "proto/ids.hpp"

namespace vigil::server {

class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo();

  // A new file of mode 0600; refused when there is one.
  std::expected<void, std::string> put(const std::filesystem::path& file, View content);
  // A folder of mode 0700; one that is there stays when all is undone.
  std::expected<void, std::string> make_folder(const std::filesystem::path& folder);
  void keep() { made_.clear(); }

 private:
  std::vector<std::filesystem::path> made_;  // bounded: a relay's files
};

// "dir/" and "dir/." are "dir".
std::filesystem::path without_slash(std::filesystem::path folder);
// Refuses a folder in which a relay lies.
std::expected<void, std::string> no_relay_in(const std::filesystem::path& data);

}  // namespace vigil::server

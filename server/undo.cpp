#include "server/undo.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <ranges>

#include "server/private_file.hpp"

namespace vigil::server {

Undo::~Undo() {
  std::error_code ignored;
  for (const auto& made : std::views::reverse(made_)) std::filesystem::remove(made, ignored);
}

std::expected<void, std::string> Undo::put(const std::filesystem::path& file, View content) {
  std::expected<void, std::string> done = write_new(file, content);
  if (done) made_.push_back(file);
  return done;
}

std::expected<void, std::string> Undo::make_folder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) return made_.push_back(folder), std::expected<void, std::string>{};
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored) && ::chmod(folder.c_str(), 0700) == 0) return {};
  return std::unexpected(
      fmt::format("The folder {} cannot be made; choose another one, or make the one above it first.", folder.string()));
}

std::filesystem::path without_slash(std::filesystem::path folder) {
  folder = folder.lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

std::expected<void, std::string> no_relay_in(const std::filesystem::path& data) {
  std::error_code ignored;
  for (const char* there : {"vigild.toml", "keys", "store"})
    if (std::filesystem::exists(data / there, ignored))
      return std::unexpected(
          fmt::format("A relay lies in {} already. Nothing was changed; choose another folder with --data.", data.string()));
  return {};
}

}  // namespace vigil::server

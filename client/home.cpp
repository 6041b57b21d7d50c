// Finding the folder. The only place of libvigil that reads the environment.
#include "client/home.hpp"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <vector>

namespace vigil::client {
namespace {

Path default_folder() {
  const char* const given = std::getenv("VIGIL_HOME");
  if (given != nullptr && *given != '\0') return given;
  const char* const user = std::getenv("HOME");
  return Path(user != nullptr && *user != '\0' ? user : "/") / ".local/share/vigil";
}

// Half-written files of processes that were killed; those of living ones are younger.
void sweep(const Path& folder) {
  const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::minutes(10);
  std::error_code failed;
  std::vector<Path> leftovers;
  for (auto at = std::filesystem::directory_iterator(folder, failed); !failed && at != std::filesystem::directory_iterator();
       at.increment(failed)) {
    std::error_code gone;
    const auto written = at->last_write_time(gone);
    if (at->path().filename().string().starts_with(".new-") && !gone && written < old) leftovers.push_back(at->path());
  }
  for (const Path& leftover : leftovers) std::filesystem::remove(leftover, failed);
}

}  // namespace

Outcome<Home> Home::find(const Path& flag) {
  std::error_code failed;
  const Path folder = std::filesystem::absolute(flag.empty() ? default_folder() : flag, failed).lexically_normal();
  if (failed) return std::unexpected(Fault::disk);
  const Path without_slash = folder.has_filename() ? folder : folder.parent_path();
  const Outcome<void> made = make_private_folder(without_slash);
  if (!made) return std::unexpected(made.error());
  if (::chmod(without_slash.c_str(), 0700) != 0) return std::unexpected(Fault::disk);
  const Outcome<void> outbox = make_private_folder(without_slash / "outbox");
  if (!outbox) return std::unexpected(outbox.error());
  sweep(without_slash);
  sweep(without_slash / "outbox");
  return Home(without_slash);
}

bool Home::has_profile() const {
  std::error_code failed;
  return std::filesystem::exists(profile(), failed);
}

}  // namespace vigil::client

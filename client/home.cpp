// Finding the folder. The only place of libvigil that reads the environment.
#include "client/home.hpp"

#include <sys/stat.h>

#include <cstdlib>

namespace vigil::client {
namespace {

Path default_folder() {
  const char* const given = std::getenv("VIGIL_HOME");
  if (given != nullptr && *given != '\0') return given;
  const char* const user = std::getenv("HOME");
  return Path(user != nullptr && *user != '\0' ? user : "/") / ".local/share/vigil";
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
  return Home(without_slash);
}

bool Home::has_profile() const {
  std::error_code failed;
  return std::filesystem::exists(profile(), failed);
}

}  // namespace vigil::client

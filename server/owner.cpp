#include "server/owner.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vigil::server {

std::expected<void, std::string> become_owner_of(const std::filesystem::path& folder) {
  struct stat is{};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &is) != 0 || is.st_uid == 0) return {};
  const passwd* owner = ::getpwuid(is.st_uid);
  const gid_t group = owner != nullptr ? owner->pw_gid : is.st_gid;
  if (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(is.st_uid) != 0)
    return std::unexpected(
        fmt::format("{} belongs to another user, whom root cannot become here; run this as that user.", folder.string()));
  return {};
}

}  // namespace vigil::server

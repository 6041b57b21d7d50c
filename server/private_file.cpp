// Private files by plain system calls: modes and syncs are what they are for.
#include "server/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "server/descriptor.hpp"

namespace vigil::server {
namespace {

constexpr std::size_t bytes_max = 1 << 20;

std::unexpected<std::string> failed(const std::filesystem::path& file, std::string_view act) {
  return std::unexpected(fmt::format("{} cannot be {}: {}.", file.string(), act, std::strerror(errno)));
}

bool write_all(int to, View content) {
  while (!content.empty()) {
    const ssize_t written = ::write(to, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// A new name is durable once its folder is.
bool sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.number() >= 0 && ::fsync(opened.number()) == 0;
}

template <class Container>
std::expected<Container, std::string> read_whole(const std::filesystem::path& file, bool only_ours) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat is{};
  if (opened.number() < 0 || ::fstat(opened.number(), &is) != 0) return failed(file, "read");
  if (!S_ISREG(is.st_mode) || is.st_size < 0 || static_cast<std::size_t>(is.st_size) > bytes_max)
    return std::unexpected(fmt::format("{} is not a file of at most 1 MiB.", file.string()));
  if (only_ours && (is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return std::unexpected(
        fmt::format("{} holds a secret and others may read it; run: chmod 600 {}", file.string(), file.string()));
  Container content(static_cast<std::size_t>(is.st_size));
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(opened.number(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed(file, "read to its end");
    filled += static_cast<std::size_t>(got);
  }
  return content;
}

}  // namespace

std::expected<void, std::string> write_new(const std::filesystem::path& file, View content) {
  const Descriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (opened.number() < 0) return failed(file, "made");
  if (write_all(opened.number(), content)) return {};
  const auto why = failed(file, "written");
  ::unlink(file.c_str());
  return why;
}

std::expected<void, std::string> replace_private(const std::filesystem::path& file, View content) {
  std::filesystem::path fresh = file;
  fresh += ".new";
  ::unlink(fresh.c_str());  // left by a crash
  if (std::expected<void, std::string> written = write_new(fresh, content); !written) return written;
  {
    const Descriptor opened(::open(fresh.c_str(), O_WRONLY | O_CLOEXEC));
    if (opened.number() < 0 || ::fsync(opened.number()) != 0) return failed(fresh, "synced");
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed(file, "replaced");
  if (!sync_folder(file.parent_path())) return failed(file.parent_path(), "synced");
  return {};
}

std::expected<void, std::string> sync_all(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0 || ::syncfs(opened.number()) != 0) return failed(folder, "synced");
  return {};
}

std::expected<SecretBytes, std::string> read_private(const std::filesystem::path& file) {
  return read_whole<SecretBytes>(file, true);
}

std::expected<Bytes, std::string> read_file(const std::filesystem::path& file) {
  return read_whole<Bytes>(file, false);
}

}  // namespace vigil::server

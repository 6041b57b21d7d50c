// What lies in files that others may read, or lies here at all and should not; and the disk below.
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>

#include "server/doctor/findings.hpp"
#include "server/init.hpp"
#include "server/relay_keys.hpp"
#include "server/store_key.hpp"
#include "storage/seizure.hpp"

namespace vigil::server {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t told_max = 3;  // of many files with one fault
constexpr std::uintmax_t root_bytes_max = 65'536;
constexpr std::size_t looked_at_max = 2'000;  // in one folder

std::string some(const std::vector<std::string>& files) {
  const std::size_t told = std::min(files.size(), told_max);
  std::string all = fmt::format("{}", fmt::join(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(told), ", "));
  return files.size() > told ? all + fmt::format(" and {} more", files.size() - told) : all;
}

std::string user_of(uid_t id) {
  const passwd* user = ::getpwuid(id);
  return user != nullptr ? user->pw_name : std::to_string(id);
}

// The folder, and what in it must be nobody else's.
std::vector<fs::path> private_files(const Config& config) {
  std::vector<fs::path> all{config.data, config.file, config.tls_key};
  std::error_code failed;
  for (fs::directory_iterator at(config.data / "keys", failed), end; !failed && at != end; at.increment(failed))
    all.push_back(at->path());
  const fs::path keys = storage::keys_file(store_directory(config));
  if (fs::exists(keys, failed)) all.push_back(keys);
  return all;
}

// Files here that hold a root, by their text. Only where they are commonly left: nobody's home is searched through.
std::vector<std::string> roots_left(const Config& config) {
  std::vector<fs::path> folders{config.data, "/root"};
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') folders.emplace_back(home);
  std::vector<fs::path> files{config.data.string() + "-root"};
  for (const fs::path& folder : folders) {
    std::error_code failed;
    std::size_t seen = 0;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end && seen < looked_at_max;
         at.increment(failed), ++seen)
      files.push_back(at->path());
  }
  std::set<std::string> left;
  for (const fs::path& file : files) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed) || fs::file_size(file, failed) > root_bytes_max || failed) continue;
    std::ifstream in(file, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    if (content.find("vigil:root:") != std::string::npos) left.insert(file.lexically_normal().string());
  }
  return {left.begin(), left.end()};
}

}  // namespace

void look_at_files(const Patient& patient, Findings& found) {
  struct stat folder{};
  if (::stat(patient.config.data.c_str(), &folder) != 0) return;
  std::vector<std::string> open, strange;
  for (const fs::path& file : private_files(patient.config)) {
    struct stat is{};
    if (::stat(file.c_str(), &is) != 0) continue;  // what is missing is told elsewhere
    if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0) open.push_back(file.string());
    if (is.st_uid != folder.st_uid && file != patient.config.tls_key) strange.push_back(file.string());
  }
  if (!open.empty())
    found.wrong(
        "permissions", "Other users of this machine may read what is secret: " + some(open),
        fmt::format("chmod -R go= {}",
                    fmt::join(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(std::min(open.size(), told_max)), " ")));
  if (!strange.empty())
    found.wrong(
        "owner",
        fmt::format("These do not belong to {}, the owner of the relay's folder: {}", user_of(folder.st_uid), some(strange)),
        fmt::format("chown -R {}: {}", user_of(folder.st_uid), patient.config.data.string()));
  const passwd* packaged = ::getpwnam("vigil");
  if (patient.config.data == "/var/lib/vigil" && packaged != nullptr && folder.st_uid != packaged->pw_uid)
    found.wrong("owner", "/var/lib/vigil does not belong to the user vigil: the service cannot read it.",
                "chown -R vigil: /var/lib/vigil");
  if (const std::vector<std::string> roots = roots_left(patient.config); !roots.empty())
    found.wrong("root-here",
                "The root key lies on this machine: whoever takes the machine can pretend to be the relay. " + some(roots),
                fmt::format("Copy it to a USB stick or paper that you keep at home, then: shred -u {}", fmt::join(roots, " ")));
}

void look_at_disk(const Patient& patient, Findings& found) {
  const Config& config = patient.config;
  const fs::path store = store_directory(config);
  std::error_code failed;
  const fs::path there = fs::exists(store, failed) ? store : config.data;
  struct statvfs room{};
  if (::statvfs(there.c_str(), &room) == 0 && room.f_blocks > 0) {
    const auto free = static_cast<unsigned>(room.f_bavail * 100 / room.f_blocks);
    const char* cure = "Make room on this file system (du -x, journalctl --vacuum-size=100M), or give it a larger disk";
    if (free < config.limits.free_for_urgent_percent)
      found.wrong("disk-full", fmt::format("The disk is full ({} % free): even urgent copies are refused.", free), cure);
    else if (free < config.limits.free_for_normal_percent)
      found.wrong("disk-low", fmt::format("The disk is nearly full ({} % free): only urgent copies are taken.", free), cure);
  }
  if (config.store_keys != StoreKeys::memory)
    if (const auto why = storage::keeps_old_bytes(there))
      found.wrong("disk-remembers", "What is erased can be brought back: " + *why,
                  "Move the relay's folder to ext4 or XFS without data=journal, or set [store] keys = \"memory\"");
  if (!patient.running) return;
  if (patient.running->number("writable") == 0)
    found.wrong("disk-broken", "The disk takes nothing; members are told to try again.", "Look at it: dmesg, df, smartctl");
  if (patient.running->number("undestroyed_keys") > 0)
    found.wrong("disk-keeps-keys", "The disk refuses to overwrite the keys of files that are gone.",
                "Look at it: dmesg, smartctl. If it is dying: vigild destroy, then a new one");
}

}  // namespace vigil::server

// `vigild backup` and `vigild restore`: who this relay is, in one file that only its operator opens. In it: the configuration,
// the online key with its certificate, the root's public half, the route list, the TLS keys and certificate. Never in it: the
// store and its keys, and the root: what members have left dies with the disk, and a backup is nothing to seize it by. Used by
// main; look_at_backup by serve, any thread.
#pragma once

#include <cstdint>
#include <filesystem>

#include "server/age.hpp"
#include "server/config.hpp"

namespace vigil::server {

struct BackupOrder {
  std::filesystem::path out;  // made; refused when it is there
  AgeRecipients to;
};
// Returns an exit code (exit_codes.hpp).
int backup(const std::filesystem::path& config, const BackupOrder& order, std::uint64_t now_s);

struct RestoreOrder {
  std::filesystem::path from, data, identity;  // identity: the secret key's file; empty: age asks for the passphrase
};
// Refuses a folder with a relay in it. Returns an exit code.
int restore(const RestoreOrder& order);

struct BackupSeen {
  std::int64_t age_s = -1;  // -1: there is none
  bool stale = false;       // keys or configuration are newer
};
BackupSeen look_at_backup(const Config& config, std::uint64_t now_s);

// ---- between the two

// What a backup holds, by its name there, and where it lies in this relay.
struct BackupFile {
  const char* name;
  std::filesystem::path place;
  bool needed;
};
std::vector<BackupFile> backup_files(const Config& config);

}  // namespace vigil::server

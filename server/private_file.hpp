// Files that only the relay's user may read: made whole and synced, or not at all. Used by init, certify and the keys.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "crypto/base/secret_bytes.hpp"

namespace vigil::server {

// A new file with mode 0600; refused when there is one. Durable only after sync_all().
std::expected<void, std::string> write_new(const std::filesystem::path& file, View content);
// Replaces a file whole, or makes it, mode 0600; durable before it returns. A crash leaves the old one or the new one.
std::expected<void, std::string> replace_private(const std::filesystem::path& file, View content);
// Everything written on the file system of 'folder' is on the disk: one wait for many files.
std::expected<void, std::string> sync_all(const std::filesystem::path& folder);
// The whole file into wiped memory; at most 1 MiB. Refused when others may read it.
std::expected<SecretBytes, std::string> read_private(const std::filesystem::path& file);
// The whole of a file that is no secret; at most 1 MiB.
std::expected<Bytes, std::string> read_file(const std::filesystem::path& file);

}  // namespace vigil::server

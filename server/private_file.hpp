// Files that only the relay's user may read: made whole and synced, or not at all. Used by init, certify and the keys.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "crypto/base/secret_bytes.hpp"

namespace vigil::server {

enum class IfThere { refuse, replace };

// Writes 'content' with mode 0600, durable before it returns; replacing is atomic. Otherwise a sentence for the operator.
std::expected<void, std::string> write_private(const std::filesystem::path& file, View content, IfThere if_there);
// The whole file into wiped memory; at most 1 MiB. Refused when others may read it.
std::expected<SecretBytes, std::string> read_private(const std::filesystem::path& file);
// The whole of a file that is no secret; at most 1 MiB.
std::expected<Bytes, std::string> read_file(const std::filesystem::path& file);

}  // namespace vigil::server

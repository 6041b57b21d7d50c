// Root who changes a relay's files acts as the user they belong to: otherwise the service could not read them afterwards. Used by
// the commands setup and certify.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace vigil::server {

// Becomes the owner of 'folder', for good, when this is root and the folder somebody else's. Otherwise, and when there is no such
// folder, nothing happens. A sentence when it cannot be.
std::expected<void, std::string> become_owner_of(const std::filesystem::path& folder);

}  // namespace vigil::server

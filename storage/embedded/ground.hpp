// Whether a file that is overwritten in place is overwritten on the disk: keys that are to be destroyed may lie nowhere else.
// Used by open_embedded.
#pragma once

#include <filesystem>
#include <istream>
#include <optional>
#include <string>

#include "storage/seizure.hpp"

namespace vigil::storage {

// The two questions of keeps_old_bytes (seizure.hpp), for tests: by statfs's f_type, and by a /proc/self/mountinfo.
std::optional<std::string> copies_on_write(std::uint32_t file_system_type);
bool journals_data(std::istream& mountinfo, const std::filesystem::path& directory);

}  // namespace vigil::storage

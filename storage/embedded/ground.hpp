// Whether a file that is overwritten in place is overwritten on the disk: keys that are to be destroyed may lie nowhere else.
// Used by open_embedded.
#pragma once

#include <filesystem>
#include <istream>
#include <optional>
#include <string>

namespace vigil::storage {

// A sentence when overwriting keeps the old bytes there: copy-on-write file systems, ext4 with data=journal. What a disk does
// below its file system, nobody can ask.
std::optional<std::string> keeps_old_bytes(const std::filesystem::path& directory);

// Its two questions, for tests: by statfs's f_type, and by a /proc/self/mountinfo.
std::optional<std::string> copies_on_write(std::uint32_t file_system_type);
bool journals_data(std::istream& mountinfo, const std::filesystem::path& directory);

}  // namespace vigil::storage

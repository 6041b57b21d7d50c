// A few small files as one, in the tar format (ustar), so that a backup can be looked into with `age -d FILE | tar t` where no
// vigild is. Used by backup and restore; pure functions, any thread.
#pragma once

#include <expected>
#include <map>
#include <string>

#include "proto/ids.hpp"

namespace vigil::server {

using TarFiles = std::map<std::string, std::string>;  // content by name

// Names of at most 99 bytes; every file with mode 0600 and no owner, date or anything else of this machine.
std::string tar_of(const TarFiles& files);
// Only plain files, each once, whole; otherwise what is wrong.
std::expected<TarFiles, std::string> files_of_tar(std::string_view tar);

}  // namespace vigil::server

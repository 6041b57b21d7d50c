// `vigild serve`: the whole relay in one process, from start to SIGTERM. Used by main.
#pragma once

#include <filesystem>

namespace vigil::server {

// Returns an exit code (exit_codes.hpp). 'passphrase_fd': see store_key.hpp.
int serve(const std::filesystem::path& config_file, int passphrase_fd);
// `vigild check`: everything that serve would refuse, without serving.
int check(const std::filesystem::path& config_file);

}  // namespace vigil::server

// `vigild doctor`: finds what is wrong with a relay, its files and its machine, and says how to mend each thing in one line.
// Changes nothing. Used by its command only.
#pragma once

#include <cstdint>
#include <filesystem>

namespace vigil::server {

// Prints to standard output. exit_done: nothing is wrong; exit_found: something is.
int doctor(const std::filesystem::path& config_file, bool as_json, std::uint64_t now_s);

}  // namespace vigil::server

// `vigild status`: one clear screen for a tired operator. Counts only, no identifiers. Used by main and console.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vigil::server {

// What the console answers and the screen shows. Numbers by name, in the order of the screen.
using StatusNumbers = std::vector<std::pair<std::string, std::int64_t>>;

// Prints to standard output; returns an exit code (exit_codes.hpp).
int print_status(const std::filesystem::path& config, bool json);

// The screen for these numbers: worries first, then what is there.
std::string status_screen(const StatusNumbers& numbers);

}  // namespace vigil::server

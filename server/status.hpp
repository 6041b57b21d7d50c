// `vigild status`: one clear screen for a tired operator: what is not well and what to do about it, then what is there. Counts
// only, no identifiers. Used by main and console.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vigil::server {

struct Config;

// What the console answers and the screen shows. Numbers by name, in the order of the screen.
using StatusNumbers = std::vector<std::pair<std::string, std::int64_t>>;

struct StatusOrder {
  bool json = false;
  bool watch = false;
};
// Prints to standard output; returns an exit code (exit_codes.hpp).
int show_status(const std::filesystem::path& config, const StatusOrder& order);
// Shows the screen again and again until SIGINT or SIGTERM; says so while no relay answers, and waits for it.
int watch_status(const std::filesystem::path& config);

// The screen for these numbers, in lines of at most so many columns: worries first, then what is there.
std::string status_screen(const StatusNumbers& numbers, std::size_t columns = 100);

// What the running relay says; else a sentence and an exit code.
struct NoStatus {
  std::string why;
  int code;
};
std::expected<StatusNumbers, NoStatus> ask_status(const Config& config, std::chrono::seconds patience);

// »3 min«, »2 days«.
std::string duration_text(std::int64_t seconds);
// The text in lines of at most so many columns (at least 20); each begins with 'first', or with as many blanks.
std::string wrapped(std::string_view first, std::string_view text, std::size_t columns);

}  // namespace vigil::server

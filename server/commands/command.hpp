// The commands of vigild: each adds itself to the command line in a file of its own, with its flags and what it does with them.
// Used by main, which lists them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace vigil::server {

struct Command {
  CLI::App* asked = nullptr;  // true when it was named on the command line
  std::function<int()> run;   // to its exit code (exit_codes.hpp)
};

Command add_audit(CLI::App& app);
Command add_backup(CLI::App& app);
Command add_certify(CLI::App& app);
Command add_check(CLI::App& app);
Command add_destroy(CLI::App& app);
Command add_doctor(CLI::App& app);
Command add_init(CLI::App& app);
Command add_invite(CLI::App& app);
Command add_restore(CLI::App& app);
Command add_serve(CLI::App& app);
Command add_setup(CLI::App& app);
Command add_status(CLI::App& app);

// ---- what several of them share

// --config, the relay's configuration; the package's, unless another is given.
void add_config(CLI::App& command, std::string& config);
std::uint64_t now_s();

}  // namespace vigil::server

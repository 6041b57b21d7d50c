// The options of every command that may be told where the phone is.
#pragma once

#include <CLI/CLI.hpp>

#include "client/fix_feed.hpp"

namespace vigil::client::commands {

void add_fix_options(CLI::App& command, FixOptions& options, bool with_input = true);

}  // namespace vigil::client::commands

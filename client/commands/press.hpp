// The press, for the commands that do it: `alert` and `drill`; and `ready`, which says whether it would work.
#pragma once

#include "client/commands/command.hpp"
#include "client/prepared.hpp"

namespace vigil::client::commands {

void add_drill(CLI::App& app, Common& common, Run& run);
void add_ready(CLI::App& app, Common& common, Run& run);

// A drill out of the stock: no PIN, the path of a real alert.
Exit run_drill(const Common& common, bool now);
// This alert and no other: sealed, on the disk, sent, watched until the relay has let stage 0 go.
asio::awaitable<Exit> press_this(const Home& home, Screen& screen, kept::PreparedAlert prepared, Press press);

}  // namespace vigil::client::commands

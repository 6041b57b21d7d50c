// The arguments of `vigild backup` and `vigild restore`. Used by main.
#pragma once

#include <CLI/App.hpp>

#include "server/backup.hpp"

namespace vigil::server {

CLI::App* add_backup(CLI::App& app, BackupOrder& order);
CLI::App* add_restore(CLI::App& app, RestoreOrder& order);

}  // namespace vigil::server

// What every command of vigild has.
#include "server/commands/command.hpp"

#include <chrono>

namespace vigil::server {

void add_config(CLI::App& command, std::string& config) {
  command.add_option("--config", config, "the relay's configuration, vigild.toml")->required();
}

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace vigil::server

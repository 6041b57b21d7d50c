// What every command of vigild has.
#include "server/commands/command.hpp"

#include <chrono>

namespace vigil::server {

void add_config(CLI::App& command, std::string& config) {
  config = "/var/lib/vigil/vigild.toml";
  command.add_option("--config", config, "the relay's configuration")->capture_default_str();
}

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace vigil::server

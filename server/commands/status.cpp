// The flags of `vigild status`.
#include "server/status.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_status(CLI::App& app) {
  struct Asked {
    std::string config;
    StatusOrder order;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("status", "how the running relay is: what is not well, counts, disk, connections, keys");
  add_config(*command, asked->config);
  CLI::Option* json = command->add_flag("--json", asked->order.json, "as JSON");
  command->add_flag("--watch", asked->order.watch, "again every 2 s, until Ctrl-C")->excludes(json);
  return {command, [asked] { return show_status(asked->config, asked->order); }};
}

}  // namespace vigil::server

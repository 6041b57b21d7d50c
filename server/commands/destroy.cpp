// The flags of `vigild destroy`.
#include "server/destroy.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_destroy(CLI::App& app) {
  struct Asked {
    std::string config;
    DestroyOrder order;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command =
      app.add_subcommand("destroy", "make everything that members have left here unreadable, at once and for good");
  add_config(*command, asked->config);
  command->add_flag("--everything", asked->order.everything, "the relay's own keys and configuration, too");
  command->add_flag("--yes", asked->order.yes, "do not ask");
  return {command, [asked] { return destroy(asked->config, asked->order); }};
}

}  // namespace vigil::server

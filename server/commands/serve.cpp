// The flags of `vigild serve` and of `vigild check`, which reads what serve would.
#include "server/serve.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_serve(CLI::App& app) {
  struct Asked {
    std::string config;
    int passphrase_fd = -1;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("serve", "run the relay until SIGTERM; SIGHUP reads the configuration again");
  add_config(*command, asked->config);
  command->add_option("--passphrase-fd", asked->passphrase_fd,
                      "read the store's passphrase from this descriptor, not the terminal");
  return {command, [asked] { return serve(asked->config, asked->passphrase_fd); }};
}

Command add_check(CLI::App& app) {
  const auto config = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("check", "read the configuration and say what is wrong with it");
  add_config(*command, *config);
  return {command, [config] { return check(*config); }};
}

}  // namespace vigil::server

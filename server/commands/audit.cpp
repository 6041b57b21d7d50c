// The flags of `vigild audit`.
#include "server/audit.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_audit(CLI::App& app) {
  struct Asked {
    std::string config;
    AuditOrder order;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("audit", "what does an intruder find on this relay's disk? Takes a minute or two");
  add_config(*command, asked->config);
  AuditOrder& order = asked->order;
  command->add_flag("--find", order.find, "only search the disk for the texts on standard input, one a line (bytes: hex:00ff)");
  command->add_flag("--json", order.json, "as JSON");
  command->add_option("--passphrase-fd", order.passphrase_fd, "read the store's passphrase from this descriptor");
  return {command, [asked] { return audit(asked->config, asked->order); }};
}

}  // namespace vigil::server

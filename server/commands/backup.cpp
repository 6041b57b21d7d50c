// The flags of `vigild backup`.
#include "server/backup.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_backup(CLI::App& app) {
  struct Asked {
    std::string config;
    BackupOrder order;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand(
      "backup",
      "who this relay is, in one encrypted file: keys, routes, configuration; never what members have left, nor the root");
  add_config(*command, asked->config);
  BackupOrder& order = asked->order;
  command->add_option("--out", order.out, "the file; it is made")->required();
  command->add_option("--to", order.to.to, "public key of who may open it, age1... or ssh-... (may be given several times)");
  command->add_option("--to-file", order.to.to_file, "a file of such keys, one a line")->check(CLI::ExistingFile);
  command->add_flag("--passphrase", order.to.passphrase, "a passphrase opens it; age asks for it on the terminal");
  return {command, [asked] { return backup(asked->config, asked->order, now_s()); }};
}

}  // namespace vigil::server

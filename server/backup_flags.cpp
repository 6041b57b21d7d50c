#include "server/backup_flags.hpp"

#include <CLI/CLI.hpp>

namespace vigil::server {

CLI::App* add_backup(CLI::App& app, BackupOrder& order) {
  CLI::App* command = app.add_subcommand(
      "backup",
      "who this relay is, in one encrypted file: keys, routes, configuration; never what members have left, nor the root");
  command->add_option("--out", order.out, "the file; it is made")->required();
  command->add_option("--to", order.to.to, "public key of who may open it, age1... or ssh-... (may be given several times)");
  command->add_option("--to-file", order.to.to_file, "a file of such keys, one a line")->check(CLI::ExistingFile);
  command->add_flag("--passphrase", order.to.passphrase, "a passphrase opens it; age asks for it on the terminal");
  return command;
}

CLI::App* add_restore(CLI::App& app, RestoreOrder& order) {
  CLI::App* command = app.add_subcommand("restore", "make the relay of a backup again, in a folder where none is");
  command->add_option("--from", order.from, "the backup")->required()->check(CLI::ExistingFile);
  command->add_option("--data", order.data, "folder for everything the relay keeps; it is made")->required();
  command->add_option("--identity", order.identity, "file of the secret key that opens it; without: age asks for the passphrase")
      ->check(CLI::ExistingFile);
  return command;
}

}  // namespace vigil::server

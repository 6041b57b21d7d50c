// The flags of `vigild restore`.
#include "server/backup.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_restore(CLI::App& app) {
  const auto order = std::make_shared<RestoreOrder>();
  CLI::App* command = app.add_subcommand("restore", "make the relay of a backup again, in a folder where none is");
  command->add_option("--from", order->from, "the backup")->required()->check(CLI::ExistingFile);
  command->add_option("--data", order->data, "folder for everything the relay keeps; it is made")->required();
  command->add_option("--identity", order->identity, "file of the secret key that opens it; without: age asks for the passphrase")
      ->check(CLI::ExistingFile);
  return {command, [order] { return restore(*order); }};
}

}  // namespace vigil::server

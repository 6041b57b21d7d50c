// vigild: the relay's command line. Each command lies in a file of its own in commands/; this one lists them.
#include <array>

#include "crypto/base/secret_bytes.hpp"
#include "server/commands/command.hpp"
#include "server/exit_codes.hpp"

namespace vigil::server {
namespace {

int run(int argc, char* argv[]) {
  CLI::App app("vigild: a Vigil relay. It keeps sealed envelopes and vigils for its members, and knows nothing about them.");
  app.require_subcommand(1);
  app.footer(exit_codes_help);
  // In the order of its --help.
  const std::array commands{
      add_setup(app),  add_init(app),   add_serve(app),   add_check(app), add_invite(app),  add_status(app),
      add_doctor(app), add_backup(app), add_restore(app), add_audit(app), add_destroy(app), add_certify(app),
  };
  CLI11_PARSE(app, argc, argv);
  for (const Command& command : commands)
    if (*command.asked) return command.run();
  return exit_refused;  // not reached: a command is required
}

}  // namespace
}  // namespace vigil::server

int main(int argc, char* argv[]) {
  vigil::forbid_core_dumps();
  return vigil::server::run(argc, argv);
}

// The flags of `vigild doctor`.
#include "server/doctor/doctor.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_doctor(CLI::App& app) {
  struct Asked {
    std::string config;
    bool json = false;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("doctor", "what is wrong with this relay and its machine, and how to mend it");
  add_config(*command, asked->config);
  command->add_flag("--json", asked->json, "as JSON");
  return {command, [asked] { return doctor(asked->config, asked->json, now_s()); }};
}

}  // namespace vigil::server

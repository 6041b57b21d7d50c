// The flags of `vigild invite`.
#include "server/invite.hpp"

#include "server/commands/command.hpp"

namespace vigil::server {

Command add_invite(CLI::App& app) {
  struct Asked {
    std::string config;
    InviteOrder order;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("invite", "print invites, one a line, each for one person; the relay must be running");
  add_config(*command, asked->config);
  InviteOrder& order = asked->order;
  command->add_option("--count", order.count, "how many")->capture_default_str()->check(CLI::Range(1, 1000));
  command->add_option("--days", order.days, "how many days they are good for")->capture_default_str()->check(CLI::Range(1, 90));
  command->add_flag("--qr", order.qr, "as QR codes too");
  command->add_flag("--json", order.json, "as JSON");
  return {command, [asked] { return print_invites(asked->config, asked->order, now_s()); }};
}

}  // namespace vigil::server

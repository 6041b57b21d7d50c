// The flags of `vigild certify`, and what it tells when it is done.
#include <iostream>

#include "server/commands/command.hpp"
#include "server/exit_codes.hpp"
#include "server/init.hpp"

namespace vigil::server {
namespace {

int run_certify(const CertifyOrder& order) {
  const std::expected<void, std::string> done = certify(order, now_s());
  if (!done) return fail(done.error(), exit_refused);
  std::cout << "Renewed. A relay that is running takes it with: systemctl reload vigild   (or: kill -HUP its process)\n"
            << "Put the root file away again, off this machine.\n";
  return exit_done;
}

}  // namespace

Command add_certify(CLI::App& app) {
  struct Asked {
    std::string config;
    CertifyOrder order;
  };
  const auto asked = std::make_shared<Asked>();
  CLI::App* command = app.add_subcommand("certify", "renew the online key and the route list with the root; every 90 days");
  add_config(*command, asked->config);
  CertifyOrder& order = asked->order;
  command->add_option("--root", order.root, "the root's file")->required()->check(CLI::ExistingFile);
  command->add_option("--days", order.days, "how many days the online key is good for")
      ->capture_default_str()
      ->check(CLI::Range(1, 90));
  command->add_flag("--next-tls-key", order.next_tls_key, "go over to the next TLS key, whose pin members have already");
  return {command, [asked] {
            asked->order.config = asked->config;
            return run_certify(asked->order);
          }};
}

}  // namespace vigil::server

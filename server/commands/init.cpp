// The flags of `vigild init`, and what it tells when it is done.
#include "server/init.hpp"

#include <iostream>

#include "server/commands/command.hpp"
#include "server/exit_codes.hpp"

namespace vigil::server {
namespace {

int run_init(const InitOrder& order) {
  const std::expected<Made, std::string> made = init_relay(order, now_s());
  if (!made) return fail(made.error(), exit_refused);
  std::cout << "A new relay lies in " << made->config.parent_path().string() << ".\n\n"
            << "NOW, before you serve: move " << made->root.string() << " to a USB stick or paper that you keep at home.\n"
            << "It is the root of this relay. The relay runs without it; whoever takes it can pretend to be the relay.\n"
            << "You need it again within 90 days: vigild certify --root FILE --config " << made->config.string() << "\n\n"
            << "Start:   vigild serve  --config " << made->config.string() << '\n'
            << "Invite:  vigild invite --config " << made->config.string() << " --count 1 --days 7 --qr\n";
  return exit_done;
}

}  // namespace

Command add_init(CLI::App& app) {
  const auto asked = std::make_shared<InitOrder>();
  CLI::App* command = app.add_subcommand("init", "make a new relay: configuration, keys, certificate, secret path");
  InitOrder& init = *asked;
  command->add_option("--data", init.data, "folder for everything the relay keeps; it is made")->required();
  command->add_option("--host", init.hosts, "name or address at which members reach it (may be given several times)")->required();
  command->add_option("--port", init.port, "port at which members reach it")->capture_default_str()->check(CLI::Range(1, 65'535));
  command->add_option("--listen", init.listen,
                      "IP:PORT to listen on (may be given several times); default: every address of this machine");
  command->add_option("--tls-cert", init.tls_certificate, "your own certificate chain, PEM")->check(CLI::ExistingFile);
  command->add_option("--tls-key", init.tls_key, "its key, PEM")->check(CLI::ExistingFile);
  command->add_option("--paths", init.paths, "how many secret paths")->capture_default_str()->check(CLI::Range(1, 16));
  command->add_option("--root", init.root, "file for the root key, for offline keeping; default: DATA-root");
  return {command, [asked] { return run_init(*asked); }};
}

}  // namespace vigil::server

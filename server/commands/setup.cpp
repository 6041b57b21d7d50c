// The flags of `vigild setup`.
#include "server/setup.hpp"

#include <unistd.h>

#include <iostream>

#include "server/commands/command.hpp"
#include "server/exit_codes.hpp"
#include "server/owner.hpp"

namespace vigil::server {

Command add_setup(CLI::App& app) {
  const auto asked = std::make_shared<SetupOrder>();
  CLI::App* command = app.add_subcommand("setup", "make a new relay by three questions; what a flag answers is not asked");
  InitOrder& init = asked->init;
  init.data = "/var/lib/vigil";
  command->add_option("--host", init.hosts, "name or address at which members reach it (may be given several times)");
  command->add_option("--strangers-see", asked->strangers_see,
                      "»page« of a new nginx, a folder with your site, or your web server here, like 127.0.0.1:8080");
  command->add_option("--tls-cert", init.tls_certificate, "your own certificate chain, PEM")->check(CLI::ExistingFile);
  command->add_option("--tls-key", init.tls_key, "its key, PEM")->check(CLI::ExistingFile);
  command->add_option("--port", init.port, "port at which members reach it")->capture_default_str()->check(CLI::Range(1, 65'535));
  command->add_option("--listen", init.listen,
                      "IP:PORT to listen on (may be given several times); default: every address of this machine");
  command->add_option("--data", init.data, "folder for everything the relay keeps")->capture_default_str();
  command->add_option("--root", init.root, "file for the root key, for offline keeping; default: DATA/root");
  command->add_flag("--yes", asked->yes, "ask nothing: what no flag says has its default");
  return {command, [asked] {
            if (const auto done = become_owner_of(asked->init.data); !done) return fail(done.error(), exit_refused);
            return setup(*asked, std::cin, std::cout, ::isatty(STDIN_FILENO) == 1, now_s());
          }};
}

}  // namespace vigil::server

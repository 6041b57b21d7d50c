// vigild: the relay's command line. Each command is one function of the room; this file only reads arguments and tells the
// outcome.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "crypto/base/secret_bytes.hpp"
#include "server/audit.hpp"
#include "server/backup_flags.hpp"
#include "server/destroy.hpp"
#include "server/exit_codes.hpp"
#include "server/init.hpp"
#include "server/invite.hpp"
#include "server/serve.hpp"
#include "server/status.hpp"

namespace vigil::server {
namespace {

std::uint64_t now_s() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

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

int run_certify(const CertifyOrder& order) {
  const std::expected<void, std::string> done = certify(order, now_s());
  if (!done) return fail(done.error(), exit_refused);
  std::cout << "Renewed. A relay that is running takes it with: systemctl reload vigild   (or: kill -HUP its process)\n"
            << "Put the root file away again, off this machine.\n";
  return exit_done;
}

CLI::App* add_init(CLI::App& app, InitOrder& init) {
  CLI::App* command = app.add_subcommand("init", "make a new relay: configuration, keys, certificate, secret path");
  command->add_option("--data", init.data, "folder for everything the relay keeps; it is made")->required();
  command->add_option("--host", init.hosts, "name or address at which members reach it (may be given several times)")->required();
  command->add_option("--port", init.port, "port at which members reach it")->capture_default_str()->check(CLI::Range(1, 65'535));
  command->add_option("--listen", init.listen,
                      "IP:PORT to listen on (may be given several times); default: every address of this machine");
  command->add_option("--tls-cert", init.tls_certificate, "your own certificate chain, PEM")->check(CLI::ExistingFile);
  command->add_option("--tls-key", init.tls_key, "its key, PEM")->check(CLI::ExistingFile);
  command->add_option("--paths", init.paths, "how many secret paths")->capture_default_str()->check(CLI::Range(1, 16));
  command->add_option("--root", init.root, "file for the root key, for offline keeping; default: DATA-root");
  return command;
}

CLI::App* add_audit(CLI::App& app, AuditOrder& order) {
  CLI::App* command = app.add_subcommand("audit", "what does an intruder find on this relay's disk? Takes a minute or two");
  command->add_flag("--find", order.find, "only search the disk for the texts on standard input, one a line (bytes: hex:00ff)");
  command->add_flag("--json", order.json, "as JSON");
  command->add_option("--passphrase-fd", order.passphrase_fd, "read the store's passphrase from this descriptor");
  return command;
}

CLI::App* add_status(CLI::App& app, StatusOrder& order) {
  CLI::App* command = app.add_subcommand("status", "how the running relay is: what is not well, counts, disk, connections, keys");
  CLI::Option* json = command->add_flag("--json", order.json, "as JSON");
  command->add_flag("--watch", order.watch, "again every 2 s, until Ctrl-C")->excludes(json);
  return command;
}

CLI::App* add_destroy(CLI::App& app, DestroyOrder& order) {
  CLI::App* command =
      app.add_subcommand("destroy", "make everything that members have left here unreadable, at once and for good");
  command->add_flag("--everything", order.everything, "the relay's own keys and configuration, too");
  command->add_flag("--yes", order.yes, "do not ask");
  return command;
}

int run(int argc, char* argv[]) {
  CLI::App app("vigild: a Vigil relay. It keeps sealed envelopes and vigils for its members, and knows nothing about them.");
  app.require_subcommand(1);
  app.footer(exit_codes_help);

  InitOrder init;
  CLI::App* init_command = add_init(app, init);

  std::string config;
  const auto add_config = [&config](CLI::App* command) {
    command->add_option("--config", config, "the relay's configuration, vigild.toml")->required();
    return command;
  };
  CLI::App* serve_command = app.add_subcommand("serve", "run the relay until SIGTERM; SIGHUP reads the configuration again");
  add_config(serve_command);
  int passphrase_fd = -1;
  serve_command->add_option("--passphrase-fd", passphrase_fd,
                            "read the store's passphrase from this descriptor, not the terminal");
  CLI::App* check_command = app.add_subcommand("check", "read the configuration and say what is wrong with it");
  add_config(check_command);

  InviteOrder invite;
  CLI::App* invite_command =
      app.add_subcommand("invite", "print invites, one a line, each for one person; the relay must be running");
  add_config(invite_command);
  invite_command->add_option("--count", invite.count, "how many")->capture_default_str()->check(CLI::Range(1, 1000));
  invite_command->add_option("--days", invite.days, "how many days they are good for")
      ->capture_default_str()
      ->check(CLI::Range(1, 90));
  invite_command->add_flag("--qr", invite.qr, "as QR codes too");
  invite_command->add_flag("--json", invite.json, "as JSON");

  StatusOrder status_order;
  CLI::App* status_command = add_config(add_status(app, status_order));
  BackupOrder backup_order;
  CLI::App* backup_command = add_config(add_backup(app, backup_order));
  RestoreOrder restore_order;
  CLI::App* restore_command = add_restore(app, restore_order);

  AuditOrder audit_order;
  CLI::App* audit_command = add_config(add_audit(app, audit_order));
  DestroyOrder destroy_order;
  CLI::App* destroy_command = add_config(add_destroy(app, destroy_order));

  CertifyOrder certify_order;
  CLI::App* certify_command =
      app.add_subcommand("certify", "renew the online key and the route list with the root; every 90 days");
  add_config(certify_command);
  certify_command->add_option("--root", certify_order.root, "the root's file")->required()->check(CLI::ExistingFile);
  certify_command->add_option("--days", certify_order.days, "how many days the online key is good for")
      ->capture_default_str()
      ->check(CLI::Range(1, 90));
  certify_command->add_flag("--next-tls-key", certify_order.next_tls_key,
                            "go over to the next TLS key, whose pin members have already");

  CLI11_PARSE(app, argc, argv);
  if (*init_command) return run_init(init);
  if (*serve_command) return serve(config, passphrase_fd);
  if (*check_command) return check(config);
  if (*invite_command) return print_invites(config, invite, now_s());
  if (*status_command) return show_status(config, status_order);
  if (*backup_command) return backup(config, backup_order, now_s());
  if (*restore_command) return restore(restore_order);
  if (*audit_command) return audit(config, audit_order);
  if (*destroy_command) return destroy(config, destroy_order);
  certify_order.config = config;
  return run_certify(certify_order);
}

}  // namespace
}  // namespace vigil::server

int main(int argc, char* argv[]) {
  vigil::forbid_core_dumps();
  return vigil::server::run(argc, argv);
}

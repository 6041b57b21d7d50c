// A relay out of its backup: everything checked before anything is made, and nothing left of a restore that failed.
#include <fmt/format.h>

#include <iostream>

#include "crypto/base/encoding.hpp"
#include "server/backup.hpp"
#include "server/exit_codes.hpp"
#include "server/private_file.hpp"
#include "server/relay_keys.hpp"
#include "server/tar.hpp"
#include "server/undo.hpp"

namespace vigil::server {
namespace {

using Done = std::expected<void, std::string>;

// The files of a backup and no others, and a configuration that belongs into this folder.
std::expected<Config, std::string> read_backup(const TarFiles& files, const RestoreOrder& order) {
  const auto no_backup = [&order](std::string_view why) {
    return std::unexpected(fmt::format("{} is no backup of a relay: {}. Nothing was changed.", order.from.string(), why));
  };
  const auto configured = files.find("vigild.toml");
  if (configured == files.end()) return no_backup("it has no vigild.toml");
  std::expected<Config, std::string> config = parse_config(configured->second, order.data / "vigild.toml");
  if (!config) return std::unexpected(fmt::format("The configuration in the backup is refused:\n{}", config.error()));
  std::size_t known = 0;
  for (const BackupFile& file : backup_files(*config)) {
    known += files.contains(file.name) ? 1 : 0;
    if (file.needed && !files.contains(file.name)) return no_backup(fmt::format("it has no {}", file.name));
  }
  if (known != files.size()) return no_backup("it holds files that are none of a backup's");
  if (config->data != order.data)
    return std::unexpected(fmt::format("This relay lived in {} ([store] directory). Nothing was changed; give --data {}",
                                       config->data.string(), config->data.string()));
  return config;
}

Done put_all(const TarFiles& files, const std::filesystem::path& data) {
  Undo undo;
  Done done = undo.make_folder(data);
  if (done) done = undo.make_folder(data / "keys");
  // The configuration last: a relay is there when its configuration is.
  for (const auto& [name, content] : files)
    if (done && name != "vigild.toml") done = undo.put(data / name, view(content));
  if (done) done = undo.put(data / "vigild.toml", view(files.at("vigild.toml")));
  if (done) done = sync_all(data);
  if (!done) return done;
  const std::expected<RelayKeys, std::string> keys = load_relay_keys(data);  // as `vigild serve` will
  if (!keys) return std::unexpected(keys.error());
  undo.keep();
  return {};
}

void tell(const Config& config, const RestoreOrder& order, bool has_next_key) {
  const KeyFiles keys(order.data);
  std::cout << "Back in " << order.data.string() << ": configuration, online key, route list, TLS key and certificate"
            << (has_next_key ? ", the next TLS key" : "") << ".\n";
  if (config.tls_key != keys.tls_key || config.tls_certificate != keys.tls_certificate)
    std::cout << "[tls] names files of your own elsewhere, " << config.tls_key.string() << " and "
              << config.tls_certificate.string() << ".\nTheir content lies in " << keys.tls_key.string() << " and "
              << keys.tls_certificate.string() << " now: put it back there, or change [tls].\n";
  if (!config.decoy_site.empty()) std::cout << "The site of [decoy] is not in a backup: put it back, too.\n";
  std::cout
      << "Not back, because no backup has it: mailboxes, what waited in them, alerts and check-ins that ran, invites.\n\n"
      << "What members will see: their apps find this relay and trust it as before (same root, same key), and that is all.\n"
      << "Nothing of theirs is here: over this relay they receive nothing, and what is sent to them is refused. Their apps do\n"
      << "not say so by themselves. Each has to join anew with a new invite, and to meet her contacts again: the addresses that\n"
      << "they had given each other are gone, too. Tell them by another way, now.\n\n"
      << "Next:    vigild check  --config " << config.file.string() << '\n'
      << "Start:   vigild serve  --config " << config.file.string() << '\n'
      << "Invite:  vigild invite --config " << config.file.string() << " --count 8 --days 7\n"
      << "Has the host changed? Then change [relay] hosts and run `vigild certify` with the root.\n";
}

}  // namespace

int restore(const RestoreOrder& asked) {
  RestoreOrder order = asked;
  order.data = without_slash(std::filesystem::absolute(order.data));
  if (const Done vacant = no_relay_in(order.data); !vacant) return fail(vacant.error(), exit_refused);
  const std::expected<std::string, std::string> content = age_decrypt(order.from, order.identity);
  if (!content) return fail(content.error(), exit_refused);
  const std::expected<TarFiles, std::string> files = files_of_tar(*content);
  if (!files)
    return fail(fmt::format("{} is no backup of a relay: it {}. Nothing was changed.", order.from.string(), files.error()),
                exit_refused);
  const std::expected<Config, std::string> config = read_backup(*files, order);
  if (!config) return fail(config.error(), exit_refused);
  if (const Done done = put_all(*files, order.data); !done) return fail(done.error() + " Nothing was left behind.", exit_refused);
  tell(*config, order, files->contains("keys/tls-next.key"));
  return exit_done;
}

}  // namespace vigil::server

// Making a backup, and knowing how old it is.
#include "server/backup.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>
#include <iostream>

#include "crypto/base/encoding.hpp"
#include "server/exit_codes.hpp"
#include "server/private_file.hpp"
#include "server/relay_keys.hpp"
#include "server/tar.hpp"

namespace vigil::server {
namespace {

// When the last backup was made, in seconds since 1970 and nothing else.
std::filesystem::path mark_of(const Config& config) {
  return config.data / "backup-made";
}

bool names_a_key(const std::string& to) {
  return to.starts_with("age1") || to.starts_with("ssh-");
}

std::expected<void, std::string> check_order(const BackupOrder& order) {
  for (const std::string& to : order.to.to)
    if (!names_a_key(to))
      return std::unexpected(
          "--to takes a public key, age1... or ssh-...; make one with: age-keygen -o FILE, and keep FILE at home");
  const bool keys = !order.to.to.empty() || !order.to.to_file.empty();
  if (keys == order.to.passphrase)
    return std::unexpected("say who may open it: --to age1..., --to-file FILE, or --passphrase (typed twice, on the terminal)");
  return {};
}

}  // namespace

std::vector<BackupFile> backup_files(const Config& config) {
  const KeyFiles keys(config.data);
  return {{"vigild.toml", config.file, true},
          {"keys/online.seed", keys.online, true},
          {"keys/online.certificate", keys.certificate, true},
          {"keys/root.public", keys.root, true},
          {"keys/routes", keys.routes, true},
          {"keys/tls.key", config.tls_key, true},
          {"keys/tls.crt", config.tls_certificate, true},
          {"keys/tls-next.key", keys.tls_key_next, false}};
}

int backup(const std::filesystem::path& config_file, const BackupOrder& order, std::uint64_t now_s) {
  const std::expected<Config, std::string> config = load_config(config_file);
  if (!config) return fail(config.error(), exit_refused);
  if (const auto wrong = check_order(order); !wrong) return fail(wrong.error(), exit_refused);
  const std::expected<RelayKeys, std::string> keys = load_relay_keys(config->data);  // a damaged relay is no backup
  if (!keys) return fail(keys.error(), exit_refused);
  TarFiles files;
  for (const BackupFile& file : backup_files(*config)) {
    std::error_code ignored;
    if (!file.needed && !std::filesystem::exists(file.place, ignored)) continue;
    const std::expected<Bytes, std::string> content = read_file(file.place);
    if (!content) return fail(content.error(), exit_refused);
    files[file.name] = std::string(text(*content));
  }
  if (const auto made = age_encrypt(order.to, tar_of(files), order.out); !made) return fail(made.error(), exit_refused);
  if (const auto marked = replace_private(mark_of(*config), view(fmt::format("{}\n", now_s))); !marked)
    return fail(marked.error(), exit_failed);
  std::cout << "Backed up into " << order.out.string() << ": configuration, online key, route list, TLS keys and certificate.\n"
            << "Not in it: what members have left here, and the root. Take it off this machine; without the root beside it, it\n"
            << "makes a relay that runs until its online key ends, "
            << fmt::format("{} days from now. Make a new one after each `vigild certify`.\n", keys->days_left(now_s))
            << "Whoever opens it can pretend to be this relay for as long: `vigild destroy` does not reach it.\n";
  return exit_done;
}

BackupSeen look_at_backup(const Config& config, std::uint64_t now_s) {
  std::error_code none;
  if (!std::filesystem::exists(mark_of(config), none)) return {};
  const std::expected<Bytes, std::string> content = read_file(mark_of(config));
  std::uint64_t made_s = 0;
  if (!content) return {};
  const std::string_view digits = text(*content);
  std::from_chars(digits.data(), digits.data() + digits.size(), made_s);
  BackupSeen out{.age_s = static_cast<std::int64_t>(now_s - std::min(now_s, made_s)), .stale = false};
  for (const BackupFile& file : backup_files(config)) {
    struct stat is{};
    if (::stat(file.place.c_str(), &is) == 0) out.stale = out.stale || is.st_mtim.tv_sec > static_cast<std::int64_t>(made_s);
  }
  return out;
}

}  // namespace vigil::server

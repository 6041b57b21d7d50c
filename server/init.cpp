// `vigild init` and `vigild certify`: the two moments at which the root's seed is in memory.
#include "server/init.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "server/config.hpp"
#include "server/owner.hpp"
#include "server/private_file.hpp"
#include "server/relay_keys.hpp"
#include "server/tls_files.hpp"
#include "server/undo.hpp"

namespace vigil::server {
namespace {

constexpr std::string_view root_mark = "vigil:root:";

std::string quoted_list(const std::vector<std::string>& entries) {
  std::string all;
  for (const std::string& entry : entries) all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", entry);
  return "[" + all + "]";
}

// On a loopback host only there; otherwise on every address this machine has.
std::vector<std::string> listen_for(const std::string& host, std::uint16_t port) {
  if (host.starts_with("127.")) return {fmt::format("{}:{}", host, port)};
  if (host == "::1") return {fmt::format("[::1]:{}", port)};
  std::vector<std::string> all{fmt::format("0.0.0.0:{}", port)};
  if (::access("/proc/net/if_inet6", R_OK) == 0) all.push_back(fmt::format("[::]:{}", port));
  return all;
}

std::string config_text(const InitOrder& order, const std::vector<std::string>& paths) {
  const std::vector<std::string> listen = order.listen.empty() ? listen_for(order.hosts.front(), order.port) : order.listen;
  std::string text = fmt::format(
      "# A Vigil relay. Secret: the paths below let members in; keep this file to yourself (mode 600).\n"
      "# Every other key has its default; deploy/vigild.toml explains them all. `vigild check --config FILE` reads it without "
      "starting.\n\n"
      "[relay]\nhosts = {}\nport = {}\npaths = {}\n\n[listen]\naddresses = {}\n",
      quoted_list(order.hosts), order.port, quoted_list(paths), quoted_list(listen));
  if (!order.tls_key.empty())
    text += fmt::format("\n[tls]\nkey = \"{}\"\ncertificate = \"{}\"\n", std::filesystem::absolute(order.tls_key).string(),
                        std::filesystem::absolute(order.tls_certificate).string());
  if (!order.decoy_site.empty())
    text += fmt::format("\n[decoy]\nsite = \"{}\"\n", std::filesystem::absolute(order.decoy_site).string());
  if (!order.decoy_upstream.empty()) text += fmt::format("\n[decoy]\nupstream = \"{}\"\n", order.decoy_upstream);
  return text;
}

// 128 random bits each, in a shape that many sites have.
std::vector<std::string> secret_paths(unsigned count) {
  std::vector<std::string> paths;
  for (unsigned i = 0; i < count; ++i) paths.push_back("/" + base64url(random_bytes(16)));
  return paths;
}

// Key and certificate of the operator's, or new ones; the pins of both.
std::expected<Pins, std::string> make_tls(Undo& undo, const InitOrder& order, const KeyFiles& files, std::uint64_t now_s) {
  if (!order.tls_key.empty()) {
    const std::expected<Hash, std::string> of_key = pin_of_key(order.tls_key),
                                           of_certificate = pin_of_certificate(order.tls_certificate);
    if (!of_key) return std::unexpected(of_key.error());
    if (!of_certificate) return std::unexpected(of_certificate.error());
    if (*of_key != *of_certificate)
      return std::unexpected(fmt::format("{} is not the key of {}; give a pair that belongs together.", order.tls_key.string(),
                                         order.tls_certificate.string()));
    return Pins{*of_key, std::nullopt};
  }
  std::expected<std::string, std::string> key = make_tls_key(), next = make_tls_key();
  if (!key || !next) return std::unexpected(key ? next.error() : key.error());
  const std::expected<std::string, std::string> certificate = make_certificate(*key, order.hosts.front(), now_s);
  if (!certificate) return std::unexpected(certificate.error());
  std::expected<void, std::string> done = undo.put(files.tls_key, view(*key));
  if (done) done = undo.put(files.tls_key_next, view(*next));
  if (done) done = undo.put(files.tls_certificate, view(*certificate));
  wipe({reinterpret_cast<std::uint8_t*>(key->data()), key->size()});
  wipe({reinterpret_cast<std::uint8_t*>(next->data()), next->size()});
  if (!done) return std::unexpected(done.error());
  const std::expected<Hash, std::string> now = pin_of_key(files.tls_key), then = pin_of_key(files.tls_key_next);
  if (!now || !then) return std::unexpected(now ? then.error() : now.error());
  return Pins{*now, *then};
}

std::expected<void, std::string> check_order(const InitOrder& order, const std::filesystem::path& root) {
  if (std::expected<void, std::string> vacant = no_relay_in(order.data); !vacant) return vacant;
  std::error_code ignored;
  if (std::filesystem::exists(root, ignored))
    return std::unexpected(fmt::format(
        "{} is there already: the root of another relay? Nothing was changed; choose another file with --root.", root.string()));
  if (order.tls_key.empty() != order.tls_certificate.empty())
    return std::unexpected("Give both --tls-cert and --tls-key, or none of them.");
  for (const std::string& host : order.hosts)
    if (!is_host(host))
      return std::unexpected(
          "A host is a name or an IP address and nothing else: relay.example.org, without https://, port or path.");
  for (const std::filesystem::path& named : {order.data, order.tls_key, order.tls_certificate, order.decoy_site})
    if (named.string().find_first_of("\"\\\n\r\t") != std::string::npos)
      return std::unexpected("The name of a folder or file holds quotes, backslashes or line ends; choose a plainer one.");
  return {};
}

}  // namespace

std::string root_file_text(const SigningKey& root, const std::string& host) {
  std::string seed = base64url(root.seed());
  std::string text = fmt::format(
      "This is the root key of the Vigil relay {}.\n\n"
      "Move this file to a USB stick or paper that you keep at home, and delete it on the relay's machine.\n"
      "The relay does not need it to run. You need it every 90 days, for:\n\n"
      "  vigild certify --root THIS-FILE --config vigild.toml\n\n"
      "Whoever has it can pretend to be your relay towards its members, and can move them away from it.\n"
      "Whoever loses it can go on until members' apps warn them; then everybody has to join a new relay.\n\n"
      "{}{}\n",
      host, root_mark, seed);
  wipe({reinterpret_cast<std::uint8_t*>(seed.data()), seed.size()});
  return text;
}

std::expected<SigningKey, std::string> read_root(const std::filesystem::path& file) {
  const std::expected<SecretBytes, std::string> content = read_private(file);
  if (!content) return std::unexpected(content.error());
  const std::string_view all = text(content->view());
  const std::size_t at = all.find(root_mark);
  if (at != std::string_view::npos) {
    std::string_view word = all.substr(at + root_mark.size());
    word = word.substr(0, word.find_first_of(" \r\n"));
    std::optional<Bytes> seed = from_base64url(word);
    std::optional<SigningKey> root;
    if (seed) root = SigningKey::from_seed(*seed);
    if (seed) wipe(*seed);
    if (root) return std::move(*root);
  }
  return std::unexpected(
      fmt::format("{} holds no root key; give the file that `vigild init` made for offline keeping.", file.string()));
}

std::expected<Made, std::string> init_relay(const InitOrder& asked, std::uint64_t now_s) {
  InitOrder order = asked;
  order.data = without_slash(order.data);
  Made made{order.data / "vigild.toml", order.root.empty() ? std::filesystem::path(order.data.string() + "-root") : order.root};
  std::expected<void, std::string> done = check_order(order, made.root);
  if (!done) return std::unexpected(done.error());
  const std::string config_file = config_text(order, secret_paths(std::max(1u, order.paths)));
  const std::expected<Config, std::string> config = parse_config(config_file, made.config);
  if (!config) return std::unexpected(fmt::format("This would be no good configuration:\n{}", config.error()));

  Undo undo;
  const KeyFiles files(order.data);
  done = undo.make_folder(order.data);
  if (done) done = undo.make_folder(files.folder);
  if (!done) return std::unexpected(done.error());
  const std::expected<Pins, std::string> pins = make_tls(undo, order, files, now_s);
  if (!pins) return std::unexpected(pins.error());

  const SigningKey root = SigningKey::generate(), online = SigningKey::generate();
  const std::string certificate = certify_online_key(root, online.public_key(), now_s, online_days_max).SerializeAsString();
  const std::string routes = sign_routes(root, *config, *pins, nullptr, now_s).SerializeAsString();
  std::string root_text = root_file_text(root, order.hosts.front());
  done = undo.put(made.root, view(root_text));
  wipe({reinterpret_cast<std::uint8_t*>(root_text.data()), root_text.size()});
  if (done) done = undo.put(files.root, root.public_key().view());
  if (done) done = undo.put(files.online, online.seed());
  if (done) done = undo.put(files.certificate, view(certificate));
  if (done) done = undo.put(files.routes, view(routes));
  if (done) done = undo.put(made.config, view(config_file));  // last: a relay is there when its configuration is
  if (done) done = sync_all(order.data);
  if (done) done = sync_all(made.root.parent_path());  // perhaps a USB stick
  if (!done) return std::unexpected(done.error());
  undo.keep();
  return made;
}

namespace {

// The next key becomes the present one: members know its pin already.
std::expected<void, std::string> turn_tls_key(const Config& config, const KeyFiles& files, std::uint64_t now_s) {
  if (config.tls_key != files.tls_key || config.tls_certificate != files.tls_certificate)
    return std::unexpected("tls.key and tls.certificate are files of your own, so vigild does not change them.");
  const std::expected<SecretBytes, std::string> next = read_private(files.tls_key_next);
  if (!next) return std::unexpected(next.error());
  std::string pem(text(next->view()));
  const std::expected<std::string, std::string> certificate = make_certificate(pem, config.hosts.front(), now_s);
  wipe({reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()});
  std::expected<std::string, std::string> after = make_tls_key();
  if (!certificate || !after) return std::unexpected(certificate ? after.error() : certificate.error());
  std::expected<void, std::string> done = replace_private(files.tls_key, next->view());
  if (done) done = replace_private(files.tls_certificate, view(*certificate));
  if (done) done = replace_private(files.tls_key_next, view(*after));
  wipe({reinterpret_cast<std::uint8_t*>(after->data()), after->size()});
  return done;
}

}  // namespace

std::expected<void, std::string> certify(const CertifyOrder& order, std::uint64_t now_s) {
  const std::expected<Config, std::string> config = load_config(order.config);
  if (!config) return std::unexpected(config.error());
  const std::expected<SigningKey, std::string> root = read_root(order.root);
  if (!root) return std::unexpected(root.error());
  const KeyFiles files(config->data);
  const std::expected<PublicKey, std::string> ours = load_root(config->data);
  if (!ours) return std::unexpected(ours.error());
  if (*ours != root->public_key())
    return std::unexpected(fmt::format("{} is the root of another relay. Nothing was changed.", order.root.string()));

  std::expected<void, std::string> done = become_owner_of(config->data);
  if (done && order.next_tls_key) done = turn_tls_key(*config, files, now_s);
  if (!done) return done;
  const std::expected<Hash, std::string> now = pin_of_key(config->tls_key);
  if (!now) return std::unexpected(now.error());
  Pins pins{*now, std::nullopt};
  if (config->tls_key == files.tls_key)
    if (const std::expected<Hash, std::string> next = pin_of_key(files.tls_key_next); next) pins.next = *next;
  wire::RouteList before;
  const std::expected<Bytes, std::string> last = read_file(files.routes);
  if (!last || !before.ParseFromArray(last->data(), static_cast<int>(last->size())))
    return std::unexpected(
        fmt::format("{} is missing or damaged, so the next serial is not known; restore it from a copy.", files.routes.string()));
  const std::string routes = sign_routes(*root, *config, pins, &before, now_s).SerializeAsString();
  if (order.new_online_key) {
    // One file holds the seed, another its certificate; a start between the two says so and certify heals it.
    const SigningKey online = SigningKey::generate();
    const std::string certificate = certify_online_key(*root, online.public_key(), now_s, order.days).SerializeAsString();
    done = replace_private(files.online, online.seed());
    if (done) done = replace_private(files.certificate, view(certificate));
  }
  if (done) done = replace_private(files.routes, view(routes));
  return done;
}

}  // namespace vigil::server

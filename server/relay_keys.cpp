// The relay's keys: reading them, and the two things the root signs.
#include "server/relay_keys.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/signed.hpp"
#include "server/private_file.hpp"

namespace vigil::server {
namespace {

constexpr std::uint64_t day_s = 86'400;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* made) const {
    Free(made);
  }
};
using File = std::unique_ptr<std::FILE, Freed<&std::fclose>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<&X509_free>>;

template <class Message>
std::expected<Message, std::string> read_message(const std::filesystem::path& file) {
  const std::expected<Bytes, std::string> bytes = read_file(file);
  if (!bytes) return std::unexpected(bytes.error());
  Message message;
  if (!message.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
    return std::unexpected(
        fmt::format("{} is damaged; restore it from a copy, or renew it with `vigild certify`.", file.string()));
  return message;
}

std::int64_t days_between(std::uint64_t now_s, std::uint64_t end_s) {
  const auto days = static_cast<std::int64_t>((end_s < now_s ? now_s - end_s : end_s - now_s) / day_s);
  return end_s < now_s ? -days : days;
}

std::string as_string(View bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Hash pin_of_public_key(EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const int length = i2d_PUBKEY(key, &encoded);
  Hash out;
  if (length > 0) EVP_Digest(encoded, static_cast<std::size_t>(length), out.bytes.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(encoded);
  return out;
}

KeyFiles::KeyFiles(const std::filesystem::path& data)
    : folder(data / "keys"),
      online(folder / "online.seed"),
      certificate(folder / "online.certificate"),
      root(folder / "root.public"),
      routes(folder / "routes"),
      tls_key(folder / "tls.key"),
      tls_certificate(folder / "tls.crt"),
      tls_key_next(folder / "tls-next.key") {}

Signature RelayKeys::sign_greeting(const Exporter& exporter, const Challenge& challenge) const {
  return vigil::sign_greeting(online, Binding{root, exporter}, challenge);
}

std::int64_t RelayKeys::days_left(std::uint64_t now_s) const {
  return days_between(now_s, certificate.not_after_s());
}

std::int64_t RelayKeys::routes_days_left(std::uint64_t now_s) const {
  wire::RouteListBody body;
  return body.ParseFromString(routes.body()) ? days_between(now_s, body.not_after_s()) : 0;
}

std::expected<PublicKey, std::string> load_root(const std::filesystem::path& data) {
  const KeyFiles files(data);
  const std::expected<Bytes, std::string> bytes = read_file(files.root);
  if (!bytes) return std::unexpected(bytes.error() + " A relay is made with `vigild init`.");
  const auto root = PublicKey::from(*bytes);
  if (!root) return std::unexpected(fmt::format("{} is damaged; restore it from a copy.", files.root.string()));
  return *root;
}

std::expected<RelayKeys, std::string> load_relay_keys(const std::filesystem::path& data) {
  const KeyFiles files(data);
  const std::expected<PublicKey, std::string> root = load_root(data);
  if (!root) return std::unexpected(root.error());
  const std::expected<SecretBytes, std::string> seed = read_private(files.online);
  if (!seed) return std::unexpected(seed.error());
  std::optional<SigningKey> online = SigningKey::from_seed(seed->view());
  if (!online) return std::unexpected(fmt::format("{} is damaged; renew it with `vigild certify`.", files.online.string()));
  std::expected<wire::RootCertificate, std::string> certificate = read_message<wire::RootCertificate>(files.certificate);
  if (!certificate) return std::unexpected(certificate.error());
  if (!verify_online_key(*root, *certificate) || certificate->online_key() != as_string(online->public_key().view()))
    return std::unexpected(fmt::format("{} does not certify the online key for this root; renew both with `vigild certify`.",
                                       files.certificate.string()));
  std::expected<wire::RouteList, std::string> routes = read_message<wire::RouteList>(files.routes);
  if (!routes) return std::unexpected(routes.error());
  wire::RouteListBody body;
  const auto signature = Signature::from(view(routes->signature()));
  if (!signature || !verify(*root, *signature, labels::routes, {view(routes->body())}) || !body.ParseFromString(routes->body()))
    return std::unexpected(fmt::format("{} is not signed by this root; renew it with `vigild certify`.", files.routes.string()));
  return RelayKeys{*root, std::move(*online), std::move(*certificate), std::move(*routes), body.serial()};
}

wire::RootCertificate certify_online_key(const SigningKey& root, const PublicKey& online, std::uint64_t now_s, unsigned days) {
  wire::RootCertificate certificate;
  certificate.set_online_key(as_string(online.view()));
  certificate.set_not_before_s(now_s);
  certificate.set_not_after_s(now_s + std::min(days, online_days_max) * day_s);
  sign_online_key(root, certificate);
  return certificate;
}

wire::RouteList sign_routes(const SigningKey& root, const Config& config, const Pins& pins, const wire::RouteList* before,
                            std::uint64_t now_s) {
  wire::RouteListBody body;
  body.set_root(as_string(root.public_key().view()));
  body.set_serial(1);
  wire::RouteListBody last;
  if (before != nullptr && last.ParseFromString(before->body())) {
    body.set_serial(last.serial() + 1);
    body.set_before(as_string(hash(labels::routes, {view(before->body())}).view()));
  }
  body.set_not_after_s(now_s + routes_days * day_s);
  for (const std::string& host : config.hosts) {
    for (const std::string& path : config.paths) {
      wire::Route& route = *body.add_routes();
      route.set_host(host);
      route.set_port(config.public_port);
      route.set_path(path);
      route.set_pin(as_string(pins.now.view()));
      if (pins.next) route.set_pin_next(as_string(pins.next->view()));
      route.set_server_name(config.server_name);
    }
  }
  wire::RouteList list;
  list.set_body(body.SerializeAsString());
  list.set_signature(as_string(root.sign(labels::routes, {view(list.body())}).view()));
  return list;
}

std::expected<Hash, std::string> pin_of_certificate(const std::filesystem::path& file) {
  const File opened(std::fopen(file.c_str(), "re"));
  if (!opened) return std::unexpected(fmt::format("{} cannot be read.", file.string()));
  const Certificate certificate(PEM_read_X509(opened.get(), nullptr, nullptr, nullptr));
  if (!certificate) return std::unexpected(fmt::format("{} holds no certificate in PEM form.", file.string()));
  return pin_of_public_key(X509_get0_pubkey(certificate.get()));
}

std::expected<Hash, std::string> pin_of_key(const std::filesystem::path& file) {
  const File opened(std::fopen(file.c_str(), "re"));
  if (!opened) return std::unexpected(fmt::format("{} cannot be read.", file.string()));
  char none[] = "";
  const Key key(
      PEM_read_PrivateKey(opened.get(), nullptr, nullptr, none));  // an encrypted key is refused, nobody is there to type
  if (!key) return std::unexpected(fmt::format("{} holds no unencrypted private key in PEM form.", file.string()));
  return pin_of_public_key(key.get());
}

}  // namespace vigil::server

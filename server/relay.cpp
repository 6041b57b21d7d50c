#include "server/relay.hpp"

namespace vigil::server {

std::expected<std::shared_ptr<const Serving>, std::string> make_serving(const Config& config,
                                                                        std::shared_ptr<const RelayKeys> keys,
                                                                        const Serving* before) {
  std::expected<TlsContext, std::string> tls = make_tls_context({.key = config.tls_key, .certificate = config.tls_certificate});
  if (!tls) return std::unexpected(tls.error());
  std::expected<std::shared_ptr<Decoy>, std::string> decoy = make_decoy(config);
  if (!decoy) return std::unexpected(decoy.error());
  std::shared_ptr<AddressFloods> floods;
  if (before != nullptr && before->limits == config.limits)
    floods = before->floods;
  else
    floods = std::make_shared<AddressFloods>(config.limits);
  return std::make_shared<const Serving>(Serving{.limits = config.limits,
                                                 .paths = SecretPaths(config.paths),
                                                 .tls = std::move(*tls),
                                                 .decoy = std::move(*decoy),
                                                 .keys = std::move(keys),
                                                 .floods = std::move(floods)});
}

}  // namespace vigil::server

// The relay's keys and its certificate: whether they are there, belong together, and for how long they hold.
#include <fmt/format.h>

#include "crypto/base/encoding.hpp"
#include "server/doctor/findings.hpp"
#include "server/relay_keys.hpp"
#include "server/tls_files.hpp"

namespace vigil::server {
namespace {

constexpr std::int64_t day_s = 86'400, soon_days = 14;
constexpr const char* with_root = "Fetch the root and run: vigild certify --root FILE; then systemctl reload vigild";

}  // namespace

void look_at_keys(const Patient& patient, Findings& found) {
  const std::expected<RelayKeys, std::string> keys = load_relay_keys(patient.config.data);
  if (!keys) return found.wrong("keys", "The relay's keys: " + keys.error(), "Until they are mended the relay does not start.");
  if (patient.now_s + 3600 < keys->certificate.not_before_s())
    found.wrong("clock", "The clock of this machine is wrong: it shows a time before this relay's keys were made.",
                "Set it (timedatectl set-ntp true), then: systemctl restart vigild. Alerts go by it");
  const std::int64_t online = keys->days_left(patient.now_s), routes = keys->routes_days_left(patient.now_s);
  if (patient.now_s > keys->certificate.not_after_s())
    found.wrong("online-key", fmt::format("The online key ended {} days ago; members are warned of this relay.", -online),
                with_root);
  else if (online < soon_days)
    found.wrong("online-key", fmt::format("The online key ends in {} days; then members are warned of this relay.", online),
                with_root);
  if (routes < soon_days)
    found.wrong("route-list", fmt::format("The route list ends in {} days.", std::max<std::int64_t>(0, routes)), with_root);

  const std::expected<Hash, std::string> pin = pin_of_key(patient.config.tls_key);
  wire::RouteListBody body;
  if (!pin || !body.ParseFromString(keys->routes.body())) return;
  const std::string_view ours = text(pin->view());
  if (!std::ranges::all_of(body.routes(),
                           [ours](const wire::Route& route) { return route.pin() == ours || route.pin_next() == ours; }))
    found.wrong("pin", "The TLS key is not the one in the route list: members refuse this relay.",
                "Put the old key back into tls.key (certbot: --reuse-key), or run: vigild certify --root FILE");
}

void look_at_certificate(const Patient& patient, Findings& found) {
  const Config& config = patient.config;
  const std::expected<Hash, std::string> of_key = pin_of_key(config.tls_key);
  const std::expected<Hash, std::string> of_certificate = pin_of_certificate(config.tls_certificate);
  const std::expected<CertificateFacts, std::string> facts = certificate_facts(config.tls_certificate);
  const auto now = static_cast<std::int64_t>(patient.now_s);
  const char* renew = "Renew it with the same key (certbot: --reuse-key), then: systemctl reload vigild";
  if (!of_key)
    found.wrong("tls-key", "The TLS key: " + of_key.error(), "Point [tls] key at a PEM file that the relay's user can read");
  if (!of_certificate || !facts)
    found.wrong("certificate-unreadable", "The certificate: " + (of_certificate ? facts.error() : of_certificate.error()),
                "Point [tls] certificate at a PEM file that the relay's user can read");
  if (of_key && of_certificate && *of_key != *of_certificate)
    found.wrong("certificate-key", "The TLS key and the certificate do not belong together; the relay would not start.",
                "Point [tls] key and certificate at a pair");
  if (!facts) return;
  if (facts->until_s <= now)
    found.wrong("certificate-expired", fmt::format("The certificate ended {} days ago.", (now - facts->until_s) / day_s), renew);
  else if (facts->until_s < now + soon_days * day_s)
    found.wrong("certificate-soon", fmt::format("The certificate ends in {} days.", (facts->until_s - now) / day_s), renew);
  else if (facts->from_s > now + day_s)
    found.wrong("certificate-early", "The certificate is not valid yet: it is new, or this machine's clock is wrong.",
                "Look at the clock first: timedatectl");
}

}  // namespace vigil::server

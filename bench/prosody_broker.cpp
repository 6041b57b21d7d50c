// Prosody, with XMPP over its WebSockets; its settings, with the reason of each that matters. bench/RESULTS.md names them too.
#include <fmt/format.h>

#include <filesystem>

#include "loopback.hpp"
#include "xmpp_service.hpp"

namespace vigil::bench {
namespace {

constexpr const char* password = "load";

// Offline messages and accounts are files, as installed (written, not synced). Passwords are kept as they are: no hashing at a
// login. Only what a load needs is loaded.
constexpr const char* settings = R"(run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ error = "{folder}/prosody.log" }}
modules_enabled = {{ "saslauth", "ping", "smacks", "websocket" }}
modules_disabled = {{ "s2s" }}
authentication = "internal_plain"
storage = "internal"
c2s_ports = {{}}
c2s_direct_tls_ports = {{}}
http_ports = {{}}
https_ports = {{ {port} }}
https_interfaces = {{ "127.0.0.1" }}
https_ssl = {{ certificate = "{certificate}", key = "{key}", protocol = "tlsv1_3" }}
consider_websocket_secure = true
VirtualHost "localhost"
Component "pubsub.localhost" "pubsub"
  admins = {{ "sender@localhost" }}
)";

}  // namespace

std::unique_ptr<Service> start_prosody() {
  auto broker = std::make_unique<Broker>();
  using fmt::arg;
  const auto config = broker->write(
      "prosody.cfg.lua", fmt::format(settings, arg("folder", broker->folder().string()), arg("port", broker->port()),
                                     arg("certificate", broker->certificate().string()), arg("key", broker->key().string())));
  std::filesystem::create_directories(broker->folder() / "data/localhost/accounts");
  broker->start({"prosody", "-F", "--config", config.string()}, {}, 30);
  const Broker& at = *broker;
  return serve_xmpp({std::move(broker), "/xmpp-websocket", password, [&at](const std::string& account) {
                       // As prosodyctl would write it, which takes half a second for each.
                       at.write(fmt::format("data/localhost/accounts/{}.dat", account),
                                fmt::format("return {{ [\"password\"] = \"{}\" }};\n", password));
                     }});
}

}  // namespace vigil::bench

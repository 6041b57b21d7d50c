// Who listens at the relay's addresses, and whose key a member would see there. Talks to this machine and to the relay's own
// name, as a stranger does: a handshake, and not one byte more.
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/doctor/findings.hpp"
#include "server/relay_keys.hpp"

namespace vigil::server {
namespace {

constexpr int patience_ms = 5000;

struct Resolved {
  ~Resolved() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
  addrinfo* first = nullptr;
};

class Socket {
 public:
  explicit Socket(int family) : number_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* made) const {
    Free(made);
  }
};
using Context = std::unique_ptr<SSL_CTX, Freed<&SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Freed<&SSL_free>>;
using Certificate = std::unique_ptr<X509, Freed<&X509_free>>;

enum class Met { nobody, no_tls, tls };
struct Shown {
  Met met = Met::nobody;
  std::optional<Hash> pin;
};

bool connects(int socket, const addrinfo& to) {
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
  if (::connect(socket, to.ai_addr, to.ai_addrlen) != 0) {
    pollfd ready{socket, POLLOUT, 0};
    int error = errno;
    socklen_t length = sizeof error;
    if (error != EINPROGRESS || ::poll(&ready, 1, patience_ms) != 1) return false;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) return false;
  }
  ::fcntl(socket, F_SETFL, 0);
  const timeval patience{patience_ms / 1000, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return true;
}

// The key that is shown at this place to who asks for 'name'.
Shown shown_at(const std::string& host, std::uint16_t port, const std::string& name) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  Resolved resolved;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &resolved.first) != 0) return {};
  const Socket socket(resolved.first->ai_family);
  if (socket.number() < 0 || !connects(socket.number(), *resolved.first)) return {};
  const Context context(SSL_CTX_new(TLS_client_method()));
  const Ssl ssl(context ? SSL_new(context.get()) : nullptr);
  if (!ssl || SSL_set_fd(ssl.get(), socket.number()) != 1) return {Met::no_tls, {}};
  SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  if (SSL_connect(ssl.get()) != 1) return {Met::no_tls, {}};
  const Certificate certificate(SSL_get1_peer_certificate(ssl.get()));
  if (!certificate) return {Met::no_tls, {}};
  return {Met::tls, pin_of_public_key(X509_get0_pubkey(certificate.get()))};
}

// Every address of the machine is tried at its loopback one.
std::string reached_at(const ListenAt& listen) {
  return listen.address == "0.0.0.0" ? "127.0.0.1" : listen.address == "::" ? "::1" : listen.address;
}

std::string shown_text(const ListenAt& listen) {
  const bool six = listen.address.find(':') != std::string::npos;
  return (six ? "[" + listen.address + "]" : listen.address) + ":" + std::to_string(listen.port);
}

// What binding says, as the relay would do it: 0, or why not.
int why_not_bound(const ListenAt& listen) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICHOST;
  Resolved resolved;
  if (::getaddrinfo(listen.address.c_str(), std::to_string(listen.port).c_str(), &wanted, &resolved.first) != 0) return 0;
  const Socket socket(resolved.first->ai_family);
  const int on = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (resolved.first->ai_family == AF_INET6) ::setsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (socket.number() < 0 || ::bind(socket.number(), resolved.first->ai_addr, resolved.first->ai_addrlen) != 0) return errno;
  return ::listen(socket.number(), 1) == 0 ? 0 : errno;
}

void look_while_down(const ListenAt& listen, Findings& found) {
  const int why = why_not_bound(listen);
  if (why == EADDRINUSE)
    found.wrong("port-taken", fmt::format("Another program listens at {}: the relay cannot start.", shown_text(listen)),
                fmt::format("ss -ltnp 'sport = :{}' names it; stop it, or give the relay another port in [listen]", listen.port));
  if (why == EADDRNOTAVAIL)
    found.wrong("address-absent", fmt::format("{} is no address of this machine: the relay cannot start.", shown_text(listen)),
                "ip address lists what there is; mend [listen] addresses");
}

void look_while_up(const ListenAt& listen, const Config& config, const Hash& ours, Findings& found) {
  const Shown shown =
      shown_at(reached_at(listen), listen.port, config.server_name.empty() ? config.hosts.front() : config.server_name);
  if (shown.met == Met::nobody)
    found.wrong("port-closed", fmt::format("The relay runs, but nobody answers at {}.", shown_text(listen)),
                "If [listen] was changed: systemctl restart vigild. Otherwise look at this machine's firewall: nft list ruleset");
  else if (shown.met == Met::no_tls)
    found.wrong("no-tls", fmt::format("What answers at {} speaks no TLS: it is not the relay.", shown_text(listen)),
                fmt::format("ss -ltnp 'sport = :{}' names it", listen.port));
  else if (shown.pin != ours)
    found.wrong(
        "key-differs", fmt::format("At {} another key is shown than that of [tls] key.", shown_text(listen)),
        "If it was changed: systemctl reload vigild. Otherwise something before the relay ends TLS: make it pass through");
}

void look_from_outside(const Config& config, const Hash& ours, Findings& found) {
  for (const std::string& host : config.hosts) {
    if (host.ends_with(".onion")) continue;
    const Shown shown = shown_at(host, config.public_port, config.server_name.empty() ? host : config.server_name);
    if (shown.met == Met::nobody)
      found.advice("not-reached", fmt::format("From this machine, {}:{} cannot be reached.", host, config.public_port),
                   "Try it from elsewhere: behind a port forward this may be so. Otherwise: DNS, firewall, the forward");
    else if (shown.pin != ours)
      found.wrong("proxy-ends-tls",
                  fmt::format("At {}:{}, where members go, another key is shown than the relay's: they refuse it. Something in "
                              "between ends TLS.",
                              host, config.public_port),
                  "Make the proxy pass connections through unopened (nginx: stream, HAProxy: mode tcp), or take it away");
  }
}

}  // namespace

void look_at_ports(const Patient& patient, Findings& found) {
  const Config& config = patient.config;
  const std::expected<Hash, std::string> ours = pin_of_certificate(config.tls_certificate);
  for (const ListenAt& listen : config.listen) {
    if (!patient.running)
      look_while_down(listen, found);
    else if (ours)
      look_while_up(listen, config, *ours, found);
  }
  if (patient.running && ours) look_from_outside(config, *ours, found);
}

}  // namespace vigil::server

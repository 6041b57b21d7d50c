// A relay that does what a test says, over real TLS on 127.0.0.1: for the client's edge, against peers that no honest relay would
// be. Lives on the test's own io_context and thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/routes.hpp"
#include "crypto/base/signed.hpp"
#include "proto/wire.pb.h"

namespace vigil::client::testing {

namespace asio = boost::asio;

// A TLS key with a certificate, in memory. With a CA, signed by it; else by itself.
struct TlsIdentity {
  static TlsIdentity make(const std::string& name, const TlsIdentity* ca = nullptr);
  std::string key_pem, certificate_pem;
  Hash pin;
};

struct RelayKeys {
  static RelayKeys make(std::uint64_t not_after_s = 4'000'000'000);
  SigningKey root, online;
  wire::RootCertificate certificate;
};

// One WebSocket, as the relay sees it.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual asio::awaitable<std::optional<Bytes>> read() = 0;  // nothing: closed
  virtual asio::awaitable<bool> send(std::string bytes) = 0;
  virtual asio::awaitable<bool> send_text(std::string text) = 0;
  virtual const Exporter& exporter() const = 0;

  asio::awaitable<bool> send(const wire::RelayFrame& frame);
  asio::awaitable<std::optional<wire::ClientFrame>> read_frame();
};

using Script = std::function<asio::awaitable<void>(Peer&)>;
struct HttpAnswer {
  unsigned status = 200;
  std::string body;
};
using PostScript = std::function<HttpAnswer(const wire::Post&)>;

class ScriptedRelay {
 public:
  ScriptedRelay(asio::io_context& io, TlsIdentity tls);
  ~ScriptedRelay();
  std::uint16_t port() const;
  const Hash& pin() const;

  Script on_websocket;  // unset: the upgrade is answered 404
  PostScript on_post;   // unset: 404
  bool silent = false;  // accepts TCP and says nothing: a throttled handshake

  std::size_t connections = 0;        // TCP
  std::size_t handshakes = 0;         // TLS, completed on our side
  std::size_t application_bytes = 0;  // decrypted bytes that came
  std::vector<std::string> server_names;
  std::vector<std::string> heads;  // request lines and Host
  std::vector<bool> resumed;

 private:
  struct Inside;
  std::shared_ptr<Inside> inside_;
};

wire::Route route_to(const ScriptedRelay& relay, const std::string& path = "/secret");
wire::RouteList sign_routes(const SigningKey& root, const std::vector<wire::Route>& routes, std::uint64_t serial = 1,
                            const wire::RouteList* before = nullptr);
Routes routes_to(const RelayKeys& keys, const std::vector<wire::Route>& routes);

// The smallest capability request, and the answer of a relay that says yes to whatever comes.
wire::Request probe();
HttpAnswer all_done(const wire::Post& post);

// An honest greeting for this connection.
wire::RelayFrame greeting(const RelayKeys& keys, const Exporter& exporter, const Challenge& challenge);
// Greets honestly and answers the proof; false when the client did not prove or was wrong.
asio::awaitable<bool> greet_and_prove(Peer& peer, const RelayKeys& keys);

// Runs the io_context until 'task' is done; nothing after 'limit' (a hang is a failure, not a wait).
template <class T>
std::optional<T> run(asio::io_context& io, asio::awaitable<T> task, std::chrono::seconds limit = std::chrono::seconds(20)) {
  std::optional<T> result;
  std::exception_ptr thrown;
  asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& failed, T value) {
    thrown = failed;
    if (!failed) result.emplace(std::move(value));
  });
  const auto until = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!result && !thrown && std::chrono::steady_clock::now() < until) io.run_one_for(std::chrono::milliseconds(100));
  if (thrown) std::rethrow_exception(thrown);
  return result;
}

}  // namespace vigil::client::testing

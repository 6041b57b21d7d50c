// TLS, WebSocket and HTTP of the scripted relay. The only test file of this folder that includes Beast.
#include "tests/unit/client/scripted_relay.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::client::testing {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using Tls = asio::ssl::stream<tcp::socket>;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

std::string as_string(View bytes) {
  return std::string(text(bytes));
}

template <class Write>
std::string pem(Write write) {
  BIO* const out = BIO_new(BIO_s_mem());
  write(out);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(out, &data);
  std::string made(data, static_cast<std::size_t>(bytes));
  BIO_free(out);
  return made;
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TlsIdentity TlsIdentity::make(const std::string& name, const TlsIdentity* ca) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), static_cast<long>(random_below(1'000'000'000)) + 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const subject = X509_get_subject_name(certificate);
  const auto* const common = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common, -1, -1, 0);
  EVP_PKEY* signer = key;
  X509* issuer = nullptr;
  if (ca != nullptr) {
    BIO* const key_in = BIO_new_mem_buf(ca->key_pem.data(), static_cast<int>(ca->key_pem.size()));
    BIO* const cert_in = BIO_new_mem_buf(ca->certificate_pem.data(), static_cast<int>(ca->certificate_pem.size()));
    signer = PEM_read_bio_PrivateKey(key_in, nullptr, nullptr, nullptr);
    issuer = PEM_read_bio_X509(cert_in, nullptr, nullptr, nullptr);
    BIO_free(key_in);
    BIO_free(cert_in);
    add_extension(certificate, NID_subject_alt_name, ("DNS:" + name + ",IP:127.0.0.1").c_str());
  } else {
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  }
  X509_set_issuer_name(certificate, issuer != nullptr ? X509_get_subject_name(issuer) : subject);
  X509_sign(certificate, signer, EVP_sha256());

  TlsIdentity made;
  made.key_pem = pem([&](BIO* out) { PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  made.certificate_pem = pem([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
  unsigned char* spki = nullptr;
  const int bytes = i2d_PUBKEY(key, &spki);
  EVP_Digest(spki, static_cast<std::size_t>(bytes), made.pin.bytes.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(spki);
  if (issuer != nullptr) {
    EVP_PKEY_free(signer);
    X509_free(issuer);
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

RelayKeys RelayKeys::make(std::uint64_t not_after_s) {
  RelayKeys keys{SigningKey::generate(), SigningKey::generate(), {}};
  keys.certificate.set_online_key(as_string(keys.online.public_key().view()));
  keys.certificate.set_not_before_s(1);
  keys.certificate.set_not_after_s(not_after_s);
  sign_online_key(keys.root, keys.certificate);
  return keys;
}

asio::awaitable<bool> Peer::send(const wire::RelayFrame& frame) {
  return send(frame.SerializeAsString());
}

asio::awaitable<std::optional<wire::ClientFrame>> Peer::read_frame() {
  const std::optional<Bytes> bytes = co_await read();
  wire::ClientFrame frame;
  if (!bytes || !frame.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) co_return std::nullopt;
  co_return frame;
}

namespace {

class WebSocketPeer final : public Peer {
 public:
  explicit WebSocketPeer(Tls tls) : stream(std::move(tls)) {
    SSL_export_keying_material(stream.next_layer().native_handle(), exporter_.bytes.data(), exporter_.bytes.size(),
                               labels::tls_exporter.data(), labels::tls_exporter.size(), nullptr, 0, 0);
    stream.binary(true);
    stream.auto_fragment(false);
    stream.read_message_max(1 << 20);
  }
  asio::awaitable<std::optional<Bytes>> read() override {
    beast::flat_buffer buffer;
    const auto [error, count] = co_await stream.async_read(buffer, as_values);
    if (error) co_return std::nullopt;
    const auto* const data = static_cast<const std::uint8_t*>(buffer.data().data());
    co_return Bytes(data, data + count);
  }
  asio::awaitable<bool> send(std::string bytes) override {
    const auto [error, count] = co_await stream.async_write(asio::buffer(bytes), as_values);
    co_return !error;
  }
  asio::awaitable<bool> send_text(std::string words) override {
    stream.text(true);
    const auto [error, count] = co_await stream.async_write(asio::buffer(words), as_values);
    stream.binary(true);
    co_return !error;
  }
  const Exporter& exporter() const override { return exporter_; }

  websocket::stream<Tls> stream;

 private:
  Exporter exporter_;
};

}  // namespace

struct ScriptedRelay::Inside {
  Inside(asio::io_context& io, TlsIdentity identity, ScriptedRelay& relay)
      : executor(io.get_executor()),
        tls(std::move(identity)),
        context(asio::ssl::context::tls_server),
        acceptor(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
        owner(&relay) {
    context.use_certificate_chain(asio::buffer(tls.certificate_pem));
    context.use_private_key(asio::buffer(tls.key_pem), asio::ssl::context::pem);
  }

  asio::any_io_executor executor;
  TlsIdentity tls;
  asio::ssl::context context;
  tcp::acceptor acceptor;
  ScriptedRelay* owner;

  static asio::awaitable<void> accept(std::shared_ptr<Inside> self) {
    for (;;) {
      auto [error, socket] = co_await self->acceptor.async_accept(as_values);
      if (error || self->owner == nullptr) co_return;
      ++self->owner->connections;
      asio::co_spawn(self->executor, serve(self, std::move(socket)),
                     asio::detached);  // detached: a test's peer ends with its io_context
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Inside> self, tcp::socket socket) {
    if (self->owner->silent) {
      asio::steady_timer forever(self->executor, std::chrono::hours(1));
      [[maybe_unused]] const auto [woken] = co_await forever.async_wait(as_values);
      co_return;
    }
    Tls tls(std::move(socket), self->context);
    const auto [failed] = co_await tls.async_handshake(asio::ssl::stream_base::server, as_values);
    const char* const name = SSL_get_servername(tls.native_handle(), TLSEXT_NAMETYPE_host_name);
    self->owner->server_names.emplace_back(name == nullptr ? "" : name);
    if (failed) co_return;
    ++self->owner->handshakes;
    self->owner->resumed.push_back(SSL_session_reused(tls.native_handle()) == 1);

    beast::flat_buffer buffer;
    http::request_parser<http::string_body> parser;
    parser.body_limit(1 << 20);
    const auto [unread, bytes] = co_await http::async_read(tls, buffer, parser, as_values);
    self->owner->application_bytes += bytes;
    if (unread) co_return;
    const http::request<http::string_body>& request = parser.get();
    self->owner->heads.push_back(std::string(request.target()) + " " + std::string(request[http::field::host]));
    if (websocket::is_upgrade(request) && self->owner->on_websocket) {
      WebSocketPeer peer(std::move(tls));
      const auto [refused] = co_await peer.stream.async_accept(request, as_values);
      if (refused) co_return;
      const Script script = self->owner->on_websocket;  // a test may set another while this one still runs
      co_await script(peer);
      co_return;
    }
    http::response<http::string_body> response(http::status::not_found, 11);
    wire::Post post;
    if (request.method() == http::verb::post && self->owner->on_post && post.ParseFromString(request.body())) {
      HttpAnswer answer = self->owner->on_post(post);
      response.result(answer.status);
      response.body() = std::move(answer.body);
    }
    response.prepare_payload();
    [[maybe_unused]] const auto [unsent, sent] = co_await http::async_write(tls, response, as_values);
  }
};

ScriptedRelay::ScriptedRelay(asio::io_context& io, TlsIdentity tls)
    : inside_(std::make_shared<Inside>(io, std::move(tls), *this)) {
  asio::co_spawn(io, Inside::accept(inside_), asio::detached);  // detached: a test's peer ends with its io_context
}
ScriptedRelay::~ScriptedRelay() {
  inside_->acceptor.close();
  inside_->owner = nullptr;
}
std::uint16_t ScriptedRelay::port() const {
  return inside_->acceptor.local_endpoint().port();
}
const Hash& ScriptedRelay::pin() const {
  return inside_->tls.pin;
}

wire::Route route_to(const ScriptedRelay& relay, const std::string& path) {
  wire::Route route;
  route.set_host("127.0.0.1");
  route.set_port(relay.port());
  route.set_path(path);
  route.set_pin(as_string(relay.pin().view()));
  return route;
}

wire::RouteList sign_routes(const SigningKey& root, const std::vector<wire::Route>& routes, std::uint64_t serial,
                            const wire::RouteList* before) {
  wire::RouteListBody body;
  body.set_root(as_string(root.public_key().view()));
  body.set_serial(serial);
  if (before != nullptr) body.set_before(as_string(hash(labels::routes, {view(before->body())}).view()));
  body.set_not_after_s(4'000'000'000);
  for (const wire::Route& route : routes) *body.add_routes() = route;
  wire::RouteList list;
  list.set_body(body.SerializeAsString());
  list.set_signature(as_string(root.sign(labels::routes, {view(list.body())}).view()));
  return list;
}

Routes routes_to(const RelayKeys& keys, const std::vector<wire::Route>& routes) {
  return Routes::verify(sign_routes(keys.root, routes), keys.root.public_key()).value();
}

wire::Request probe() {
  wire::Request request;
  request.mutable_probe()->set_address(std::string(32, 'a'));
  return request;
}

HttpAnswer all_done(const wire::Post& post) {
  wire::PostAnswer answers;
  for (const wire::Request& request : post.requests()) {
    wire::Answer& answer = *answers.add_answers();
    answer.set_id(request.id());
    answer.set_status(wire::DONE);
  }
  return {200, answers.SerializeAsString()};
}

wire::RelayFrame greeting(const RelayKeys& keys, const Exporter& exporter, const Challenge& challenge) {
  wire::RelayFrame frame;
  wire::Greeting& greeting = *frame.mutable_greeting();
  greeting.set_version(limits::protocol_version);
  greeting.set_challenge(as_string(challenge.view()));
  *greeting.mutable_online() = keys.certificate;
  greeting.set_signature(as_string(sign_greeting(keys.online, Binding{keys.root.public_key(), exporter}, challenge).view()));
  greeting.set_keepalive_s(240);
  greeting.set_now_s(1'800'000'000);
  return frame;
}

asio::awaitable<bool> greet_and_prove(Peer& peer, const RelayKeys& keys) {
  const Challenge challenge = random_id<Challenge>();
  const bool greeted = co_await peer.send(greeting(keys, peer.exporter(), challenge));
  if (!greeted) co_return false;
  const std::optional<wire::ClientFrame> frame = co_await peer.read_frame();
  if (!frame || frame->requests_size() != 1 || !frame->requests(0).has_prove()) co_return false;
  const wire::Prove& prove = frame->requests(0).prove();
  const std::optional<PublicKey> owner = PublicKey::from(view(prove.owner_key()));
  const std::optional<Signature> signature = Signature::from(view(prove.signature()));
  if (!owner || !signature || !verify_proof(*owner, *signature, Binding{keys.root.public_key(), peer.exporter()}, challenge))
    co_return false;
  wire::RelayFrame answer;
  wire::Answer& done = *answer.add_answers();
  done.set_id(frame->requests(0).id());
  done.set_status(wire::DONE);
  const bool answered = co_await peer.send(answer);
  co_return answered;
}

}  // namespace vigil::client::testing

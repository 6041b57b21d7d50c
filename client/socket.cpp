// The only file of the client that includes Beast.
#include "client/socket.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"

namespace vigil::client {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
namespace ssl = asio::ssl;
using boost::system::error_code;
using Tls = ssl::stream<beast::tcp_stream>;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

// What the verify callback needs and what it found. Lives beside the TLS context of its one connection.
struct Pins {
  std::vector<Hash> accepted;
  bool refused = false;
};

// Stands in for OpenSSL's whole chain verification: the key is one of the pinned ones, or the handshake ends here.
int verify_pin(X509_STORE_CTX* store, void* argument) {
  Pins& pins = *static_cast<Pins*>(argument);
  Hash found;
  unsigned int length = 0;
  X509* const leaf = X509_STORE_CTX_get0_cert(store);
  unsigned char* spki = nullptr;
  const int spki_bytes = leaf == nullptr ? 0 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);
  bool good = spki_bytes > 0 &&
              EVP_Digest(spki, static_cast<std::size_t>(spki_bytes), found.bytes.data(), &length, EVP_sha256(), nullptr) == 1 &&
              length == Hash::length;
  OPENSSL_free(spki);
  bool pinned = false;
  for (const Hash& accepted : pins.accepted) pinned = pinned || found == accepted;
  good = good && pinned;
  pins.refused = !good;
  X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
  return good ? 1 : 0;
}

// A context for one connection: TLS 1.3 only, no tickets, no cache, no store of roots.
void prepare(ssl::context& context, Pins& pins) {
  SSL_CTX* const raw = context.native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(raw, verify_pin, &pins);
  static constexpr unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(raw, http11, sizeof http11);
}

// What an error of the network says. Anything odd in TLS or HTTP after the pin was right is another protocol.
Fault fault_of(const error_code& failed) {
  if (failed == beast::error::timeout || failed == asio::error::timed_out) return Fault::timed_out;
  if (failed == asio::error::operation_aborted) return Fault::stopped;
  if (failed == websocket::error::upgrade_declined) return Fault::not_a_relay;
  if (failed == websocket::error::closed || failed == asio::error::eof ||
      failed.category() == asio::error::get_system_category() || failed.category() == asio::error::get_netdb_category() ||
      failed == asio::ssl::error::stream_truncated || failed == http::error::end_of_stream ||
      failed == http::error::partial_message)
    return Fault::closed;
  return Fault::not_this_protocol;
}

bool is_onion(std::string_view host) {
  return host.ends_with(".onion");
}

// An IP literal or a name: a Host header's form of it, with the port unless it is the usual one.
std::string host_header(const Route& route) {
  std::string host = route.host.find(':') != std::string::npos ? "[" + route.host + "]" : route.host;
  if (route.port != 443) host += ":" + std::to_string(route.port);
  return host;
}

asio::awaitable<Outcome<void>> connect_tcp(beast::tcp_stream& tcp, const Route& route) {
  if (is_onion(route.host)) co_return std::unexpected(Fault::unsupported_route);
  error_code failed;
  const asio::ip::address literal = asio::ip::make_address(route.host, failed);
  if (!failed) {
    const auto [error] = co_await tcp.async_connect(asio::ip::tcp::endpoint(literal, route.port), as_values);
    if (error) co_return std::unexpected(fault_of(error));
    co_return Outcome<void>{};
  }
  asio::ip::tcp::resolver resolver(tcp.get_executor());
  const auto [not_found, found] = co_await resolver.async_resolve(route.host, std::to_string(route.port), as_values);
  if (not_found) co_return std::unexpected(fault_of(not_found));
  const auto [error, endpoint] = co_await tcp.async_connect(found, as_values);
  if (error) co_return std::unexpected(fault_of(error));
  co_return Outcome<void>{};
}

// TCP and TLS to a route whose key is pinned. The deadline set on 'tls' beforehand covers it all.
asio::awaitable<Outcome<void>> connect_tls(Tls& tls, const Route& route, const Pins& pins) {
  const Outcome<void> connected = co_await connect_tcp(beast::get_lowest_layer(tls), route);
  if (!connected) co_return connected;
  error_code ignored;
  beast::get_lowest_layer(tls).socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (!route.server_name.empty() && SSL_set_tlsext_host_name(tls.native_handle(), route.server_name.c_str()) != 1)
    co_return std::unexpected(Fault::unsupported_route);
  const auto [error] = co_await tls.async_handshake(ssl::stream_base::client, as_values);
  if (pins.refused) co_return std::unexpected(Fault::wrong_key);
  if (error) co_return std::unexpected(fault_of(error));
  // Belt and braces: no certificate at all never reaches the callback.
  if (SSL_get0_peer_certificate(tls.native_handle()) == nullptr) co_return std::unexpected(Fault::wrong_key);
  co_return Outcome<void>{};
}

std::optional<Exporter> export_binding(SSL* tls) {
  Exporter exporter;
  const int done = SSL_export_keying_material(tls, exporter.bytes.data(), exporter.bytes.size(), labels::tls_exporter.data(),
                                              labels::tls_exporter.size(), nullptr, 0, 0);
  return done == 1 ? std::optional<Exporter>(exporter) : std::nullopt;
}

}  // namespace

struct Socket::Stream {
  explicit Stream(const asio::any_io_executor& executor, const Route& route)
      : pins{route.pins, false}, context(ssl::context::tls_client), websocket(make(executor)) {}

  Pins pins;
  ssl::context context;
  beast::websocket::stream<Tls> websocket;
  beast::flat_buffer buffer{limits::frame_bytes_max + 16};
  Exporter exporter;
  bool stopped = false;

  Tls& tls() { return websocket.next_layer(); }
  beast::tcp_stream& tcp() { return beast::get_lowest_layer(websocket); }

 private:
  Tls make(const asio::any_io_executor& executor) {
    prepare(context, pins);
    return Tls(beast::tcp_stream(executor), context);
  }
};

Socket::Socket(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
Socket::~Socket() = default;

asio::awaitable<Outcome<std::unique_ptr<Socket>>> Socket::connect(Route route, Patience patience) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto stream = std::make_unique<Stream>(executor, route);
  stream->tcp().expires_after(patience.connect);
  const Outcome<void> secured = co_await connect_tls(stream->tls(), route, stream->pins);
  if (!secured) co_return std::unexpected(secured.error());
  const std::optional<Exporter> exporter = export_binding(stream->tls().native_handle());
  if (!exporter) co_return std::unexpected(Fault::not_this_protocol);
  stream->exporter = *exporter;

  stream->tcp().expires_never();
  websocket::stream_base::timeout times{patience.connect, websocket::stream_base::none(), false};
  stream->websocket.set_option(times);
  stream->websocket.set_option(websocket::permessage_deflate{});  // all off: sizes of compressed secrets would tell
  stream->websocket.read_message_max(limits::frame_bytes_max);
  stream->websocket.auto_fragment(false);
  stream->websocket.binary(true);
  const std::string host = host_header(route);
  const auto [error] = co_await stream->websocket.async_handshake(host, route.path, as_values);
  if (error) co_return std::unexpected(fault_of(error));
  co_return std::unique_ptr<Socket>(new Socket(std::move(stream)));
}

const Exporter& Socket::exporter() const {
  return stream_->exporter;
}

asio::awaitable<Outcome<Bytes>> Socket::read() {
  Stream& stream = *stream_;
  stream.buffer.clear();
  const auto [error, bytes] = co_await stream.websocket.async_read(stream.buffer, as_values);
  if (stream.stopped) co_return std::unexpected(Fault::stopped);
  if (error) co_return std::unexpected(fault_of(error));
  if (!stream.websocket.got_binary()) co_return std::unexpected(Fault::not_this_protocol);
  const auto* const data = static_cast<const std::uint8_t*>(stream.buffer.data().data());
  co_return Bytes(data, data + bytes);
}

asio::awaitable<Outcome<Bytes>> Socket::read_within(std::chrono::milliseconds time) {
  // Beast's idle timer without pings: it closes the stream, so no read is left behind.
  stream_->websocket.set_option(websocket::stream_base::timeout{std::chrono::seconds(15), time, false});
  Outcome<Bytes> frame = co_await read();
  stream_->websocket.set_option(websocket::stream_base::timeout{std::chrono::seconds(15), websocket::stream_base::none(), false});
  co_return frame;
}

asio::awaitable<Outcome<void>> Socket::write(const Bytes& frame) {
  Stream& stream = *stream_;
  if (frame.size() > limits::frame_bytes_max) co_return std::unexpected(Fault::too_large);
  if (stream.stopped) co_return std::unexpected(Fault::stopped);
  const auto [error, bytes] = co_await stream.websocket.async_write(asio::buffer(frame), as_values);
  if (stream.stopped) co_return std::unexpected(Fault::stopped);
  if (error) co_return std::unexpected(fault_of(error));
  co_return Outcome<void>{};
}

asio::awaitable<Outcome<void>> Socket::ping() {
  const auto [error] = co_await stream_->websocket.async_ping({}, as_values);
  if (error) co_return std::unexpected(fault_of(error));
  co_return Outcome<void>{};
}

void Socket::set_idle(std::chrono::seconds idle) {
  // Beast pings by itself at half of this and closes at the whole.
  stream_->websocket.set_option(websocket::stream_base::timeout{std::chrono::seconds(15), idle, true});
}

void Socket::stop() {
  stream_->stopped = true;
  stream_->tcp().close();
}

asio::awaitable<Outcome<Bytes>> post_once(Route route, Bytes body, Patience patience) {
  if (body.size() > limits::post_bytes_max) co_return std::unexpected(Fault::too_large);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Pins pins{route.pins, false};
  ssl::context context(ssl::context::tls_client);
  prepare(context, pins);
  Tls tls(beast::tcp_stream(executor), context);
  beast::tcp_stream& tcp = beast::get_lowest_layer(tls);
  tcp.expires_after(patience.connect);
  const Outcome<void> secured = co_await connect_tls(tls, route, pins);
  if (!secured) co_return std::unexpected(secured.error());

  http::request<http::vector_body<std::uint8_t>> request(http::verb::post, route.path, 11);
  request.set(http::field::host, host_header(route));
  request.set(http::field::content_type, "application/octet-stream");
  request.set(http::field::connection, "close");
  request.body() = std::move(body);
  request.prepare_payload();
  tcp.expires_after(patience.write);
  const auto [write_error, written] = co_await http::async_write(tls, request, as_values);
  if (write_error) co_return std::unexpected(fault_of(write_error));

  tcp.expires_after(patience.answer);
  beast::flat_buffer buffer(64 * 1024);
  http::response_parser<http::vector_body<std::uint8_t>> parser;
  parser.body_limit(limits::post_bytes_max);
  parser.header_limit(static_cast<std::uint32_t>(limits::request_head_bytes_max));
  const auto [read_error, read] = co_await http::async_read(tls, buffer, parser, as_values);
  if (read_error) co_return std::unexpected(fault_of(read_error));
  // A relay with too much on its hands says so in plain HTTP: as good as not reached.
  if (parser.get().result() == http::status::service_unavailable) co_return std::unexpected(Fault::closed);
  if (parser.get().result() != http::status::ok) co_return std::unexpected(Fault::not_a_relay);
  co_return std::move(parser.get().body());
}

}  // namespace vigil::client

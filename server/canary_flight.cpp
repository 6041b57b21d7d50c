// The canary's client: Beast on OpenSSL, the frames of wire.proto, and nothing of the relay's inside.
#include "server/canary_flight.hpp"

#include <openssl/ssl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "crypto/base/signed.hpp"
#include "proto/limits.hpp"
#include "server/relay_keys.hpp"

namespace vigil::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Tls = asio::ssl::stream<beast::tcp_stream>;
using Clock = std::chrono::steady_clock;

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);

template <class Id>
std::string as_string(const Id& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

// TLS 1.3 only. What the key is worth is compared after the handshake, before a byte of ours is sent.
asio::ssl::context tls_context() {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX* const raw = context.native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
  SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nullptr);
  static constexpr unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(raw, http11, sizeof http11);
  return context;
}

std::string host_header(const wire::Route& route) {
  std::string host = route.host().find(':') != std::string::npos ? "[" + route.host() + "]" : route.host();
  if (route.port() != 443) host += ":" + std::to_string(route.port());
  return host;
}

bool is_pinned(SSL* tls, const wire::Route& route) {
  const X509* shown = SSL_get0_peer_certificate(tls);
  if (shown == nullptr) return false;
  const std::string pin = as_string(pin_of_public_key(X509_get0_pubkey(shown)));
  return pin == route.pin() || pin == route.pin_next();
}

// TCP, TLS and the pin; 'at' says how far it came.
asio::awaitable<bool> reach(Tls& tls, const wire::Route& route, CanaryStep& at) {
  at = CanaryStep::name;
  asio::ip::tcp::resolver resolver(tls.get_executor());
  const auto [not_found, found] = co_await resolver.async_resolve(route.host(), std::to_string(route.port()), as_values);
  if (not_found) co_return false;
  at = CanaryStep::connect;
  const auto [closed, endpoint] = co_await beast::get_lowest_layer(tls).async_connect(found, as_values);
  if (closed) co_return false;
  at = CanaryStep::tls;
  error_code literal;
  asio::ip::make_address(route.host(), literal);
  const std::string name = !route.server_name().empty() ? route.server_name() : literal ? route.host() : std::string();
  if (!name.empty() && SSL_set_tlsext_host_name(tls.native_handle(), name.c_str()) != 1) co_return false;
  const auto [failed] = co_await tls.async_handshake(asio::ssl::stream_base::client, as_values);
  if (failed) co_return false;
  at = CanaryStep::pin;
  co_return is_pinned(tls.native_handle(), route);
}

}  // namespace

// The owner's WebSocket.
class Flight::Reader {
 public:
  explicit Reader(asio::io_context& context)
      : context_(tls_context()), socket_(beast::tcp_stream(context.get_executor()), context_) {}

  asio::awaitable<bool> open(const FlightPlan& plan, CanaryStep& at) {
    const bool reached = co_await reach(socket_.next_layer(), plan.route, at);
    if (!reached) co_return false;
    at = CanaryStep::path;
    socket_.binary(true);
    socket_.read_message_max(limits::frame_bytes_max);
    const std::string host = host_header(plan.route);
    const auto [declined] = co_await socket_.async_handshake(host, plan.route.path(), as_values);
    if (declined) co_return false;
    at = CanaryStep::greeting;
    const std::optional<wire::RelayFrame> frame = co_await read();
    co_return frame&& is_greeted(frame->greeting(), plan.root);
  }

  asio::awaitable<std::optional<wire::RelayFrame>> read() {
    buffer_.clear();
    const auto [error, bytes] = co_await socket_.async_read(buffer_, as_values);
    wire::RelayFrame frame;
    if (error || !frame.ParseFromArray(buffer_.data().data(), static_cast<int>(bytes))) co_return std::nullopt;
    co_return frame;
  }

  asio::awaitable<bool> write(const wire::ClientFrame& frame) {
    const std::string bytes = frame.SerializeAsString();
    const auto [error, written] = co_await socket_.async_write(asio::buffer(bytes), as_values);
    co_return !error;
  }

  // Whether it is answered DONE.
  asio::awaitable<bool> ask(wire::Request request) {
    request.set_id(++last_id_);
    wire::ClientFrame frame;
    *frame.add_requests() = std::move(request);
    const bool written = co_await write(frame);
    if (!written) co_return false;
    const std::optional<wire::RelayFrame> answered = co_await read();
    co_return answered && answered->answers_size() == 1 && answered->answers(0).id() == last_id_ &&
        answered->answers(0).status() == wire::DONE;
  }

  const Binding& binding() const { return binding_; }
  const Challenge& challenge() const { return challenge_; }

 private:
  bool is_greeted(const wire::Greeting& greeting, const PublicKey& root) {
    binding_.root = root;
    const auto online = PublicKey::from(view(greeting.online().online_key()));
    const auto signature = Signature::from(view(greeting.signature()));
    const auto challenge = Challenge::from(view(greeting.challenge()));
    if (!online || !signature || !challenge || !verify_online_key(root, greeting.online()) ||
        SSL_export_keying_material(socket_.next_layer().native_handle(), binding_.exporter.bytes.data(),
                                   binding_.exporter.bytes.size(), labels::tls_exporter.data(), labels::tls_exporter.size(),
                                   nullptr, 0, 0) != 1)
      return false;
    challenge_ = *challenge;
    return verify_greeting(*online, *signature, binding_, challenge_);
  }

  asio::ssl::context context_;
  beast::websocket::stream<Tls> socket_;
  beast::flat_buffer buffer_{limits::frame_bytes_max + 16};
  Binding binding_;
  Challenge challenge_;
  std::uint64_t last_id_ = 0;
};

std::expected<std::chrono::milliseconds, CanaryStep> Flight::fly(std::chrono::seconds patience) {
  bool arrived = false;
  asio::co_spawn(context_, whole(),
                 [&arrived, this](const std::exception_ptr& thrown) { arrived = !thrown && at_ == CanaryStep::none; });
  context_.run_for(patience);
  if (!arrived) return std::unexpected(at_);
  return took_;
}

asio::awaitable<void> Flight::whole() {
  Reader reader(context_);
  const bool opened = co_await reader.open(plan_, at_);
  if (!opened) co_return;
  const auto address = random_id<Address>();
  const bool enrolled = co_await enrol(reader, address);
  if (!enrolled) co_return;
  // What an alert looks like to the relay: as many random bytes.
  const Bytes random = random_bytes(limits::alert_envelope_bytes);
  const std::string envelope(random.begin(), random.end());
  const Clock::time_point pressed = Clock::now();
  const bool sent = co_await send(address, envelope);
  if (!sent) co_return;
  const bool received = co_await receive(reader, envelope);
  if (!received) co_return;
  took_ = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - pressed);
  at_ = CanaryStep::none;
}

asio::awaitable<bool> Flight::enrol(Reader& reader, const Address& address) {
  at_ = CanaryStep::enrol;
  wire::Request prove;
  prove.mutable_prove()->set_version(limits::protocol_version);
  prove.mutable_prove()->set_owner_key(as_string(owner_.public_key()));
  prove.mutable_prove()->set_signature(as_string(sign_proof(owner_, reader.binding(), reader.challenge())));
  wire::Request open;
  open.mutable_open_mailbox()->set_invite(as_string(plan_.invite));
  wire::Request allow;
  wire::Grant& grant = *allow.mutable_grant();
  grant.set_address_hash(as_string(address_hash(address)));
  grant.set_urgent(true);
  grant.set_life_max(wire::TEN_MINUTES);
  sign_grant(owner_, reader.binding(), grant);
  wire::Request listen;
  listen.mutable_listen();
  for (wire::Request* request : {&prove, &open, &allow, &listen}) {
    const bool done = co_await reader.ask(std::move(*request));
    if (!done) co_return false;
  }
  co_return true;
}

// As senders do: a connection of its own, which proves nothing.
asio::awaitable<bool> Flight::send(const Address& address, const std::string& envelope) {
  asio::ssl::context context = tls_context();
  Tls tls(beast::tcp_stream(context_.get_executor()), context);
  const bool reached = co_await reach(tls, plan_.route, at_);
  if (!reached) co_return false;
  at_ = CanaryStep::send;
  wire::Post post;
  post.set_version(limits::protocol_version);
  wire::Deliver& deliver = *post.add_requests()->mutable_deliver();
  deliver.set_id(as_string(random_id<FanoutId>()));
  deliver.set_lane(wire::URGENT);
  deliver.set_lifetime(wire::TEN_MINUTES);
  deliver.set_envelope(envelope);
  deliver.set_addresses(as_string(address));
  http::request<http::string_body> request(http::verb::post, plan_.route.path(), 11);
  request.set(http::field::host, host_header(plan_.route));
  request.set(http::field::content_type, "application/octet-stream");
  request.set(http::field::connection, "close");
  request.body() = post.SerializeAsString();
  request.prepare_payload();
  const auto [not_written, written] = co_await http::async_write(tls, request, as_values);
  if (not_written) co_return false;
  beast::flat_buffer buffer(limits::frame_bytes_max);
  http::response<http::string_body> response;
  const auto [not_read, read] = co_await http::async_read(tls, buffer, response, as_values);
  if (not_read || response.result() != http::status::ok) co_return false;
  wire::PostAnswer answer;
  co_return answer.ParseFromString(response.body()) && answer.answers_size() == 1 && answer.answers(0).status() == wire::DONE;
}

asio::awaitable<bool> Flight::receive(Reader& reader, const std::string& envelope) {
  at_ = CanaryStep::receive;
  const std::optional<wire::RelayFrame> frame = co_await reader.read();
  if (!frame || frame->deliveries_size() != 1 || frame->deliveries(0).envelope() != envelope) co_return false;
  co_return frame->deliveries(0).lane() == wire::URGENT;
}

}  // namespace vigil::server

// Checking route lists and invites.
#include "client/routes.hpp"

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/sign.hpp"

namespace vigil::client {
namespace {

constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t path_bytes_max = 512;
constexpr std::string_view join_prefix = "vigil:join:";

// What may stand in a host name, an IP literal or a path without breaking out of an HTTP head.
bool is_plain(std::string_view text, std::string_view also) {
  for (const char letter : text) {
    const bool alphanumeric =
        (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    if (!alphanumeric && also.find(letter) == std::string_view::npos) return false;
  }
  return true;
}

bool is_ip_literal(std::string_view host) {
  if (host.find(':') != std::string_view::npos) return true;
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<Route> read_route(const wire::Route& from) {
  Route route;
  if (from.host().empty() || from.host().size() > host_bytes_max || !is_plain(from.host(), ".-_:")) return std::nullopt;
  if (from.port() == 0 || from.port() > 65535) return std::nullopt;
  if (from.path().empty() || from.path().front() != '/' || from.path().size() > path_bytes_max) return std::nullopt;
  if (!is_plain(from.path(), "/-._~%+=,@")) return std::nullopt;
  if (from.server_name().size() > host_bytes_max || !is_plain(from.server_name(), ".-_")) return std::nullopt;
  route.host = from.host();
  route.port = static_cast<std::uint16_t>(from.port());
  route.path = from.path();
  const std::optional<Hash> pin = Hash::from(view(from.pin()));
  if (!pin) return std::nullopt;
  route.pins.push_back(*pin);
  if (!from.pin_next().empty()) {
    const std::optional<Hash> next = Hash::from(view(from.pin_next()));
    if (!next) return std::nullopt;
    route.pins.push_back(*next);
  }
  // SNI never carries an IP literal (RFC 6066, 3).
  const std::string& name = from.server_name().empty() ? from.host() : from.server_name();
  if (!is_ip_literal(name)) route.server_name = name;
  return route;
}

}  // namespace

Outcome<Routes> Routes::verify(const wire::RouteList& list, const PublicKey& root) {
  if (list.body().size() + list.signature().size() > route_list_bytes_max) return std::unexpected(Fault::routes_invalid);
  const std::optional<Signature> signature = Signature::from(view(list.signature()));
  if (!signature || !vigil::verify(root, *signature, labels::routes, {view(list.body())}))
    return std::unexpected(Fault::routes_unsigned);
  wire::RouteListBody body;
  if (!body.ParseFromString(list.body())) return std::unexpected(Fault::routes_invalid);
  const std::optional<PublicKey> named = PublicKey::from(view(body.root()));
  if (!named || *named != root) return std::unexpected(Fault::routes_unsigned);
  const bool has_before = Hash::from(view(body.before())).has_value();
  if (body.serial() == 0 || (!body.before().empty() && !has_before)) return std::unexpected(Fault::routes_invalid);

  Routes made;
  made.list_ = list;
  made.root_ = root;
  made.serial_ = body.serial();
  made.not_after_s_ = body.not_after_s();
  // A route of a kind that we do not know is left out, so that a newer relay can name routes for newer clients.
  for (const wire::Route& from : body.routes()) {
    std::optional<Route> route = read_route(from);
    if (route && made.routes_.size() < routes_max) made.routes_.push_back(std::move(*route));
  }
  if (made.routes_.empty()) return std::unexpected(Fault::routes_invalid);
  return made;
}

Outcome<Routes> Routes::read(View serialised) {
  wire::RouteList list;
  wire::RouteListBody body;
  if (serialised.size() > route_list_bytes_max || !list.ParseFromArray(serialised.data(), static_cast<int>(serialised.size())) ||
      !body.ParseFromString(list.body()))
    return std::unexpected(Fault::routes_invalid);
  const std::optional<PublicKey> root = PublicKey::from(view(body.root()));
  if (!root) return std::unexpected(Fault::routes_invalid);
  return verify(list, *root);
}

Outcome<Routes> Routes::followed_by(const wire::RouteList& newer) const {
  Outcome<Routes> next = verify(newer, root_);
  if (!next) return next;
  if (next->list_.body() == list_.body()) return *this;
  if (next->serial_ <= serial_) return std::unexpected(Fault::routes_older);
  wire::RouteListBody body;
  body.ParseFromString(newer.body());
  const Hash ours = hash();
  if (next->serial_ == serial_ + 1 && body.before() != text(ours.view())) return std::unexpected(Fault::routes_unchained);
  return next;
}

Bytes Routes::serialised() const {
  Bytes bytes(list_.ByteSizeLong());
  list_.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

Hash Routes::hash() const {
  return vigil::hash(labels::routes, {view(list_.body())});
}

Outcome<ReadInvite> read_invite(std::string_view text, std::uint64_t now_s) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (!text.starts_with(join_prefix)) return std::unexpected(Fault::invite_invalid);
  const std::optional<Bytes> bytes = from_base64url(text.substr(join_prefix.size()));
  wire::Invite invite;
  if (!bytes || bytes->size() > 2 * route_list_bytes_max ||
      !invite.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
    return std::unexpected(Fault::invite_invalid);
  const std::optional<PublicKey> root = PublicKey::from(view(invite.root()));
  const std::optional<Secret> right = Secret::from(view(invite.right()));
  if (!root || !right) return std::unexpected(Fault::invite_invalid);
  Outcome<Routes> routes = Routes::verify(invite.routes(), *root);
  if (!routes) return std::unexpected(routes.error());
  if (invite.not_after_s() != 0 && now_s > invite.not_after_s()) return std::unexpected(Fault::invite_expired);
  return ReadInvite{std::move(*routes), *right, invite.not_after_s()};
}

}  // namespace vigil::client

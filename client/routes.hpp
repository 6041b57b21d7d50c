// Signed route lists: which ways lead to a relay. Pure: no network, no clock, no file. Used by relay_link and by whoever meets or
// joins.
#pragma once

#include <string>
#include <vector>

#include "client/fault.hpp"
#include "crypto/base/secret_bytes.hpp"
#include "proto/ids.hpp"
#include "proto/wire.pb.h"

namespace vigil::client {

inline constexpr std::size_t routes_max = 16;
inline constexpr std::size_t route_list_bytes_max = 8 * 1024;

// One way to a relay, checked: a host, a port, a path that starts with '/', at least one pin.
struct Route {
  std::string host;
  std::uint16_t port = 443;
  std::string path;
  std::vector<Hash> pins;   // of the TLS key's SubjectPublicKeyInfo: the current one, and the next if there is one
  std::string server_name;  // for SNI; empty = none is sent (IP literal)
  bool operator==(const Route&) const = default;
};

// A list that its root has signed. There is no other way to have one.
class Routes {
 public:
  // The first list one sees of this relay (invite, card, contact). routes_invalid, routes_unsigned.
  static Outcome<Routes> verify(const wire::RouteList& list, const PublicKey& root);
  // From a serialised wire.RouteList, with the root it names itself: for cards and introductions, where the list is all there is.
  static Outcome<Routes> read(View serialised);

  // The list that follows this one. The same list again is fine. routes_older: lower serial, or another list under this serial.
  // routes_unchained: the serial after ours does not name our hash as the one before. A serial further on cannot be checked
  // against ours and is taken: the root signed it, and a list may have been missed.
  Outcome<Routes> followed_by(const wire::RouteList& newer) const;

  const PublicKey& root() const { return root_; }
  std::uint64_t serial() const { return serial_; }
  // Past this: a warning for people, never a refusal.
  std::uint64_t not_after_s() const { return not_after_s_; }
  const std::vector<Route>& routes() const { return routes_; }
  const wire::RouteList& list() const { return list_; }
  Bytes serialised() const;
  // H("vigil routes", body): what the next list names as `before`.
  Hash hash() const;

 private:
  Routes() = default;
  wire::RouteList list_;
  PublicKey root_;
  std::uint64_t serial_ = 0, not_after_s_ = 0;
  std::vector<Route> routes_;
};

// What `vigild invite` printed: "vigil:join:" and base64url(wire.Invite). invite_invalid, invite_expired, or a routes_ fault.
struct ReadInvite {
  Routes routes;
  Secret right;
  std::uint64_t not_after_s;
};
Outcome<ReadInvite> read_invite(std::string_view text, std::uint64_t now_s);

}  // namespace vigil::client

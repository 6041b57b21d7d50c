// What an invite of a real vigild says, and joining with it as a client does: for tests.
#pragma once

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "member.hpp"
#include "process.hpp"

namespace vigil::server::test {

inline wire::Invite read_invite(const std::string& line) {
  REQUIRE(line.starts_with("vigil:join:"));
  const auto bytes = from_base64url(line.substr(11));
  REQUIRE(bytes);
  wire::Invite invite;
  REQUIRE(invite.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())));
  return invite;
}

inline Secret right_of(const wire::Invite& invite) {
  return *Secret::from(view(invite.right()));
}
inline PublicKey root_of(const wire::Invite& invite) {
  return *PublicKey::from(view(invite.root()));
}
inline wire::RouteListBody routes_of(const wire::Invite& invite) {
  wire::RouteListBody body;
  REQUIRE(body.ParseFromString(invite.routes().body()));
  return body;
}

// A connection over the first route of an invite.
inline Member connect(const wire::Invite& invite) {
  const wire::RouteListBody routes = routes_of(invite);
  return Member(static_cast<std::uint16_t>(routes.routes(0).port()), root_of(invite), routes.routes(0).path());
}

// Joins as a client does, with nothing but the invite. The status of opening the mailbox.
inline Status join(const wire::Invite& invite, const SigningKey& owner) {
  Member member = connect(invite);
  REQUIRE(member.prove(owner) == wire::DONE);
  return member.open_mailbox(right_of(invite));
}

}  // namespace vigil::server::test

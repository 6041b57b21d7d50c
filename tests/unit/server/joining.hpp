// What an invite of a real vigild says, and joining with it as a client does: for tests.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "crypto/base/encoding.hpp"
#include "member.hpp"
#include "process.hpp"
#include "proto/limits.hpp"

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

// A fresh one, for one person.
inline wire::Invite invite_from(const RelayHome& home) {
  const Ran made = home.run("invite");
  return read_invite(made.out.substr(0, made.out.find('\n')));
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

// One request in a POST over that route; the relay has answered it, which says nothing of what became of the request.
inline void post_once(const wire::Invite& invite, const wire::Request& request) {
  const wire::Route route = routes_of(invite).routes(0);
  wire::Post post;
  post.set_version(limits::protocol_version);
  *post.add_requests() = request;
  const std::string body = post.SerializeAsString();
  Line line(static_cast<std::uint16_t>(route.port()));
  line.send(fmt::format("POST {} HTTP/1.1\r\nHost: relay\r\nContent-Length: {}\r\n\r\n", route.path(), body.size()) + body);
  REQUIRE(line.receive().starts_with("HTTP/1.1 200"));
}

}  // namespace vigil::server::test

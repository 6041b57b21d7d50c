// A server that speaks XMPP over WebSockets (RFC 7395) as a service of mailboxes: a mailbox is an account; stored is what its
// acknowledgement of stream management (XEP-0198) says; to all is a node of its publish-subscribe service (XEP-0060). Used by
// prosody_broker.
#pragma once

#include <functional>

#include "broker_process.hpp"
#include "service.hpp"

namespace vigil::bench {

struct XmppServer {
  std::unique_ptr<Broker> broker;
  std::string path, password;
  // Before it logs in: all have the same password. The sender publishes to all.
  std::function<void(const std::string& account)> add_account{};
};
inline constexpr const char* xmpp_domain = "localhost";
inline constexpr const char* xmpp_sender = "sender";  // the account of all senders
inline constexpr const char* xmpp_pubsub = "pubsub.localhost";
std::unique_ptr<Service> serve_xmpp(XmppServer server);

}  // namespace vigil::bench

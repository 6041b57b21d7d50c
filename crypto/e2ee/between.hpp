// What two members say to each other about an alert carries a MAC that only they could have made: it shows, also months later,
// that nothing was changed on the way. It does not show a third person who of the two wrote it. Client only; pure; any thread.
#pragma once

#include "crypto/e2ee/identity.hpp"

namespace vigil::e2ee {

// HMAC-SHA256(derive(X25519(own, other), labels::between), H(labels::between, body, alert id, writer, reader)). One of writer and
// reader is 'own', the other is 'other'. 'body' is the serialised content without its mac. Nothing: 'other' is no proper key.
std::optional<Hash> between_mac(const Identity& own, const IdentityKey& other, bool own_writes, View alert_id, View body);

}  // namespace vigil::e2ee

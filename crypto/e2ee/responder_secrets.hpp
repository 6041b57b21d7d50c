// What lets one responder answer and close: the start of her answer chain and her close secret. Sealed to her alone while the
// activist's profile is open, so that nothing which lies on the activist's phone without a PIN can answer in her name.
// HPKE as in hpke.hpp, bound to the vigil and to her place in it. Client only.
#pragma once

#include <optional>

#include "crypto/base/secret_bytes.hpp"
#include "crypto/e2ee/key_store.hpp"
#include "crypto/e2ee/prekeys.hpp"

namespace vigil::e2ee {

struct ResponderSecrets {
  Secret answer, close;
};

// 112 bytes: enc(32) | answer and close, sealed | tag(16). Nothing when the bundle's sealing key is not usable.
std::optional<Bytes> seal_responder_secrets(const PeerBundle& to, View vigil_id, std::uint32_t index,
                                            const ResponderSecrets& secrets);
// With any of the reader's own sealing keys, within a transaction of 'keys'. Nothing when none opens it, or when it is of another
// vigil or place.
std::optional<ResponderSecrets> open_responder_secrets(KeyStore& keys, View vigil_id, std::uint32_t index, View sealed);

}  // namespace vigil::e2ee

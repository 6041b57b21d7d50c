// One's own weekly sealing keys, tried in turn on what came sealed. Inside this room only: session.cpp, responder_secrets.cpp.
// The store's thread.
#pragma once

#include <optional>

#include "crypto/e2ee/hpke.hpp"
#include "crypto/e2ee/key_store.hpp"

namespace vigil::e2ee {

// What is sealed does not say to which weekly key (a relay would see who is slow): each is tried, the newest first, about 0.1 ms
// a try, until 'settles' returns true. Read anew each time: a cache would outlive a transaction that was rolled back.
template <class Settles>
void try_sealing_keys(KeyStore& keys, const Settles& settles) {
  for (const KeyAge& listed : keys.keys(KeyKind::sealing_key)) {
    const std::optional<StoredKey> stored = keys.key(KeyKind::sealing_key, listed.id);
    const std::optional<X25519Pair> pair = stored ? x25519_from_private(stored->record.view()) : std::nullopt;
    if (pair && settles(*pair)) return;
  }
}

}  // namespace vigil::e2ee

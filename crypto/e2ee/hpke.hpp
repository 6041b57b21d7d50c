// HPKE (RFC 9180), base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, over OpenSSL.
// Used by envelope; x25519 also by between. Pure functions, any thread.
#pragma once

#include "crypto/base/secret_bytes.hpp"
#include "proto/ids.hpp"

namespace vigil::e2ee {

inline constexpr std::size_t hpke_enc_bytes = 32;
inline constexpr std::size_t hpke_overhead_bytes = hpke_enc_bytes + 16;

struct X25519Pair {
  std::array<std::uint8_t, 32> public_key{};
  SecretBytes private_key;
};
X25519Pair generate_x25519();
std::optional<X25519Pair> x25519_from_private(View private_key);
// What both sides agree on, 32 bytes; nothing for a low-order point. Never used as it is: derive from it.
std::optional<SecretBytes> x25519(View private_key, View public_key);

// enc(32) | ciphertext | tag(16); nothing when 'to' is not a usable key (length, low order).
std::optional<Bytes> hpke_seal(View to, View info, View associated, View plain);
// The same with the sender's ephemeral key given: for the RFC's vectors.
std::optional<Bytes> hpke_seal_with(const X25519Pair& ephemeral, View to, View info, View associated, View plain);
// Nothing when anything is wrong: key, info, associated data, a byte, a low-order enc.
std::optional<SecretBytes> hpke_open(const X25519Pair& own, View info, View associated, View sealed);

}  // namespace vigil::e2ee

// XChaCha20-Poly1305 with a random nonce in front, sealed boxes (X25519), and Argon2id for PINs. Thin over libsodium.
#pragma once

#include "crypto/base/secret_bytes.hpp"
#include "proto/ids.hpp"

namespace vigil {

inline constexpr std::size_t aead_overhead_bytes = 24 + 16;

// nonce(24) | ciphertext | tag(16). 'key' has 32 bytes.
Bytes aead_seal(View key, View plain, View associated);
// The plain text, or nothing when key, associated data or a byte is wrong.
std::optional<SecretBytes> aead_open(View key, View sealed, View associated);

// Anonymous box to an X25519 public key: 48 bytes longer than the plain text.
inline constexpr std::size_t box_overhead_bytes = 48;
struct BoxKeys {
  std::array<std::uint8_t, 32> public_key;
  SecretBytes secret_key;
};
BoxKeys generate_box_keys();
Bytes box_seal(View public_key, View plain);
std::optional<SecretBytes> box_open(View public_key, View secret_key, View sealed);

// Argon2id. The cost is a parameter so that tests are quick; 'interactive' is what people get (about 64 MB, 0.2 s on a laptop).
struct PinCost {
  unsigned long long operations;
  std::size_t memory_bytes;
  static PinCost people();
  static PinCost tests();
};
SecretBytes key_from_pin(View pin, View salt16, const PinCost& cost);

}  // namespace vigil

// Ed25519: owner keys, the relay's root and online key. Thin over libsodium.
#pragma once

#include <initializer_list>
#include <string_view>

#include "crypto/base/secret_bytes.hpp"
#include "proto/ids.hpp"

namespace vigil {

// A key pair whose secret half lies in locked memory and is wiped. Movable, not copyable.
class SigningKey {
 public:
  static SigningKey generate();
  // From a 32-byte seed; nothing if the length is wrong.
  static std::optional<SigningKey> from_seed(View seed);

  const PublicKey& public_key() const { return public_key_; }
  View seed() const;
  // Over H(label, parts): what is signed is always framed and labelled.
  Signature sign(std::string_view label, std::initializer_list<View> parts) const;

 private:
  SigningKey() = default;
  PublicKey public_key_;
  SecretBytes secret_;  // libsodium's 64 bytes: seed and public key
};

bool verify(const PublicKey& key, const Signature& signature, std::string_view label, std::initializer_list<View> parts);

}  // namespace vigil

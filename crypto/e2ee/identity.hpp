// Who somebody is, end to end: a Signal identity key pair (Curve25519), which agrees on keys (X3DH) and signs (XEdDSA).
// Client only; an Identity is read-only after it was made: any thread.
#pragma once

#include <initializer_list>
#include <string_view>

#include "crypto/base/secret_bytes.hpp"
#include "proto/ids.hpp"

namespace vigil::e2ee {

using IdentityKey = Fixed<struct IdentityKeyTag, 33>;  // 0x05 | X25519
using IdentitySignature = Fixed<struct IdentitySignatureTag, 64>;

class Identity {
 public:
  static Identity generate();
  // What secret() gave, out of a profile or send-only slot. Nothing when it is not one.
  static std::optional<Identity> load(View secret);

  const IdentityKey& key() const { return key_; }
  std::uint32_t registration_id() const { return registration_id_; }
  View private_key() const { return secret_.view().first(32); }
  // 36 bytes: private key | registration id. Never leaves the device's sealed files.
  View secret() const { return secret_.view(); }

  // XEdDSA over H(label, parts).
  IdentitySignature sign(std::string_view label, std::initializer_list<View> parts) const;
  // XEdDSA over bare bytes: for the signed prekey, which Signal signs without a label. Everything else uses sign().
  IdentitySignature sign_prekey(View public_key) const;

 private:
  Identity() = default;
  IdentityKey key_;
  std::uint32_t registration_id_ = 0;  // 1 to 16380, as Signal has it
  SecretBytes secret_;
};

// False for a wrong signature, key or length.
bool verify(const IdentityKey& key, View signature, std::string_view label, std::initializer_list<View> parts);
bool verify_prekey(const IdentityKey& key, View signature, View public_key);

// 33 bytes, 0x05 in front, and not one of the low-order points (whose agreements are zero whoever agrees; the library takes
// them).
bool is_public_key(View key);
// The same for a bare X25519 key of 32 bytes.
bool is_x25519_key(View key);

}  // namespace vigil::e2ee

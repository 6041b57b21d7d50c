#include "crypto/base/sign.hpp"

#include <sodium.h>

#include <cassert>

#include "crypto/base/hash.hpp"

namespace vigil {

SigningKey SigningKey::generate() {
  SecretBytes seed(crypto_sign_SEEDBYTES);
  randombytes_buf(seed.data(), seed.size());
  std::optional<SigningKey> made = from_seed(seed.view());
  return std::move(*made);
}

std::optional<SigningKey> SigningKey::from_seed(View seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) return std::nullopt;
  SigningKey key;
  key.secret_ = SecretBytes(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(key.public_key_.bytes.data(), key.secret_.data(), seed.data());
  return key;
}

View SigningKey::seed() const {
  return secret_.view().first(crypto_sign_SEEDBYTES);
}

Signature SigningKey::sign(std::string_view label, std::initializer_list<View> parts) const {
  assert(secret_.size() == crypto_sign_SECRETKEYBYTES);
  const Hash signed_hash = hash(label, parts);
  Signature signature;
  crypto_sign_detached(signature.bytes.data(), nullptr, signed_hash.bytes.data(), signed_hash.bytes.size(),
                       secret_.view().data());
  return signature;
}

bool verify(const PublicKey& key, const Signature& signature, std::string_view label, std::initializer_list<View> parts) {
  const Hash signed_hash = hash(label, parts);
  return crypto_sign_verify_detached(signature.bytes.data(), signed_hash.bytes.data(), signed_hash.bytes.size(),
                                     key.bytes.data()) == 0;
}

}  // namespace vigil

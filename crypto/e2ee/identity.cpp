#include "crypto/e2ee/identity.hpp"

#include <signal/key_helper.h>

#include <algorithm>
#include <cassert>
#include <new>

#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/hpke.hpp"
#include "crypto/e2ee/signal_context.hpp"

namespace vigil::e2ee {
namespace {

constexpr std::size_t private_bytes = 32;
constexpr std::uint32_t registration_id_max = 16380;

bool is_clamped(View key) {
  return (key[0] & 7) == 0 && (key[31] & 0xC0) == 0x40;
}

IdentitySignature sign_bytes(View private_key, View message) {
  Ref<ec_private_key> key;
  Buffer signature;
  if (curve_decode_private_point(key.out(), private_key.data(), private_key.size(), thread_context()) != SG_SUCCESS ||
      curve_calculate_signature(thread_context(), signature.out(), key.get(), message.data(), message.size()) != SG_SUCCESS)
    throw std::bad_alloc();  // the key is good: nothing else can fail
  const std::optional<IdentitySignature> made = IdentitySignature::from(signature.view());
  assert(made);
  return *made;
}

bool verify_bytes(const IdentityKey& key, View signature, View message) {
  if (signature.size() != IdentitySignature::length) return false;
  const Ref<ec_public_key> signer = public_key_of(key.view());
  if (!signer) return false;
  // 1 is good, 0 bad, and errors are negative: a bare 'if' would take them for good.
  return curve_verify_signature(signer.get(), message.data(), message.size(), signature.data(), signature.size()) == 1;
}

}  // namespace

Identity Identity::generate() {
  const Ref<ec_key_pair> pair = new_key_pair();
  const SecretBytes private_key = bytes_of(ec_key_pair_get_private(pair.get()));
  const std::uint32_t registration_id = 1 + random_below(registration_id_max);
  SecretBytes secret(private_bytes + 4);
  std::copy(private_key.view().begin(), private_key.view().end(), secret.data());
  const auto id = be32(registration_id);
  std::copy(id.begin(), id.end(), secret.data() + private_bytes);
  std::optional<Identity> made = load(secret.view());
  assert(made);
  return std::move(*made);
}

std::optional<Identity> Identity::load(View secret) {
  if (secret.size() != private_bytes + 4 || !is_clamped(secret)) return std::nullopt;
  std::uint32_t registration_id = 0;
  for (const std::uint8_t octet : secret.last(4)) registration_id = registration_id << 8 | octet;
  if (registration_id < 1 || registration_id > registration_id_max) return std::nullopt;
  const Ref<ec_key_pair> pair = key_pair_of(secret.first(private_bytes));
  if (!pair) return std::nullopt;
  Identity identity;
  identity.key_ = bytes_of(ec_key_pair_get_public(pair.get()));
  identity.registration_id_ = registration_id;
  identity.secret_ = SecretBytes(secret);
  return identity;
}

IdentitySignature Identity::sign(std::string_view label, std::initializer_list<View> parts) const {
  return sign_bytes(private_key(), hash(label, parts).view());
}

IdentitySignature Identity::sign_prekey(View public_key) const {
  assert(public_key.size() == IdentityKey::length);
  return sign_bytes(private_key(), public_key);
}

bool verify(const IdentityKey& key, View signature, std::string_view label, std::initializer_list<View> parts) {
  return verify_bytes(key, signature, hash(label, parts).view());
}

bool verify_prekey(const IdentityKey& key, View signature, View public_key) {
  return public_key.size() == IdentityKey::length && verify_bytes(key, signature, public_key);
}

bool is_public_key(View key) {
  return key.size() == IdentityKey::length && key[0] == 0x05 && is_x25519_key(key.subspan(1));
}

}  // namespace vigil::e2ee

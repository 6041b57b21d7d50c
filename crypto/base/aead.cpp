#include "crypto/base/aead.hpp"

#include <sodium.h>

#include <cassert>
#include <new>
#include <stdexcept>

namespace vigil {
namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(aead_overhead_bytes == nonce_bytes + tag_bytes);
static_assert(box_overhead_bytes == crypto_box_SEALBYTES);

}  // namespace

Bytes aead_seal(View key, View plain, View associated) {
  assert(key.size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  Bytes sealed(aead_overhead_bytes + plain.size());
  randombytes_buf(sealed.data(), nonce_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + nonce_bytes, nullptr, plain.data(), plain.size(), associated.data(),
                                             associated.size(), nullptr, sealed.data(), key.data());
  return sealed;
}

std::optional<SecretBytes> aead_open(View key, View sealed, View associated) {
  if (key.size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES || sealed.size() < aead_overhead_bytes) return std::nullopt;
  SecretBytes plain(sealed.size() - aead_overhead_bytes);
  std::uint8_t nothing = 0;  // an empty text has no memory of its own, the library wants a place all the same
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.size() == 0 ? &nothing : plain.data(), nullptr, nullptr,
                                                 sealed.data() + nonce_bytes, sealed.size() - nonce_bytes, associated.data(),
                                                 associated.size(), sealed.data(), key.data()) != 0)
    return std::nullopt;
  return plain;
}

BoxKeys generate_box_keys() {
  BoxKeys keys{{}, SecretBytes(crypto_box_SECRETKEYBYTES)};
  crypto_box_keypair(keys.public_key.data(), keys.secret_key.data());
  return keys;
}

Bytes box_seal(View public_key, View plain) {
  assert(public_key.size() == crypto_box_PUBLICKEYBYTES);
  Bytes sealed(box_overhead_bytes + plain.size());
  // Fails for a low-order public key only, which no key pair of ours has.
  if (crypto_box_seal(sealed.data(), plain.data(), plain.size(), public_key.data()) != 0)
    throw std::invalid_argument("box_seal: not a usable public key");
  return sealed;
}

std::optional<SecretBytes> box_open(View public_key, View secret_key, View sealed) {
  if (public_key.size() != crypto_box_PUBLICKEYBYTES || secret_key.size() != crypto_box_SECRETKEYBYTES ||
      sealed.size() < box_overhead_bytes)
    return std::nullopt;
  SecretBytes plain(sealed.size() - box_overhead_bytes);
  std::uint8_t nothing = 0;
  if (crypto_box_seal_open(plain.size() == 0 ? &nothing : plain.data(), sealed.data(), sealed.size(), public_key.data(),
                           secret_key.data()) != 0)
    return std::nullopt;
  return plain;
}

PinCost PinCost::people() {
  return {crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE, crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE};
}
PinCost PinCost::tests() {
  return {crypto_pwhash_argon2id_OPSLIMIT_MIN, crypto_pwhash_argon2id_MEMLIMIT_MIN};
}

SecretBytes key_from_pin(View pin, View salt16, const PinCost& cost) {
  assert(salt16.size() == crypto_pwhash_argon2id_SALTBYTES);
  SecretBytes key(32);
  const char none = 0;  // libsodium's pointer may not be null, not even for an empty PIN
  const char* const typed = pin.empty() ? &none : reinterpret_cast<const char*>(pin.data());
  if (crypto_pwhash(key.data(), key.size(), typed, pin.size(), salt16.data(), cost.operations, cost.memory_bytes,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();  // the memory cannot be had: who reads a cost from a file has checked its bounds
  return key;
}

}  // namespace vigil

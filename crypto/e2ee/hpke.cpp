#include "crypto/e2ee/hpke.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <string_view>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/identity.hpp"

namespace vigil::e2ee {
namespace {

// Thirty-two secret bytes on the stack, wiped at the end.
struct Key32 {
  std::array<std::uint8_t, 32> bytes{};
  Key32() = default;
  Key32(const Key32&) = default;
  Key32& operator=(const Key32&) = default;
  ~Key32() { wipe(bytes); }
  View view() const { return bytes; }
};

// OpenSSL's errors are a queue of the thread, and a stale one would be taken for TLS's own: leave it as it was.
struct ErrorMark {
  ErrorMark() { ERR_set_mark(); }
  ~ErrorMark() { ERR_pop_to_mark(); }
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Pkey private_pkey(View key) {
  return {EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, key.data(), key.size()), &EVP_PKEY_free};
}

// X25519. False for an all-zero result (a low-order point): RFC 9180, 7.1.4. OpenSSL refuses those too; the check here does not
// rely on it.
bool agree(View private_key, View public_key, Key32& out) {
  const ErrorMark mark;
  const Pkey own = private_pkey(private_key);
  const Pkey other(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, public_key.data(), public_key.size()), &EVP_PKEY_free);
  if (own == nullptr || other == nullptr) return false;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(own.get(), nullptr),
                                                                            &EVP_PKEY_CTX_free);
  std::size_t length = out.bytes.size();
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1 ||
      EVP_PKEY_derive(context.get(), out.bytes.data(), &length) != 1 || length != out.bytes.size())
    return false;
  std::uint8_t any = 0;
  for (const std::uint8_t octet : out.bytes) any |= octet;
  return any != 0;
}

bool public_of(View private_key, std::array<std::uint8_t, 32>& out) {
  const ErrorMark mark;
  const Pkey key = private_pkey(private_key);
  std::size_t length = out.size();
  return key != nullptr && EVP_PKEY_get_raw_public_key(key.get(), out.data(), &length) == 1;
}

void append(Bytes& to, View more) {
  to.insert(to.end(), more.begin(), more.end());
}

constexpr std::array<std::uint8_t, 5> kem_suite{'K', 'E', 'M', 0x00, 0x20};
constexpr std::array<std::uint8_t, 10> hpke_suite{'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};

Key32 hmac(View key, View message) {
  Key32 out;
  unsigned length = 0;
  static constexpr std::uint8_t empty_key = 0;
  if (HMAC(EVP_sha256(), key.empty() ? &empty_key : key.data(), static_cast<int>(key.size()), message.data(), message.size(),
           out.bytes.data(), &length) == nullptr)
    throw std::bad_alloc();
  assert(length == out.bytes.size());
  return out;
}

Key32 labeled_extract(View suite, View salt, std::string_view label, View material) {
  Bytes labeled;
  labeled.reserve(32 + label.size() + material.size());
  append(labeled, view("HPKE-v1"));
  append(labeled, suite);
  append(labeled, view(label));
  append(labeled, material);
  const Key32 out = hmac(salt, labeled);
  wipe(labeled);
  return out;
}

// At most 32 bytes, so one block of HKDF-Expand; the caller takes as many of them as it asked for.
Key32 labeled_expand(View suite, const Key32& key, std::string_view label, View info, std::uint8_t length) {
  assert(length <= 32);
  Bytes labeled{0, length};
  append(labeled, view("HPKE-v1"));
  append(labeled, suite);
  append(labeled, view(label));
  append(labeled, info);
  labeled.push_back(1);
  return hmac(key.view(), labeled);
}

// Encap/Decap's end and the key schedule of mode_base (RFC 9180, 4.1 and 5.1).
struct Schedule {
  Key32 key;
  Key32 nonce;  // the first 12 bytes
};
Schedule schedule(const Key32& agreed, View enc, View recipient, View info) {
  Bytes kem_context(enc.begin(), enc.end());
  append(kem_context, recipient);
  const Key32 extracted = labeled_extract(kem_suite, {}, "eae_prk", agreed.view());
  const Key32 shared = labeled_expand(kem_suite, extracted, "shared_secret", kem_context, 32);
  Bytes context{0};  // mode_base
  append(context, labeled_extract(hpke_suite, {}, "psk_id_hash", {}).view());
  append(context, labeled_extract(hpke_suite, {}, "info_hash", info).view());
  const Key32 secret = labeled_extract(hpke_suite, shared.view(), "secret", {});
  return {labeled_expand(hpke_suite, secret, "key", context, 32), labeled_expand(hpke_suite, secret, "base_nonce", context, 12)};
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

}  // namespace

std::optional<SecretBytes> x25519(View private_key, View public_key) {
  Key32 agreed;
  if (!agree(private_key, public_key, agreed)) return std::nullopt;
  return SecretBytes(agreed.view());
}

std::optional<X25519Pair> x25519_from_private(View private_key) {
  if (private_key.size() != 32) return std::nullopt;
  X25519Pair pair{{}, SecretBytes(private_key)};
  if (!public_of(private_key, pair.public_key)) return std::nullopt;
  return pair;
}

X25519Pair generate_x25519() {
  SecretBytes private_key(32);
  random_fill(private_key.span());
  std::optional<X25519Pair> pair = x25519_from_private(private_key.view());
  if (!pair) throw std::bad_alloc();
  return std::move(*pair);
}

bool is_x25519_key(View key) {
  if (key.size() != 32) return false;
  // Scalars are multiples of eight, so any of them takes every low-order point to zero.
  std::array<std::uint8_t, 32> scalar{};
  scalar[0] = 8;
  scalar[31] = 0x40;
  Key32 agreed;
  return agree(scalar, key, agreed);
}

namespace {

std::optional<Bytes> seal_from(View ephemeral, View enc, View to, View info, View associated, View plain) {
  Key32 agreed;
  if (to.size() != 32 || !agree(ephemeral, to, agreed)) return std::nullopt;
  const Schedule keys = schedule(agreed, enc, to, info);
  Bytes out(hpke_overhead_bytes + plain.size());
  std::copy(enc.begin(), enc.end(), out.begin());
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::uint8_t* text = out.data() + hpke_enc_bytes;
  int written = 0;
  int last = 0;
  if (cipher == nullptr ||
      EVP_EncryptInit_ex2(cipher.get(), EVP_chacha20_poly1305(), keys.key.bytes.data(), keys.nonce.bytes.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(cipher.get(), nullptr, &written, associated.data(), static_cast<int>(associated.size())) != 1 ||
      EVP_EncryptUpdate(cipher.get(), text, &written, plain.data(), static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), text + written, &last) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, text + plain.size()) != 1)
    throw std::bad_alloc();
  return out;
}

}  // namespace

std::optional<Bytes> hpke_seal_with(const X25519Pair& ephemeral, View to, View info, View associated, View plain) {
  return seal_from(ephemeral.private_key.view(), ephemeral.public_key, to, info, associated, plain);
}

// The ephemeral key lives for this call only, so on the stack: locked memory costs seven system calls.
std::optional<Bytes> hpke_seal(View to, View info, View associated, View plain) {
  Key32 ephemeral;
  random_fill(ephemeral.bytes);
  std::array<std::uint8_t, 32> enc;
  if (!public_of(ephemeral.view(), enc)) throw std::bad_alloc();
  return seal_from(ephemeral.view(), enc, to, info, associated, plain);
}

std::optional<SecretBytes> hpke_open(const X25519Pair& own, View info, View associated, View sealed) {
  if (sealed.size() < hpke_overhead_bytes) return std::nullopt;
  const View enc = sealed.first(hpke_enc_bytes);
  const View text = sealed.subspan(hpke_enc_bytes, sealed.size() - hpke_overhead_bytes);
  std::array<std::uint8_t, 16> tag;
  std::copy(sealed.end() - 16, sealed.end(), tag.begin());
  Key32 agreed;
  if (!agree(own.private_key.view(), enc, agreed)) return std::nullopt;
  const Schedule keys = schedule(agreed, enc, own.public_key, info);
  const ErrorMark mark;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  SecretBytes plain(text.size());
  std::uint8_t nothing[16];  // for an empty text
  std::uint8_t* out = plain.size() == 0 ? nothing : plain.data();
  int written = 0;
  int last = 0;
  if (cipher == nullptr ||
      EVP_DecryptInit_ex2(cipher.get(), EVP_chacha20_poly1305(), keys.key.bytes.data(), keys.nonce.bytes.data(), nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, 16, tag.data()) != 1 ||
      EVP_DecryptUpdate(cipher.get(), nullptr, &written, associated.data(), static_cast<int>(associated.size())) != 1 ||
      EVP_DecryptUpdate(cipher.get(), out, &written, text.data(), static_cast<int>(text.size())) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), out + written, &last) != 1)
    return std::nullopt;
  return plain;
}

}  // namespace vigil::e2ee

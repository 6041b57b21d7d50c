#include "crypto/e2ee/signal_context.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <cassert>
#include <stdexcept>
#include <utility>

#include "crypto/base/random.hpp"

namespace vigil::e2ee {

struct SignalContext::Provider {
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MD* sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  EVP_CIPHER* aes_cbc = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);

  Provider() = default;
  ~Provider() {
    EVP_MAC_free(hmac);
    EVP_MD_free(sha512);
    EVP_CIPHER_free(aes_cbc);
  }
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  static const Provider& of(void* user_data) { return *static_cast<const Provider*>(user_data); }

  static int hmac_init(void** mac, const std::uint8_t* key, std::size_t length, void* user_data);
  static int hmac_update(void* mac, const std::uint8_t* data, std::size_t length, void*);
  static int hmac_final(void* mac, signal_buffer** output, void*);
  static int sha512_init(void** digest, void* user_data);
  static int sha512_update(void* digest, const std::uint8_t* data, std::size_t length, void*);
  static int sha512_final(void* digest, signal_buffer** output, void* user_data);
  static int encrypt(signal_buffer** output, int cipher, const std::uint8_t* key, std::size_t key_bytes, const std::uint8_t* iv,
                     std::size_t iv_bytes, const std::uint8_t* text, std::size_t text_bytes, void* user_data);
  static int decrypt(signal_buffer** output, int cipher, const std::uint8_t* key, std::size_t key_bytes, const std::uint8_t* iv,
                     std::size_t iv_bytes, const std::uint8_t* text, std::size_t text_bytes, void* user_data);
  int aes(bool encrypting, signal_buffer** output, View key, View iv, View text) const;
};

int SignalContext::Provider::hmac_init(void** mac, const std::uint8_t* key, std::size_t length, void* user_data) {
  static constexpr std::uint8_t empty_key = 0;
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  EVP_MAC_CTX* made = EVP_MAC_CTX_new(of(user_data).hmac);
  if (made == nullptr) return SG_ERR_NOMEM;
  // A null key would mean "keep the key".
  if (EVP_MAC_init(made, length == 0 ? &empty_key : key, length, parameters) != 1) {
    EVP_MAC_CTX_free(made);
    return SG_ERR_UNKNOWN;
  }
  *mac = made;
  return SG_SUCCESS;
}

int SignalContext::Provider::hmac_update(void* mac, const std::uint8_t* data, std::size_t length, void*) {
  return EVP_MAC_update(static_cast<EVP_MAC_CTX*>(mac), data, length) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

int SignalContext::Provider::hmac_final(void* mac, signal_buffer** output, void*) {
  std::uint8_t code[32];
  std::size_t length = 0;
  if (EVP_MAC_final(static_cast<EVP_MAC_CTX*>(mac), code, &length, sizeof code) != 1 || length != sizeof code)
    return SG_ERR_UNKNOWN;
  *output = signal_buffer_create(code, length);
  wipe(code);  // chain and message keys pass here
  return *output == nullptr ? SG_ERR_NOMEM : SG_SUCCESS;
}

int SignalContext::Provider::sha512_init(void** digest, void* user_data) {
  EVP_MD_CTX* made = EVP_MD_CTX_new();
  if (made == nullptr) return SG_ERR_NOMEM;
  if (EVP_DigestInit_ex2(made, of(user_data).sha512, nullptr) != 1) {
    EVP_MD_CTX_free(made);
    return SG_ERR_UNKNOWN;
  }
  *digest = made;
  return SG_SUCCESS;
}

int SignalContext::Provider::sha512_update(void* digest, const std::uint8_t* data, std::size_t length, void*) {
  return EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(digest), data, length) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

// Must leave the context ready for the next digest, or fingerprints are wrong from their second iteration on.
int SignalContext::Provider::sha512_final(void* digest, signal_buffer** output, void* user_data) {
  std::uint8_t code[64];
  unsigned length = 0;
  EVP_MD_CTX* context = static_cast<EVP_MD_CTX*>(digest);
  if (EVP_DigestFinal_ex(context, code, &length) != 1 || EVP_DigestInit_ex2(context, of(user_data).sha512, nullptr) != 1)
    return SG_ERR_UNKNOWN;
  *output = signal_buffer_create(code, length);
  return *output == nullptr ? SG_ERR_NOMEM : SG_SUCCESS;
}

int SignalContext::Provider::encrypt(signal_buffer** output, int cipher, const std::uint8_t* key, std::size_t key_bytes,
                                     const std::uint8_t* iv, std::size_t iv_bytes, const std::uint8_t* text,
                                     std::size_t text_bytes, void* user_data) {
  if (cipher != SG_CIPHER_AES_CBC_PKCS5) return SG_ERR_INVAL;  // AES-CTR: version-2 sessions, which nobody speaks here
  return of(user_data).aes(true, output, {key, key_bytes}, {iv, iv_bytes}, {text, text_bytes});
}

int SignalContext::Provider::decrypt(signal_buffer** output, int cipher, const std::uint8_t* key, std::size_t key_bytes,
                                     const std::uint8_t* iv, std::size_t iv_bytes, const std::uint8_t* text,
                                     std::size_t text_bytes, void* user_data) {
  if (cipher != SG_CIPHER_AES_CBC_PKCS5) return SG_ERR_INVAL;
  return of(user_data).aes(false, output, {key, key_bytes}, {iv, iv_bytes}, {text, text_bytes});
}

int SignalContext::Provider::aes(bool encrypting, signal_buffer** output, View key, View iv, View text) const {
  constexpr std::size_t block_bytes = 16;
  if (key.size() != 32 || iv.size() != block_bytes || text.size() > 1024 * 1024) return SG_ERR_INVAL;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (context == nullptr) return SG_ERR_NOMEM;
  Bytes out(text.size() + block_bytes);
  int first = 0;
  int last = 0;
  ERR_set_mark();  // a stale error would be taken for TLS's own on this thread
  const bool done = EVP_CipherInit_ex2(context.get(), aes_cbc, key.data(), iv.data(), encrypting ? 1 : 0, nullptr) == 1 &&
                    EVP_CipherUpdate(context.get(), out.data(), &first, text.data(), static_cast<int>(text.size())) == 1 &&
                    EVP_CipherFinal_ex(context.get(), out.data() + first, &last) == 1;
  ERR_pop_to_mark();
  if (done) *output = signal_buffer_create(out.data(), static_cast<std::size_t>(first) + static_cast<std::size_t>(last));
  wipe(out);
  if (!done) return SG_ERR_UNKNOWN;
  return *output == nullptr ? SG_ERR_NOMEM : SG_SUCCESS;
}

SignalContext::SignalContext() : provider_(std::make_unique<Provider>()) {
  if (provider_->hmac == nullptr || provider_->sha512 == nullptr || provider_->aes_cbc == nullptr)
    throw std::runtime_error("OpenSSL lacks HMAC, SHA-512 or AES-256-CBC");
  const signal_crypto_provider callbacks{
      .random_func =
          [](std::uint8_t* data, std::size_t length, void*) {
            random_fill({data, length});
            return SG_SUCCESS;
          },
      .hmac_sha256_init_func = &Provider::hmac_init,
      .hmac_sha256_update_func = &Provider::hmac_update,
      .hmac_sha256_final_func = &Provider::hmac_final,
      .hmac_sha256_cleanup_func = [](void* mac, void*) { EVP_MAC_CTX_free(static_cast<EVP_MAC_CTX*>(mac)); },
      .sha512_digest_init_func = &Provider::sha512_init,
      .sha512_digest_update_func = &Provider::sha512_update,
      .sha512_digest_final_func = &Provider::sha512_final,
      .sha512_digest_cleanup_func = [](void* digest, void*) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(digest)); },
      .encrypt_func = &Provider::encrypt,
      .decrypt_func = &Provider::decrypt,
      .user_data = provider_.get()};
  if (signal_context_create(&context_, nullptr) != SG_SUCCESS) throw std::bad_alloc();
  if (signal_context_set_crypto_provider(context_, &callbacks) != SG_SUCCESS) {
    signal_context_destroy(context_);
    throw std::runtime_error("libsignal-protocol-c refuses its provider");
  }
}

SignalContext::~SignalContext() {
  signal_context_destroy(context_);
}

signal_context* thread_context() {
  thread_local const SignalContext context;
  return context.get();
}

SignalAddress::SignalAddress(std::string name, std::uint32_t device)
    : name_(std::move(name)), address_{name_.data(), name_.size(), static_cast<std::int32_t>(device)} {}

Ref<ec_public_key> public_key_of(View key33) {
  Ref<ec_public_key> key;
  if (key33.size() == IdentityKey::length) curve_decode_point(key.out(), key33.data(), key33.size(), thread_context());
  return key;
}

Ref<ec_key_pair> key_pair_of(View private32) {
  Ref<ec_private_key> private_key;
  Ref<ec_public_key> public_key;
  Ref<ec_key_pair> pair;
  if (curve_decode_private_point(private_key.out(), private32.data(), private32.size(), thread_context()) == SG_SUCCESS &&
      curve_generate_public_key(public_key.out(), private_key.get()) == SG_SUCCESS)
    ec_key_pair_create(pair.out(), public_key.get(), private_key.get());
  return pair;
}

Ref<ec_key_pair> new_key_pair() {
  Ref<ec_key_pair> pair;
  if (curve_generate_key_pair(thread_context(), pair.out()) != SG_SUCCESS) throw std::bad_alloc();
  return pair;
}

IdentityKey bytes_of(const ec_public_key* key) {
  Buffer out;
  if (ec_public_key_serialize(out.out(), key) != SG_SUCCESS) throw std::bad_alloc();
  const std::optional<IdentityKey> bytes = IdentityKey::from(out.view());
  assert(bytes);
  return *bytes;
}

SecretBytes bytes_of(const ec_private_key* key) {
  Buffer out;
  if (ec_private_key_serialize(out.out(), key) != SG_SUCCESS) throw std::bad_alloc();
  return SecretBytes(out.view());
}

}  // namespace vigil::e2ee

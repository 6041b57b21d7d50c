#include "crypto/base/file_cipher.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>

namespace vigil {
namespace {

constexpr std::size_t block_bytes = 16;
constexpr std::size_t at_once = std::size_t{1} << 30;  // OpenSSL counts in int

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;  // freeing wipes the expanded key

void update(EVP_CIPHER_CTX* context, std::uint8_t* bytes, std::size_t count) {
  int out = 0;
  if (EVP_EncryptUpdate(context, bytes, &out, bytes, static_cast<int>(count)) != 1) throw std::bad_alloc();
}

}  // namespace

void FileCipher::apply(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  if (bytes.empty()) return;
  std::array<std::uint8_t, block_bytes> counter{};
  const std::uint64_t block = offset / block_bytes;
  for (std::size_t i = 0; i < 8; ++i) counter[15 - i] = static_cast<std::uint8_t>(block >> (8 * i));
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, key_.view().data(), counter.data()) != 1)
    throw std::bad_alloc();
  std::array<std::uint8_t, block_bytes> before{};  // of the first block, up to 'offset'
  if (offset % block_bytes != 0) update(context.get(), before.data(), offset % block_bytes);
  for (std::size_t at = 0; at < bytes.size(); at += at_once)
    update(context.get(), bytes.data() + at, std::min(at_once, bytes.size() - at));
}

}  // namespace vigil

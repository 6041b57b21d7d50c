// AES-256-CTR over a file, from any place in it (NIST SP 800-38A, over OpenSSL): one key per file, the counter is the number of
// the 16-byte block. No byte of a file may be written twice with different contents under one key. Proves nothing about the
// bytes; whoever needs that checks them himself. Any thread.
#pragma once

#include "crypto/base/secret_bytes.hpp"

namespace vigil {

class FileCipher {
 public:
  explicit FileCipher(SecretBytes key32) : key_(std::move(key32)) {}

  // Encrypts or decrypts, which is the same, the bytes that lie at 'offset' of the file. bad_alloc when OpenSSL has no memory.
  void apply(std::uint64_t offset, std::span<std::uint8_t> bytes) const;

 private:
  SecretBytes key_;
};

}  // namespace vigil

// Memory for keys: locked against swapping, left out of core dumps, wiped when freed. Thin over libsodium's sodium_malloc.
// libsodium itself is started before main, in every program that links this room: nobody has to remember it.
#pragma once

#include <memory>

#include "proto/ids.hpp"

namespace vigil {

// No core dumps, no ptrace by others (PR_SET_DUMPABLE 0, RLIMIT_CORE 0). For programs that hold secrets.
void forbid_core_dumps();

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);  // zeroed
  explicit SecretBytes(View copy);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  std::size_t size() const { return size_; }
  std::uint8_t* data() { return data_; }
  View view() const { return {data_, size_}; }
  std::span<std::uint8_t> span() { return {data_, size_}; }

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// For secrets in ordinary memory (a stack array, a vector about to be freed).
void wipe(std::span<std::uint8_t> bytes);
// What earlier calls have left on this thread's stack and in its registers. For threads between two pieces of work.
void wipe_stack_and_registers();

}  // namespace vigil

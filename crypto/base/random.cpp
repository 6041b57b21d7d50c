#include "crypto/base/random.hpp"

#include <sodium.h>

namespace vigil {

void random_fill(std::span<std::uint8_t> out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

Bytes random_bytes(std::size_t count) {
  Bytes out(count);
  random_fill(out);
  return out;
}

std::uint32_t random_below(std::uint32_t bound) {
  return randombytes_uniform(bound);
}

}  // namespace vigil

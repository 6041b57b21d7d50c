// Random bytes from the system, through libsodium. Any thread.
#pragma once

#include "proto/ids.hpp"

namespace vigil {

void random_fill(std::span<std::uint8_t> out);
Bytes random_bytes(std::size_t count);
std::uint32_t random_below(std::uint32_t bound);  // uniform in [0, bound)

// A random value of any fixed-length type: random_id<Address>().
template <class Id>
Id random_id() {
  Id id;
  random_fill(id.bytes);
  return id;
}

}  // namespace vigil

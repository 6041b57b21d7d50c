// Which slot a file's key lies in: what the file itself says in its head.
#pragma once

#include <compare>
#include <cstdint>

namespace vigil::storage {

struct SlotName {
  std::uint32_t index = 0;
  std::uint64_t generation = 0;  // random: a slot that serves another file since has another one
  auto operator<=>(const SlotName&) const = default;
};

}  // namespace vigil::storage

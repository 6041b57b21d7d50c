// "A, B": strings in one line, for lists that a person reads. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace vigil::client {

template <class Strings>
std::string joined(const Strings& parts, std::string_view between = ", ") {
  std::string line;
  bool first = true;
  for (const auto& part : parts) {
    if (!std::exchange(first, false)) line += between;
    line += part;
  }
  return line;
}

}  // namespace vigil::client

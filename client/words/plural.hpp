// Which of three forms a sentence takes beside a number, after the plural rules of Unicode (CLDR). Pure; any thread.
#pragma once

#include <cstdint>

namespace vigil::client::catalog {

enum class Plural : std::uint8_t { english, russian, kazakh };
enum class Form : std::uint8_t { one, few, many };

constexpr Form form_of(Plural rule, std::uint64_t number) {
  const std::uint64_t ten = number % 10;
  const std::uint64_t hundred = number % 100;
  switch (rule) {
    case Plural::english:
    case Plural::kazakh:
      return number == 1 ? Form::one : Form::many;
    case Plural::russian:
      if (ten == 1 && hundred != 11) return Form::one;  // 1, 21, 101
      if (ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14)) return Form::few;
      return Form::many;
  }
  return Form::many;
}

// That of the language in use (language.hpp).
Plural plural_in_use();

}  // namespace vigil::client::catalog

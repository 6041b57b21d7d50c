#include "client/words/state.hpp"

#include "client/words/words.hpp"

namespace vigil::client::catalog {

std::string StateWords::nobody_answered(std::uint64_t silent_s, std::uint32_t round) const {
  // Just after an answer ran out or was given back, a number of seconds would be nonsense.
  if (silent_s < 60) return round < 2 ? nobody_is_answering() : nobody_is_answering_round(round);
  const std::string length = words().loud_age(silent_s);
  return round < 2 ? nobody_has_answered_for(length) : nobody_has_answered_round(length, round);
}

}  // namespace vigil::client::catalog

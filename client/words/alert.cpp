#include "client/words/alert.hpp"

namespace vigil::client::catalog {

std::string AlertWords::place_is(std::string_view coordinates, std::string_view age, std::uint32_t accuracy_m) const {
  return accuracy_m == 0 ? place_at(coordinates, age) : place_within(coordinates, age, accuracy_m);
}

std::string AlertWords::moving(std::uint32_t kmh, std::string_view towards) const {
  return towards.empty() ? moving_at(kmh) : moving_towards(kmh, towards);
}

std::string AlertWords::says_all_clear(std::string_view name, std::string_view note) const {
  return note.empty() ? all_clear_said(name) : all_clear_said_with_note(name, note);
}

std::string AlertWords::somebody_elses(std::string_view name) const {
  return name.empty() ? somebody_else_is() : is_answering_already(name);
}

}  // namespace vigil::client::catalog

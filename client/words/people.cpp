#include "client/words/people.hpp"

namespace vigil::client::catalog {

std::string PeopleWords::ask_tier(std::uint32_t tier) const {
  return tier == 1 ? ask_first_tier() : ask_next_tier(tier);
}

std::string PeopleWords::contact_line(std::string_view name, bool checked, bool withdrawn, bool through) const {
  if (through) return contact_through(name);
  if (checked) return withdrawn ? contact_checked_withdrawn(name) : contact_checked(name);
  return withdrawn ? contact_unchecked_withdrawn(name) : contact_unchecked(name);
}

std::string PeopleWords::tier_line(std::uint32_t tier, std::string_view later, std::string_view names) const {
  return tier == 1 ? tier_first(names) : tier_later(tier, later, names);
}

}  // namespace vigil::client::catalog

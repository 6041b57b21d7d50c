#include "client/words/ready.hpp"

namespace vigil::client::catalog {

std::string ReadyWords::ready_address_refused(std::string_view name, std::string_view relay) const {
  return relay.empty() ? ready_cannot_be_reached(name) : ready_cannot_be_reached_at(name, relay);
}

}  // namespace vigil::client::catalog

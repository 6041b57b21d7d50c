#include "client/words/listening.hpp"

#include "client/words/words.hpp"

namespace vigil::client::catalog {

std::string ListeningWords::clock_off(std::int64_t seconds) const {
  const bool behind = seconds < 0;
  const std::string by = words().age(static_cast<std::uint64_t>(behind ? -seconds : seconds));
  return behind ? clock_behind(by) : clock_ahead(by);
}

}  // namespace vigil::client::catalog

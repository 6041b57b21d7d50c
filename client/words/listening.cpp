#include "client/words/listening.hpp"

#include "client/words/words.hpp"

namespace vigil::client::catalog {

std::string ListeningWords::clock_off(std::int64_t seconds) const {
  const bool behind = seconds < 0;
  const auto off_s = static_cast<std::uint64_t>(behind ? -seconds : seconds);
  const std::string by = words().age((off_s + 30) / 60 * 60);  // a day less a second is 24 h, not 23
  return behind ? clock_behind(by) : clock_ahead(by);
}

}  // namespace vigil::client::catalog

// The one line of a command that failed.
#include "server/exit_codes.hpp"

#include <iostream>

namespace vigil::server {

int fail(const std::string& why, int code) {
  std::cerr << "vigild: " << why << '\n';
  return code;
}

}  // namespace vigil::server

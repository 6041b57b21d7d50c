// The raw head of an HTTP request, as strangers send it.
#include "server/head.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const vigil::server::SecretPaths paths({"/secret"});
  vigil::server::Head head;
  if (vigil::server::parse_head({data, size}, head) == vigil::server::HeadState::whole) {
    if (head.bytes > size) __builtin_trap();
    (void)paths.contain(head.path);
  }
  return 0;
}

// Invites and route lists, as pasted, scanned or sent by a hostile relay.
#include "client/routes.hpp"
#include "crypto/base/encoding.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const vigil::View bytes(data, size);
  (void)vigil::client::read_invite(vigil::text(bytes), 1'800'000'000);
  (void)vigil::client::read_invite("vigil:join:" + vigil::base64url(bytes), 1'800'000'000);
  (void)vigil::client::Routes::read(bytes);
  return 0;
}

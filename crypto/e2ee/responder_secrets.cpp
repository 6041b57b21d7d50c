#include "crypto/e2ee/responder_secrets.hpp"

#include <algorithm>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/hpke.hpp"
#include "crypto/e2ee/own_sealing_keys.hpp"

namespace vigil::e2ee {
namespace {

Bytes associated(View vigil_id, std::uint32_t index) {
  Bytes out(vigil_id.begin(), vigil_id.end());
  const auto place = be32(index);
  out.insert(out.end(), place.begin(), place.end());
  return out;
}

}  // namespace

std::optional<Bytes> seal_responder_secrets(const PeerBundle& to, View vigil_id, std::uint32_t index,
                                            const ResponderSecrets& secrets) {
  SecretBytes both(2 * Secret::length);
  std::copy(secrets.answer.bytes.begin(), secrets.answer.bytes.end(), both.data());
  std::copy(secrets.close.bytes.begin(), secrets.close.bytes.end(), both.data() + Secret::length);
  return hpke_seal(to.sealing_key(), view(labels::responder_secrets), associated(vigil_id, index), both.view());
}

std::optional<ResponderSecrets> open_responder_secrets(KeyStore& keys, View vigil_id, std::uint32_t index, View sealed) {
  if (sealed.size() != hpke_overhead_bytes + 2 * Secret::length) return std::nullopt;
  const Bytes bound = associated(vigil_id, index);
  std::optional<ResponderSecrets> opened;
  try_sealing_keys(keys, [&](const X25519Pair& pair) {
    const std::optional<SecretBytes> both = hpke_open(pair, view(labels::responder_secrets), bound, sealed);
    if (both)
      opened = ResponderSecrets{*Secret::from(both->view().first(Secret::length)),
                                *Secret::from(both->view().subspan(Secret::length))};
    return opened.has_value();
  });
  return opened;
}

}  // namespace vigil::e2ee

#include "crypto/e2ee/between.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/hpke.hpp"

namespace vigil::e2ee {

std::optional<Hash> between_mac(const Identity& own, const IdentityKey& other, bool own_writes, View alert_id, View body) {
  if (!is_public_key(other.view())) return std::nullopt;
  const std::optional<SecretBytes> agreed = x25519(own.private_key(), other.view().subspan(1));
  if (!agreed) return std::nullopt;
  Bytes key = derive(agreed->view(), {}, labels::between, 32);
  const IdentityKey& writer = own_writes ? own.key() : other;
  const IdentityKey& reader = own_writes ? other : own.key();
  const Hash message = hash(labels::between, {body, alert_id, writer.view(), reader.view()});
  Hash mac;
  unsigned length = 0;
  const bool made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.bytes.data(), message.bytes.size(),
                         mac.bytes.data(), &length) != nullptr;
  wipe(key);
  if (!made || length != mac.bytes.size()) return std::nullopt;
  return mac;
}

}  // namespace vigil::e2ee

// Requests about prekeys: an owner publishes, whoever has an address fetches. Their contents are the clients' own affair.
#include <unordered_set>

#include "server/requests/decode.hpp"

namespace vigil::server {

constexpr std::size_t prekey_bytes = 33;  // libsignal's type byte and an X25519 key

Checked<storage::PublishPrekeys> read_publish_prekeys(const wire::PublishPrekeys& from, const MailboxId& mailbox) {
  if (from.bundle().size() > limits::bundle_bytes_max) return std::unexpected(Why{"the bundle is too large", wire::TOO_LARGE});
  if (static_cast<std::size_t>(from.one_time_size()) > limits::one_time_per_request_max)
    return std::unexpected(Why{"too many one-time prekeys in one request", wire::TOO_LARGE});
  storage::PublishPrekeys publish{.mailbox = mailbox,
                                  .bundle = Bytes(from.bundle().begin(), from.bundle().end()),
                                  .sequence = from.sequence(),
                                  .one_time = {}};
  std::unordered_set<std::uint32_t> ids;
  for (const wire::OneTime& one : from.one_time()) {
    if (one.key().size() != prekey_bytes) return std::unexpected(Why{"a one-time prekey has 33 bytes"});
    if (!ids.insert(one.id()).second) return std::unexpected(Why{"two one-time prekeys have one id"});
    publish.one_time.emplace_back(one.id(), Bytes(one.key().begin(), one.key().end()));
  }
  return publish;
}

Checked<storage::TakePrekeys> read_fetch_prekeys(const wire::FetchPrekeys& from) {
  storage::TakePrekeys take{.address = {}, .one_time = from.one_time()};
  if (!read_address(from.address(), take.address)) return std::unexpected(Why{"an address has 32 bytes"});
  return take;
}

}  // namespace vigil::server

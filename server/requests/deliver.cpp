// The request of requests: put these copies into their mailboxes.
#include <unordered_set>

#include "server/requests/decode.hpp"

namespace vigil::server {

Checked<std::vector<AddressHash>> read_addresses(const std::string& packed, std::size_t most) {
  const std::size_t count = packed.size() / Address::length;
  if (packed.empty() || packed.size() % Address::length != 0) return std::unexpected(Why{"packed addresses have 32 bytes each"});
  if (count > most) return std::unexpected(Why{"too many addresses", wire::TOO_LARGE});
  std::vector<AddressHash> hashes(count);
  Address address;
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(packed.begin() + static_cast<std::ptrdiff_t>(i * Address::length), Address::length, address.bytes.begin());
    hashes[i] = address_hash(address);
  }
  if (count == 1) return hashes;
  const std::unordered_set<AddressHash> distinct(hashes.begin(), hashes.end());
  if (distinct.size() != count) return std::unexpected(Why{"an address is named twice"});
  return hashes;
}

Checked<storage::Deliver> read_deliver(const wire::Deliver& from) {
  storage::Deliver deliver{
      .id = {}, .lane = from.lane(), .lifetime = from.lifetime(), .topic = {}, .order = from.order(), .envelope = {}, .to = {}};
  if (!read_id(from.id(), deliver.id)) return std::unexpected(Why{"an id has 16 bytes"});
  if (!wire::Lane_IsValid(from.lane())) return std::unexpected(Why{"unknown lane"});
  if (limits::lifetime_s(from.lifetime()) == 0) return std::unexpected(Why{"unknown lifetime"});
  if (!from.topic().empty()) {
    deliver.topic.emplace();
    if (!read_id(from.topic(), *deliver.topic)) return std::unexpected(Why{"a topic has 16 bytes"});
  } else if (from.order() != 0) {
    return std::unexpected(Why{"an order needs a topic"});
  }
  if (!limits::is_envelope_size(from.envelope().size()))
    return std::unexpected(Why{"an envelope has 1,024, 2,048, 4,096, 16,384 or 57,344 bytes"});
  Checked<std::vector<AddressHash>> to = read_addresses(from.addresses(), limits::fanout_addresses_max);
  if (!to) return std::unexpected(to.error());
  deliver.to = std::move(*to);
  deliver.envelope = shared_bytes(from.envelope());
  return deliver;
}

}  // namespace vigil::server

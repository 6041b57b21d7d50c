#include "crypto/e2ee/envelope.hpp"

#include <algorithm>
#include <cassert>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "proto/limits.hpp"

namespace vigil::e2ee {
namespace {

constexpr std::size_t head_bytes = 2;
constexpr std::size_t length_bytes = 4;

// What lies around the Content at most, by the formats' own grammar.
constexpr std::size_t inner_bytes_max = 2 * (2 + 33)  // sender, recipient
                                        + 2 + 2 + 2   // device, type, one_shot
                                        + 4;          // tag and length of the message
constexpr std::size_t first_message_bytes_max =
    1 + 4 + 5 + 5 + 35 + 35 + 4;                                   // version, three ids, base key, identity, tag and length
constexpr std::size_t message_bytes_max = 1 + 35 + 6 + 6 + 4 + 8;  // version, ratchet key, two counters, tag and length, MAC
constexpr std::size_t cipher_block_bytes = 16;                     // PKCS#7 adds 1 to 16

std::array<std::uint8_t, head_bytes + AddressHash::length> associated(const AddressHash& address) {
  std::array<std::uint8_t, head_bytes + AddressHash::length> out{envelope_version, envelope_suite};
  std::copy(address.bytes.begin(), address.bytes.end(), out.begin() + head_bytes);
  return out;
}

std::uint32_t read_be32(View bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

}  // namespace

std::size_t content_bytes_max(std::size_t envelope_bytes) {
  constexpr std::size_t around = envelope_overhead_bytes + inner_bytes_max + first_message_bytes_max + message_bytes_max;
  static_assert(limits::envelope_bytes.front() > around + cipher_block_bytes);
  if (!limits::is_envelope_size(envelope_bytes)) return 0;
  return (envelope_bytes - around) / cipher_block_bytes * cipher_block_bytes - 1;
}

std::optional<std::size_t> envelope_bytes_for(std::size_t content_bytes) {
  for (const std::size_t bytes : limits::envelope_bytes)
    if (content_bytes <= content_bytes_max(bytes)) return bytes;
  return std::nullopt;
}

Outcome<Bytes> seal_envelope(const content::Inner& inner, View sealing_key, const AddressHash& address, std::size_t bytes) {
  if (!limits::is_envelope_size(bytes)) return std::unexpected(Fault::malformed);
  const std::string serialised = inner.SerializeAsString();
  Bytes padded(bytes - head_bytes - hpke_overhead_bytes);
  if (serialised.size() > padded.size() - length_bytes) return std::unexpected(Fault::too_large);
  const auto length = be32(static_cast<std::uint32_t>(serialised.size()));
  std::copy(length.begin(), length.end(), padded.begin());
  std::copy(serialised.begin(), serialised.end(), padded.begin() + length_bytes);

  const auto bound = associated(address);
  const std::optional<Bytes> sealed = hpke_seal(sealing_key, view(labels::envelope), bound, padded);
  if (!sealed) return std::unexpected(Fault::malformed);
  Bytes envelope;
  envelope.reserve(bytes);
  envelope.insert(envelope.end(), bound.begin(), bound.begin() + head_bytes);
  envelope.insert(envelope.end(), sealed->begin(), sealed->end());
  assert(envelope.size() == bytes);
  return envelope;
}

Outcome<content::Inner> open_envelope(View envelope, const X25519Pair& sealing_key, const AddressHash& address) {
  if (!limits::is_envelope_size(envelope.size()) || envelope[0] != envelope_version || envelope[1] != envelope_suite)
    return std::unexpected(Fault::malformed);
  const auto bound = associated(address);
  const std::optional<SecretBytes> padded = hpke_open(sealing_key, view(labels::envelope), bound, envelope.subspan(head_bytes));
  if (!padded) return std::unexpected(Fault::cannot_open);
  const View plain = padded->view();
  const std::size_t length = read_be32(plain);
  if (length > plain.size() - length_bytes) return std::unexpected(Fault::malformed);
  const View padding = plain.subspan(length_bytes + length);
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t octet) { return octet != 0; }))
    return std::unexpected(Fault::malformed);
  content::Inner inner;
  if (!inner.ParseFromArray(plain.data() + length_bytes, static_cast<int>(length))) return std::unexpected(Fault::malformed);
  return inner;
}

}  // namespace vigil::e2ee

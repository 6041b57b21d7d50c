// The fixed-length values of the protocol, each a type of its own so that none is passed for another.
// Everybody may use it. An id is plain data; comparing those that are secrets is crypto/base's equal_secret().
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace vigil {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

template <class Tag, std::size_t Length>
struct Fixed {
  static constexpr std::size_t length = Length;
  std::array<std::uint8_t, Length> bytes{};

  // The value, or nothing when 'from' has another length.
  static std::optional<Fixed> from(View from) {
    if (from.size() != Length) return std::nullopt;
    Fixed made;
    std::copy(from.begin(), from.end(), made.bytes.begin());
    return made;
  }
  View view() const { return bytes; }
  auto operator<=>(const Fixed&) const = default;
};

using MailboxId = Fixed<struct MailboxIdTag, 32>;      // H("vigil mailbox", owner key)
using Address = Fixed<struct AddressTag, 32>;          // secret: whoever has it may send
using AddressHash = Fixed<struct AddressHashTag, 32>;  // H("vigil address", address): all a relay keeps
using CopyId = Fixed<struct CopyIdTag, 16>;
using FanoutId = Fixed<struct FanoutIdTag, 16>;  // the id of a Deliver request
using Topic = Fixed<struct TopicTag, 16>;
using VigilId = Fixed<struct VigilIdTag, 32>;
using Secret = Fixed<struct SecretTag, 32>;  // a secret of a vigil, a step of a chain, an invite's right
using Hash = Fixed<struct HashTag, 32>;
using PublicKey = Fixed<struct PublicKeyTag, 32>;  // Ed25519
using Signature = Fixed<struct SignatureTag, 64>;
using Challenge = Fixed<struct ChallengeTag, 32>;
using Exporter = Fixed<struct ExporterTag, 32>;  // TLS exporter, RFC 9266

}  // namespace vigil

template <class Tag, std::size_t Length>
struct std::hash<vigil::Fixed<Tag, Length>> {
  // Ids are hashes or random, so any eight bytes of them are as good as a hash.
  std::size_t operator()(const vigil::Fixed<Tag, Length>& id) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes.data(), sizeof out);
    return out;
  }
};

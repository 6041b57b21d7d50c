// The envelope: what the relay carries. Exactly 1,024, 2,048, 4,096, 16,384 or 57,344 bytes:
//   version(1) = 1 | suite(1) = 1 | enc(32) | ciphertext of ( be32 length | content.Inner | zeros )
// Suite 1 is HPKE as in hpke.hpp; suite 2 is reserved for X-Wing. Associated data: version | suite | address hash, so that a
// relay cannot move an envelope to another address. Info: the label "vigil envelope". Client only, pure functions, any thread.
#pragma once

#include "crypto/e2ee/fault.hpp"
#include "crypto/e2ee/hpke.hpp"
#include "proto/content.pb.h"

namespace vigil::e2ee {

inline constexpr std::uint8_t envelope_version = 1;
inline constexpr std::uint8_t envelope_suite = 1;
inline constexpr std::size_t envelope_overhead_bytes = 2 + hpke_overhead_bytes + 4;

// How long a serialised Content may be in an envelope of this size. The worst case (a first message), so that the size of an
// envelope tells nothing about sessions.
std::size_t content_bytes_max(std::size_t envelope_bytes);
// The smallest size whose content_bytes_max is enough; nothing when none is.
std::optional<std::size_t> envelope_bytes_for(std::size_t content_bytes);

// 'bytes' is one of limits::envelope_bytes. too_large, or malformed for an unusable sealing key.
Outcome<Bytes> seal_envelope(const content::Inner& inner, View sealing_key, const AddressHash& address, std::size_t bytes);
// malformed: not an envelope. cannot_open: not for this key, or damaged. Any bytes may be given.
Outcome<content::Inner> open_envelope(View envelope, const X25519Pair& sealing_key, const AddressHash& address);

}  // namespace vigil::e2ee

// One-shots: copies of vigils and introductions, each a first message in a session of its own, so that they open whenever they
// come.
//
// Made in two steps. Preparing (X3DH) needs the identity's secret; sealing needs neither it nor a store, PIN or network. So the
// phone's send-only slot holds prepared ones and seals at the press, with the profile locked. Client only; each object on one
// thread at a time.
#pragma once

#include <memory>

#include "crypto/e2ee/fault.hpp"
#include "crypto/e2ee/identity.hpp"
#include "crypto/e2ee/prekeys.hpp"
#include "proto/content.pb.h"

namespace vigil::e2ee {

class OneShot {
 public:
  // A fresh session with whom this bundle belongs to; no one-time prekey. malformed: the library refused the bundle.
  static Outcome<OneShot> prepare(const Identity& from, const PeerBundle& to);
  // What serialised() gave; nothing when it is not that. Nothing in it signs or reads for its owner.
  static std::optional<OneShot> load(View serialised);
  SecretBytes serialised() const;  // about 600 bytes

  const IdentityKey& recipient() const { return recipient_; }

  // An envelope of exactly this size (0 = the smallest that fits). 'content' needs a 16-byte id; sender and recipient are filled
  // in. May be called again: each result is a first message that opens by itself, in any order. Keep serialised() anew after it:
  // the chain has moved, and a step of it must never seal two contents.
  Outcome<Bytes> seal(const AddressHash& address, std::size_t envelope_bytes, const content::Content& content);

 private:
  OneShot() = default;
  IdentityKey sender_;
  IdentityKey recipient_;
  std::array<std::uint8_t, 32> sealing_key_{};
  SecretBytes session_;  // the library's record
};

}  // namespace vigil::e2ee

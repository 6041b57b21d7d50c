// The profile: two equal slots in one file and two equal containers beside it, always, whether one PIN is in use or two. A slot
// that is not used is random bytes, and so is its container; which is which is drawn at random. Opened by Argon2id of a PIN.
//
//   profile = magic(8) | version(4) | operations(8) | memory(8) | slot | slot | SHA-256 of all before
//   slot    = salt(16) | XChaCha20-Poly1305(Argon2id(PIN, salt), SlotBody padded to 256)
//   SlotBody = version, container (a or b), container key, box secret key, own and other box public key, vault input
//
// Both slots are tried whatever the first one says, so that time does not tell them apart. Blocking (Argon2id); any thread, one
// at a time.
// **Invariant:** no byte outside a sealed slot, no file size and no order of files depends on which slot or container is used.
#pragma once

#include <memory>
#include <span>

#include "client/container.hpp"
#include "client/home.hpp"
#include "crypto/base/aead.hpp"

namespace vigil::client {

class Profile {
 public:
  // A new one under this PIN, written durably, then opened. profile_exists: never overwrites.
  static Outcome<Profile> create(const Home& home, View pin, const PinCost& cost = PinCost::people());
  // no_profile, wrong_pin, damaged (some byte of the file or container is wrong; which is not told), newer_version, busy, disk.
  static Outcome<Profile> open(const Home& home, View pin);
  // For a change: the old PIN opens, the new one seals the same keys under a fresh salt; the other slot keeps its bytes.
  static Outcome<void> change_pin(const Home& home, View old_pin, View new_pin);

  Profile(Profile&&) noexcept;
  Profile& operator=(Profile&&) noexcept;
  ~Profile();

  // The SQLCipher database inside; lives as long as the profile is open.
  Container& container() { return *container_; }

  // The two box public keys to seal the two endings (and renewals) of a vigil to: [0] opens under this PIN, [1] under the other
  // one (or under none, when there is no other). The caller puts the boxes in random order and forgets which was which.
  const std::array<PublicKey, 2>& box_keys() const { return box_keys_; }
  // Whatever this PIN's key opens among 'boxes' (in constant order, all are tried); nothing if none.
  std::optional<Secret> open_box(std::span<const Bytes> boxes) const;

 private:
  Profile();
  std::unique_ptr<Container> container_;
  std::array<PublicKey, 2> box_keys_{};
  SecretBytes box_secret_;
};

}  // namespace vigil::client

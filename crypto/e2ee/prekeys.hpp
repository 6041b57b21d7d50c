// Own prekeys and sealing keys, the signed bundle that carries them, and what others' bundles must be to be used.
// Client only; OwnKeys on the store's thread, verify_bundle on any.
#pragma once

#include "crypto/e2ee/fault.hpp"
#include "crypto/e2ee/identity.hpp"
#include "crypto/e2ee/key_store.hpp"

namespace vigil::e2ee {

inline constexpr std::uint64_t day_s = 24 * 3600;
inline constexpr std::uint64_t bundle_life_s = 14 * day_s;
inline constexpr std::uint64_t rotate_after_s = 7 * day_s;
// A key is in bundles for a week (rotation), a bundle is used for 14 d, its vigils live 30 d, released copies wait another 30 d.
inline constexpr std::uint64_t keys_kept_s = rotate_after_s + bundle_life_s + 30 * day_s + 30 * day_s;
static_assert(keys_kept_s == 81 * day_s, "DESIGN section 7");
inline constexpr std::uint64_t clock_tolerance_s = 2 * day_s;

inline constexpr std::size_t one_time_target = 100;  // what a relay should have
inline constexpr std::size_t one_time_refill_below = 10;
inline constexpr std::size_t one_time_kept_max = 1000;  // private halves; beyond it the oldest go

struct OneTimePrekey {
  std::uint32_t id = 0;
  IdentityKey key;  // a public prekey, same form as an identity key: 0x05 | X25519
};

// The private halves, kept in the store.
class OwnKeys {
 public:
  OwnKeys(const Identity& identity, KeyStore& store) : identity_(identity), store_(store) {}

  // Once a day or so: makes a new signed prekey and sealing key when the newest is a week old (or from the future, or missing),
  // forgets those of more than 81 days and the first messages remembered with them. True when there is something new to publish.
  bool rotate(std::uint64_t now_s);
  // A fresh bundle, signed, with the next sequence number; rotates first, so a bundle never carries a key older than a week.
  // Returns serialised content.Bundle (below limits::bundle_bytes_max) and its sequence, for PublishPrekeys.
  struct Published {
    Bytes bundle;
    std::uint64_t sequence = 0;
    std::uint64_t not_after_s = 0;
  };
  Published make_bundle(std::uint64_t now_s);
  // New one-time prekeys, ids never used before. The caller publishes them; those whose publishing failed are simply never used.
  std::vector<OneTimePrekey> make_one_time(std::size_t count, std::uint64_t now_s);

 private:
  const Identity& identity_;
  KeyStore& store_;
};

// 'may_be_old' is for bundles out of the own profile or slot: an alert to an old key is better than none, and a wrong phone clock
// must not stop it. What comes from a relay must be fresh.
enum class BundleAge : std::uint8_t { must_be_fresh, may_be_old };

// Somebody's bundle after every check. Made by verify_bundle only.
class PeerBundle {
 public:
  const IdentityKey& identity() const { return identity_; }
  std::uint64_t sequence() const { return sequence_; }
  std::uint64_t issued_s() const { return issued_s_; }
  std::uint64_t not_after_s() const { return not_after_s_; }
  std::uint32_t registration_id() const { return registration_id_; }
  std::uint32_t signed_prekey_id() const { return signed_prekey_id_; }
  const IdentityKey& signed_prekey() const { return signed_prekey_; }
  const IdentitySignature& signed_prekey_signature() const { return signed_prekey_signature_; }
  View sealing_key() const { return sealing_key_; }

 private:
  friend Outcome<PeerBundle> verify_bundle(View, const IdentityKey&, std::uint64_t, std::uint64_t, BundleAge);
  PeerBundle() = default;
  IdentityKey identity_;
  std::uint64_t sequence_ = 0;
  std::uint64_t issued_s_ = 0;
  std::uint64_t not_after_s_ = 0;
  std::uint32_t registration_id_ = 0;
  std::uint32_t signed_prekey_id_ = 0;
  IdentityKey signed_prekey_;
  IdentitySignature signed_prekey_signature_;
  std::array<std::uint8_t, 32> sealing_key_{};
};

// Checks everything before the library sees a byte: lengths, points, both signatures, identity, ages, and that the sequence is
// not lower than 'sequence_seen'. Any bytes may be given.
Outcome<PeerBundle> verify_bundle(View serialised, const IdentityKey& expected, std::uint64_t now_s, std::uint64_t sequence_seen,
                                  BundleAge age);
// A one-time prekey as a relay hands it out; nothing when it is not one.
std::optional<OneTimePrekey> check_one_time(std::uint32_t id, View key);

}  // namespace vigil::e2ee

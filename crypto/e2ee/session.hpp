// Sealing for a contact and opening what came: Signal sessions (X3DH, Double Ratchet) inside envelopes.
//
//   Content -> Signal message of the session (contact, device) -> Inner -> padded, HPKE -> envelope for one address
//
// A session per lane and relay ('device'), because the library keeps five receiving chains and urgent copies overtake. What is
// left with the relay is one-shot: a first message in a session of its own, which exists in memory only while it is sealed or
// opened. Client only. One object per account, used from one thread at a time (the library's records are load-modify-store).
// Sender keys for circles will live beside this, in circle_keys.hpp.
#pragma once

#include <functional>
#include <memory>

#include "crypto/e2ee/envelope.hpp"
#include "crypto/e2ee/fault.hpp"
#include "crypto/e2ee/identity.hpp"
#include "crypto/e2ee/key_store.hpp"
#include "crypto/e2ee/one_shot.hpp"
#include "crypto/e2ee/prekeys.hpp"
#include "proto/content.pb.h"

namespace vigil::e2ee {

using Device = std::uint32_t;
// 'lane' is wire.Lane (urgent 0, normal 1), 'relay' the place of the relay in the recipient's list, from 0.
constexpr Device device_of(std::uint32_t lane, std::uint32_t relay) {
  return 1 + lane + 2 * relay;
}
inline constexpr Device device_max = 64;

// For whom, through which address, how large.
struct Sealing {
  const PeerBundle& to;  // the newest bundle known: its sealing key always, its prekeys when a session must be started
  AddressHash address;
  std::size_t envelope_bytes = 0;  // 0 = the smallest that fits; alerts: limits::alert_envelope_bytes; notices and endings: 1,024
};

struct Opened {
  IdentityKey sender;
  Device device = 0;  // 0 for one-shots
  bool one_shot = false;
  bool first = false;             // it started a session
  bool without_one_time = false;  // and did so without a one-time prekey: weaker forward secrecy for this message
  content::Content content;       // id, sender and recipient are checked
};

struct OpenFailure {
  Fault fault = Fault::cannot_open;
  std::optional<CopyId> content_id;  // replay of a first message: the content it had, so that a later round can ring again
};

// Called with what was opened inside the transaction that moves the ratchet: keep it there, and either both happen or neither.
// False: rolled back, Fault::not_kept.
using Keep = std::function<bool(const Opened&)>;

class Sessions {
 public:
  // Both must outlive it.
  Sessions(const Identity& identity, KeyStore& store);
  ~Sessions();
  Sessions(Sessions&&) noexcept;
  Sessions& operator=(Sessions&&) noexcept;

  // The envelope, after the moved ratchet is committed. 'content' needs a 16-byte id; sender and recipient are filled in here.
  // Starts a session from the bundle, with 'one_time' if given, when there is none. not_trusted, too_large, malformed.
  Outcome<Bytes> seal(const Sealing& how, Device device, const content::Content& content,
                      const std::optional<OneTimePrekey>& one_time = std::nullopt);
  // Whether seal() would need a one-time prekey (fetch one first).
  bool has_session(const IdentityKey& with, Device device);

  // 'address': through which it came. 'expected': the contact to whom that address was given; nothing = anybody, for
  // introductions only, and then only one-shots open. Any bytes may be given; after a failure the store is as it was before.
  std::expected<Opened, OpenFailure> open(View envelope, const AddressHash& address, const std::optional<IdentityKey>& expected,
                                          std::uint64_t now_s, const Keep& keep = {});

  // The next seal starts anew: after "cannot be opened", after a restored profile, when a contact is removed.
  void forget(const IdentityKey& with);

 private:
  class Inside;
  std::unique_ptr<Inside> inside_;
};

// Prepares and seals a one-shot in one go, where the identity's secret is at hand.
class OneShots {
 public:
  explicit OneShots(const Identity& identity);  // must outlive it
  Outcome<Bytes> seal(const Sealing& how, const content::Content& content);

 private:
  const Identity& identity_;
};

}  // namespace vigil::e2ee

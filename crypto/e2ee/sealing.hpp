// The steps that every sealing shares: Content -> Signal message -> Inner -> envelope. Inside this room only: session.cpp,
// one_shot.cpp.
#pragma once

#include <signal/session_cipher.h>
#include <memory>

#include "crypto/e2ee/envelope.hpp"
#include "crypto/e2ee/fault.hpp"
#include "crypto/e2ee/prekeys.hpp"
#include "crypto/e2ee/signal_store.hpp"
#include "proto/content.pb.h"

namespace vigil::e2ee::sealing {

using Cipher = std::unique_ptr<session_cipher, decltype(&session_cipher_free)>;
// 'address' must outlive what is made here: the library keeps the pointer.
Cipher make_cipher(SignalStore& store, const SignalAddress& address);

// While it lives, sessions are kept in memory of the store and nowhere else.
class Scratch {
 public:
  explicit Scratch(SignalStore& store) : store_(store) { store_.begin_scratch(); }
  ~Scratch() { store_.end_scratch(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  SignalStore& store_;
};
// A name that no session had before.
std::string scratch_name();

// From whom, for whom, to which key, through which address, how large (0 = the smallest that fits).
struct Ends {
  const IdentityKey& sender;
  const IdentityKey& recipient;
  View sealing_key;
  AddressHash address;
  std::size_t envelope_bytes = 0;
};

// Content with both ends bound in, and the size of the envelope it needs.
struct Ready {
  SecretBytes plain;
  std::size_t envelope_bytes = 0;
};
Outcome<Ready> make_ready(const Ends& ends, const content::Content& content);

// X3DH from a checked bundle: starts the session named by 'address'.
Outcome<void> start_session(SignalStore& store, const SignalAddress& address, const PeerBundle& to,
                            const std::optional<OneTimePrekey>& one_time);

// One step of the sending chain, in its envelope. The session exists. 'device' 0 is a one-shot.
Outcome<Bytes> encrypt(SignalStore& store, const SignalAddress& address, const Ends& ends, std::uint32_t device,
                       const Ready& ready);

}  // namespace vigil::e2ee::sealing

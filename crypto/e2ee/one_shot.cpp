#include "crypto/e2ee/one_shot.hpp"

#include <algorithm>

#include "crypto/e2ee/sealing.hpp"

namespace vigil::e2ee {
namespace {

// version(1) | sender(33) | recipient(33) | sealing key(32) | the library's session record
constexpr std::uint8_t record_version = 1;
constexpr std::size_t record_head_bytes = 1 + 2 * IdentityKey::length + 32;
constexpr std::size_t record_bytes_max = 16 * 1024;

}  // namespace

Outcome<OneShot> OneShot::prepare(const Identity& from, const PeerBundle& to) {
  SignalStore store(&from, nullptr);
  const sealing::Scratch scratch(store);
  const std::string name = sealing::scratch_name();
  const SignalAddress address(name, 1);
  store.expect(to.identity());
  const Outcome<void> started = sealing::start_session(store, address, to, std::nullopt);
  if (!started) return std::unexpected(started.error());
  OneShot out;
  out.sender_ = from.key();
  out.recipient_ = to.identity();
  std::copy(to.sealing_key().begin(), to.sealing_key().end(), out.sealing_key_.begin());
  out.session_ = SecretBytes(store.scratch(name));
  return out;
}

std::optional<OneShot> OneShot::load(View serialised) {
  if (serialised.size() <= record_head_bytes || serialised.size() > record_bytes_max || serialised[0] != record_version)
    return std::nullopt;
  OneShot out;
  out.sender_ = *IdentityKey::from(serialised.subspan(1, IdentityKey::length));
  out.recipient_ = *IdentityKey::from(serialised.subspan(1 + IdentityKey::length, IdentityKey::length));
  const View sealing_key = serialised.subspan(1 + 2 * IdentityKey::length, 32);
  std::copy(sealing_key.begin(), sealing_key.end(), out.sealing_key_.begin());
  if (!is_public_key(out.sender_.view()) || !is_public_key(out.recipient_.view()) || !is_x25519_key(sealing_key))
    return std::nullopt;
  out.session_ = SecretBytes(serialised.subspan(record_head_bytes));
  return out;
}

SecretBytes OneShot::serialised() const {
  SecretBytes out(record_head_bytes + session_.size());
  std::uint8_t* at = out.data();
  *at++ = record_version;
  const auto append = [&at](View bytes) { at = std::copy(bytes.begin(), bytes.end(), at); };
  append(sender_.view());
  append(recipient_.view());
  append(sealing_key_);
  append(session_.view());
  return out;
}

Outcome<Bytes> OneShot::seal(const AddressHash& address, std::size_t envelope_bytes, const content::Content& content) {
  const sealing::Ends ends{sender_, recipient_, sealing_key_, address, envelope_bytes};
  const Outcome<sealing::Ready> ready = sealing::make_ready(ends, content);
  if (!ready) return std::unexpected(ready.error());
  SignalStore store(nullptr, nullptr);
  const sealing::Scratch scratch(store);
  const std::string name = sealing::scratch_name();
  const SignalAddress session(name, 1);
  store.put_scratch(name, session_.view());
  store.expect(recipient_);
  Outcome<Bytes> envelope = sealing::encrypt(store, session, ends, 0, *ready);
  if (envelope) session_ = SecretBytes(store.scratch(name));
  return envelope;
}

}  // namespace vigil::e2ee

#include "crypto/e2ee/session.hpp"

#include <signal/protocol.h>
#include <signal/session_cipher.h>
#include <signal/session_state.h>

#include <algorithm>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/own_sealing_keys.hpp"
#include "crypto/e2ee/sealing.hpp"
#include "crypto/e2ee/signal_store.hpp"
#include "proto/limits.hpp"

namespace vigil::e2ee {
namespace {

constexpr std::uint32_t signal_version = 3;

using sealing::Cipher;
using sealing::make_cipher;
using sealing::Scratch;
using sealing::scratch_name;

// Names are unique over all accounts, since identities are.
std::string session_name(const IdentityKey& peer) {
  return hex(peer.view());
}

using Failed = std::unexpected<OpenFailure>;
Failed failed(Fault fault, std::optional<CopyId> content_id = std::nullopt) {
  return Failed(OpenFailure{fault, content_id});
}

// The parts of an Inner whose lengths and relations are right.
struct Parts {
  IdentityKey sender;
  Device device = 0;
  bool one_shot = false;
  bool first = false;
  View message;
};
Outcome<Parts> check_inner(const content::Inner& inner, const IdentityKey& me, const std::optional<IdentityKey>& expected) {
  const std::optional<IdentityKey> sender = IdentityKey::from(view(inner.sender()));
  if (!sender || inner.recipient().size() != IdentityKey::length || inner.message().size() < 2)
    return std::unexpected(Fault::malformed);
  if (view(inner.recipient()).size() != me.bytes.size() ||
      !std::equal(me.bytes.begin(), me.bytes.end(), view(inner.recipient()).begin()))
    return std::unexpected(Fault::wrong_recipient);
  const bool first = inner.type() == CIPHERTEXT_PREKEY_TYPE;
  if (!first && inner.type() != CIPHERTEXT_SIGNAL_TYPE) return std::unexpected(Fault::malformed);
  if (inner.one_shot() ? !first || inner.device() != 0 : inner.device() < 1 || inner.device() > device_max)
    return std::unexpected(Fault::malformed);
  // Whoever is not known yet may introduce herself and no more.
  if (expected ? *expected != *sender : !inner.one_shot()) return std::unexpected(Fault::wrong_sender);
  return Parts{*sender, inner.device(), inner.one_shot(), first, view(inner.message())};
}

Fault fault_of(int error) {
  if (error == SG_ERR_DUPLICATE_MESSAGE) return Fault::replay;
  if (error == SG_ERR_UNTRUSTED_IDENTITY) return Fault::wrong_sender;
  return Fault::cannot_open;
}

std::optional<content::Content> parse_content(View plain, const Parts& parts, const IdentityKey& me, Fault& fault) {
  content::Content content;
  fault = Fault::malformed;
  if (!content.ParseFromArray(plain.data(), static_cast<int>(plain.size())) || content.id().size() != CopyId::length)
    return std::nullopt;
  // Bound once more inside the ratchet: an address or an Inner proves nothing about who wrote this.
  if (text(parts.sender.view()) != content.sender()) {
    fault = Fault::wrong_sender;
    return std::nullopt;
  }
  if (text(me.view()) != content.recipient()) {
    fault = Fault::wrong_recipient;
    return std::nullopt;
  }
  return content;
}

}  // namespace

class Sessions::Inside {
 public:
  Inside(const Identity& identity, KeyStore& store) : keys(store), signal(&identity, &store) {}

  std::optional<content::Inner> unseal(View envelope, const AddressHash& address, Fault& fault);
  std::expected<Opened, OpenFailure> decrypt(const Parts& parts, std::uint64_t now_s);
  std::expected<Opened, OpenFailure> decrypt_first(const Parts& parts, std::uint64_t now_s);
  std::expected<Opened, OpenFailure> decrypt_later(const Parts& parts);

  KeyStore& keys;
  SignalStore signal;

 private:
  bool session_is_with(const SignalAddress& address, const IdentityKey& peer);
  bool has_base_key(const SignalAddress& address, const ec_public_key* base_key);
};

// 'fault': why not, where nothing is returned.
std::optional<content::Inner> Sessions::Inside::unseal(View envelope, const AddressHash& address, Fault& fault) {
  fault = Fault::cannot_open;
  std::optional<content::Inner> opened;
  try_sealing_keys(keys, [&](const X25519Pair& pair) {
    Outcome<content::Inner> inner = open_envelope(envelope, pair, address);
    if (inner) {
      opened = std::move(*inner);
    } else {
      fault = inner.error();
    }
    return opened || fault != Fault::cannot_open;
  });
  return opened;
}

bool Sessions::Inside::session_is_with(const SignalAddress& address, const IdentityKey& peer) {
  Ref<session_record> record;
  if (signal_protocol_session_load_session(signal.get(), record.out(), address.get()) != SG_SUCCESS) {
    signal.rethrow();
    return false;
  }
  const ec_public_key* remote = session_state_get_remote_identity_key(session_record_get_state(record.get()));
  return remote != nullptr && bytes_of(remote) == peer;
}

bool Sessions::Inside::has_base_key(const SignalAddress& address, const ec_public_key* base_key) {
  Ref<session_record> record;
  if (signal_protocol_session_load_session(signal.get(), record.out(), address.get()) != SG_SUCCESS) {
    signal.rethrow();
    return false;
  }
  return session_record_has_session_state(record.get(), signal_version, base_key) == 1;
}

std::expected<Opened, OpenFailure> Sessions::Inside::decrypt(const Parts& parts, std::uint64_t now_s) {
  signal.expect(parts.sender);
  if (!parts.first) return decrypt_later(parts);
  if (!parts.one_shot) return decrypt_first(parts, now_s);
  const Scratch scratch(signal);
  return decrypt_first(parts, now_s);
}

std::expected<Opened, OpenFailure> Sessions::Inside::decrypt_first(const Parts& parts, std::uint64_t now_s) {
  Ref<pre_key_signal_message> message;
  if (pre_key_signal_message_deserialize(message.out(), parts.message.data(), parts.message.size(), signal.context()) !=
      SG_SUCCESS)
    return failed(Fault::malformed);
  const bool with_one_time = pre_key_signal_message_has_pre_key_id(message.get()) == 1;
  if (pre_key_signal_message_get_message_version(message.get()) != signal_version || (parts.one_shot && with_one_time))
    return failed(Fault::malformed);
  // Before decrypting: the library stores what a first message claims before it has checked it.
  if (bytes_of(pre_key_signal_message_get_identity_key(message.get())) != parts.sender) return failed(Fault::wrong_sender);

  const SignalAddress address(parts.one_shot ? scratch_name() : session_name(parts.sender), parts.one_shot ? 1 : parts.device);
  const ec_public_key* base_key = pre_key_signal_message_get_base_key(message.get());
  const Hash message_hash = hash(labels::first_message, {parts.message});
  const Hash session_start = hash(labels::first_message, {parts.sender.view(), bytes_of(base_key).view()});
  // A one-shot's session may seal more than one copy (fresher fixes), each of which opens once; an ordinary first message starts
  // its session once, and does not open as a one-shot afterwards.
  const Hash which = parts.one_shot ? hash(labels::first_message, {session_start.view(), message_hash.view()}) : session_start;
  if (parts.one_shot && keys.opened_first(session_start)) return failed(Fault::replay);
  const std::optional<OpenedFirst> before = keys.opened_first(which);
  const std::optional<CopyId> known =
      before && before->message == message_hash ? std::optional(before->content_id) : std::optional<CopyId>();
  // Later messages of a first flight carry the same base key, as long as their session lives. Without it they are old ones again.
  if (before && !has_base_key(address, base_key)) return failed(Fault::replay, known);

  const Cipher cipher = make_cipher(signal, address);
  Buffer plain;
  const int error = session_cipher_decrypt_pre_key_signal_message(cipher.get(), message.get(), nullptr, plain.out());
  if (error < 0) {
    signal.rethrow();
    return failed(fault_of(error), error == SG_ERR_DUPLICATE_MESSAGE ? known : std::nullopt);
  }
  Fault fault = Fault::malformed;
  std::optional<content::Content> content = parse_content(plain.view(), parts, signal.identity().key(), fault);
  if (!content) return failed(fault);
  if (!session_is_with(address, parts.sender)) return failed(Fault::wrong_sender);
  if (!before) keys.remember_first(which, {message_hash, *CopyId::from(view(content->id()))}, now_s + keys_kept_s);
  return Opened{parts.sender, parts.device, parts.one_shot, !before, !with_one_time, std::move(*content)};
}

std::expected<Opened, OpenFailure> Sessions::Inside::decrypt_later(const Parts& parts) {
  const SignalAddress address(session_name(parts.sender), parts.device);
  const int has_session = signal_protocol_session_contains_session(signal.get(), address.get());
  signal.rethrow();
  if (has_session != 1) return failed(Fault::cannot_open);
  Ref<signal_message> message;
  if (signal_message_deserialize(message.out(), parts.message.data(), parts.message.size(), signal.context()) != SG_SUCCESS)
    return failed(Fault::malformed);
  const Cipher cipher = make_cipher(signal, address);
  Buffer plain;
  const int error = session_cipher_decrypt_signal_message(cipher.get(), message.get(), nullptr, plain.out());
  if (error < 0) {
    signal.rethrow();
    return failed(fault_of(error));
  }
  Fault fault = Fault::malformed;
  std::optional<content::Content> content = parse_content(plain.view(), parts, signal.identity().key(), fault);
  if (!content) return failed(fault);
  if (!session_is_with(address, parts.sender)) return failed(Fault::wrong_sender);
  return Opened{parts.sender, parts.device, false, false, false, std::move(*content)};
}

Sessions::Sessions(const Identity& identity, KeyStore& store) : inside_(std::make_unique<Inside>(identity, store)) {}
Sessions::~Sessions() = default;
Sessions::Sessions(Sessions&&) noexcept = default;
Sessions& Sessions::operator=(Sessions&&) noexcept = default;

Outcome<Bytes> Sessions::seal(const Sealing& how, Device device, const content::Content& content,
                              const std::optional<OneTimePrekey>& one_time) {
  if (device < 1 || device > device_max) return std::unexpected(Fault::malformed);
  SignalStore& signal = inside_->signal;
  Transaction transaction(inside_->keys);
  if (!inside_->keys.is_trusted(how.to.identity())) return std::unexpected(Fault::not_trusted);
  const sealing::Ends ends{signal.identity().key(), how.to.identity(), how.to.sealing_key(), how.address, how.envelope_bytes};
  const Outcome<sealing::Ready> ready = sealing::make_ready(ends, content);
  if (!ready) return std::unexpected(ready.error());
  const SignalAddress address(session_name(how.to.identity()), device);
  signal.expect(how.to.identity());
  const int has_session = signal_protocol_session_contains_session(signal.get(), address.get());
  signal.rethrow();
  if (has_session != 1) {
    const Outcome<void> started = sealing::start_session(signal, address, how.to, one_time);
    if (!started) return std::unexpected(started.error());
  }
  Outcome<Bytes> envelope = sealing::encrypt(signal, address, ends, device, *ready);
  if (envelope) transaction.commit();
  return envelope;
}

bool Sessions::has_session(const IdentityKey& with, Device device) {
  const Transaction transaction(inside_->keys);
  return inside_->keys.session(session_name(with), device).has_value();
}

std::expected<Opened, OpenFailure> Sessions::open(View envelope, const AddressHash& address,
                                                  const std::optional<IdentityKey>& expected, std::uint64_t now_s,
                                                  const Keep& keep) {
  if (!limits::is_envelope_size(envelope.size())) return failed(Fault::malformed);
  Transaction transaction(inside_->keys);
  Fault fault = Fault::cannot_open;
  const std::optional<content::Inner> inner = inside_->unseal(envelope, address, fault);
  if (!inner) return failed(fault);
  const Outcome<Parts> parts = check_inner(*inner, inside_->signal.identity().key(), expected);
  if (!parts) return failed(parts.error());
  std::expected<Opened, OpenFailure> opened = inside_->decrypt(*parts, now_s);
  if (!opened) return opened;  // and the transaction is rolled back: a forged message changes nothing
  if (keep && !keep(*opened)) return failed(Fault::not_kept);
  transaction.commit();
  return opened;
}

void Sessions::forget(const IdentityKey& with) {
  Transaction transaction(inside_->keys);
  inside_->keys.erase_sessions(session_name(with));
  transaction.commit();
}

OneShots::OneShots(const Identity& identity) : identity_(identity) {}

Outcome<Bytes> OneShots::seal(const Sealing& how, const content::Content& content) {
  Outcome<OneShot> once = OneShot::prepare(identity_, how.to);
  if (!once) return std::unexpected(once.error());
  return once->seal(how.address, how.envelope_bytes, content);
}

}  // namespace vigil::e2ee

#include "crypto/e2ee/session.hpp"

#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_state.h>

#include <algorithm>
#include <cassert>
#include <new>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/signal_store.hpp"
#include "proto/limits.hpp"

namespace vigil::e2ee {
namespace {

constexpr std::uint32_t signal_version = 3;

using Builder = std::unique_ptr<session_builder, decltype(&session_builder_free)>;
using Cipher = std::unique_ptr<session_cipher, decltype(&session_cipher_free)>;

// 'address' must outlive what is made here: the library keeps the pointer.
Cipher make_cipher(SignalStore& store, const SignalAddress& address) {
  session_cipher* made = nullptr;
  if (session_cipher_create(&made, store.get(), address.get(), store.context()) != SG_SUCCESS) throw std::bad_alloc();
  return {made, &session_cipher_free};
}

// Names are unique over all accounts, since identities are.
std::string session_name(const IdentityKey& peer) {
  return hex(peer.view());
}
std::string scratch_name() {
  return "once:" + hex(random_bytes(16));
}

class Scratch {
 public:
  explicit Scratch(SignalStore& store) : store_(store) { store_.begin_scratch(); }
  ~Scratch() { store_.end_scratch(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  SignalStore& store_;
};

std::string as_string(View bytes) {
  return std::string(text(bytes));
}

// Content with both ends bound in, and the envelope it needs.
struct Prepared {
  SecretBytes plain;
  std::size_t envelope_bytes = 0;
};
Outcome<Prepared> prepare(const Identity& me, const Sealing& how, const content::Content& content) {
  if (content.id().size() != CopyId::length || (how.envelope_bytes != 0 && !limits::is_envelope_size(how.envelope_bytes)))
    return std::unexpected(Fault::malformed);
  content::Content bound = content;
  bound.set_sender(as_string(me.key().view()));
  bound.set_recipient(as_string(how.to.identity().view()));
  const std::size_t length = bound.ByteSizeLong();
  const std::optional<std::size_t> smallest = envelope_bytes_for(length);
  const std::size_t bytes = how.envelope_bytes != 0 ? how.envelope_bytes : smallest.value_or(0);
  if (!smallest || bytes < *smallest) return std::unexpected(Fault::too_large);
  Prepared out{SecretBytes(length), bytes};
  bound.SerializeToArray(out.plain.data(), static_cast<int>(length));
  return out;
}

// X3DH from a checked bundle: starts the session named by 'address'.
Outcome<void> start_session(SignalStore& store, const SignalAddress& address, const PeerBundle& to,
                            const std::optional<OneTimePrekey>& one_time) {
  const Ref<ec_public_key> identity = public_key_of(to.identity().view());
  const Ref<ec_public_key> signed_prekey = public_key_of(to.signed_prekey().view());
  Ref<ec_public_key> one_time_key;
  if (one_time) {
    if (!check_one_time(one_time->id, one_time->key.view())) return std::unexpected(Fault::malformed);
    one_time_key = public_key_of(one_time->key.view());
  }
  const IdentitySignature& signature = to.signed_prekey_signature();
  Ref<session_pre_key_bundle> bundle;
  if (session_pre_key_bundle_create(bundle.out(), to.registration_id(), address.get()->device_id, one_time ? one_time->id : 0,
                                    one_time_key.get(), to.signed_prekey_id(), signed_prekey.get(), signature.bytes.data(),
                                    signature.bytes.size(), identity.get()) != SG_SUCCESS)
    throw std::bad_alloc();
  session_builder* made = nullptr;
  if (session_builder_create(&made, store.get(), address.get(), store.context()) != SG_SUCCESS) throw std::bad_alloc();
  const Builder builder(made, &session_builder_free);
  if (session_builder_process_pre_key_bundle(builder.get(), bundle.get()) == SG_SUCCESS) return {};
  store.rethrow();
  return std::unexpected(Fault::malformed);
}

// One step of the sending chain, in its envelope. The session exists.
Outcome<Bytes> encrypt(SignalStore& store, const SignalAddress& address, const Sealing& how, Device device, bool one_shot,
                       const Prepared& prepared) {
  const Cipher cipher = make_cipher(store, address);
  Ref<ciphertext_message> message;
  const View plain = prepared.plain.view();
  if (session_cipher_encrypt(cipher.get(), plain.data(), plain.size(), message.out()) != SG_SUCCESS) {
    store.rethrow();
    return std::unexpected(Fault::malformed);
  }
  const signal_buffer* serialised = ciphertext_message_get_serialized(message.get());
  content::Inner inner;
  inner.set_sender(as_string(store.identity().key().view()));
  inner.set_recipient(as_string(how.to.identity().view()));
  inner.set_device(device);
  inner.set_type(static_cast<std::uint32_t>(ciphertext_message_get_type(message.get())));
  inner.set_message(signal_buffer_const_data(serialised), signal_buffer_len(serialised));
  inner.set_one_shot(one_shot);
  return seal_envelope(inner, how.to.sealing_key(), how.address, prepared.envelope_bytes);
}

Outcome<Bytes> seal_one_shot(SignalStore& store, const Sealing& how, const content::Content& content) {
  const Outcome<Prepared> prepared = prepare(store.identity(), how, content);
  if (!prepared) return std::unexpected(prepared.error());
  const Scratch scratch(store);
  const SignalAddress address(scratch_name(), 1);
  store.expect(how.to.identity());
  const Outcome<void> started = start_session(store, address, how.to, std::nullopt);
  if (!started) return std::unexpected(started.error());
  return encrypt(store, address, how, 0, true, *prepared);
}

}  // namespace

// ---- opening

namespace {

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
  Inside(const Identity& identity, KeyStore& store) : keys(store), signal(identity, &store) {}

  std::optional<content::Inner> unseal(View envelope, const AddressHash& address, Fault& fault);
  std::expected<Opened, OpenFailure> decrypt(const Parts& parts, std::uint64_t now_s);
  std::expected<Opened, OpenFailure> decrypt_first(const Parts& parts, std::uint64_t now_s);
  std::expected<Opened, OpenFailure> decrypt_later(const Parts& parts);

  KeyStore& keys;
  SignalStore signal;

 private:
  bool session_is_with(const SignalAddress& address, const IdentityKey& peer);
  bool has_base_key(const SignalAddress& address, const ec_public_key* base_key);

  std::vector<std::pair<std::uint32_t, X25519Pair>> sealing_;  // by id, the newest first; refreshed when the store's ids change
  void refresh_sealing_keys();
};

void Sessions::Inside::refresh_sealing_keys() {
  const std::vector<KeyAge> ids = keys.keys(KeyKind::sealing_key);
  if (std::equal(ids.begin(), ids.end(), sealing_.begin(), sealing_.end(),
                 [](const KeyAge& stored, const auto& cached) { return stored.id == cached.first; }))
    return;
  sealing_.clear();
  for (const KeyAge& stored : ids) {
    const std::optional<StoredKey> key = keys.key(KeyKind::sealing_key, stored.id);
    std::optional<X25519Pair> pair = key ? x25519_from_private(key->record.view()) : std::nullopt;
    if (pair) sealing_.emplace_back(stored.id, std::move(*pair));
  }
}

// The envelope does not say which weekly key it was sealed to (a relay would see who is slow): each is tried, about 0.1 ms a try.
std::optional<content::Inner> Sessions::Inside::unseal(View envelope, const AddressHash& address, Fault& fault) {
  refresh_sealing_keys();
  fault = Fault::cannot_open;
  for (const auto& [id, pair] : sealing_) {
    Outcome<content::Inner> inner = open_envelope(envelope, pair, address);
    if (inner) return std::move(*inner);
    fault = inner.error();
    if (fault != Fault::cannot_open) return std::nullopt;
  }
  return std::nullopt;
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
  const Hash which = hash(labels::first_message, {parts.sender.view(), bytes_of(base_key).view()});
  const Hash message_hash = hash(labels::first_message, {parts.message});
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
  const Outcome<Prepared> prepared = prepare(signal.identity(), how, content);
  if (!prepared) return std::unexpected(prepared.error());
  const SignalAddress address(session_name(how.to.identity()), device);
  signal.expect(how.to.identity());
  const int has_session = signal_protocol_session_contains_session(signal.get(), address.get());
  signal.rethrow();
  if (has_session != 1) {
    const Outcome<void> started = start_session(signal, address, how.to, one_time);
    if (!started) return std::unexpected(started.error());
  }
  Outcome<Bytes> envelope = encrypt(signal, address, how, device, false, *prepared);
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

class OneShots::Inside {
 public:
  explicit Inside(const Identity& identity) : signal(identity, nullptr) {}
  SignalStore signal;
};

OneShots::OneShots(const Identity& identity) : inside_(std::make_unique<Inside>(identity)) {}
OneShots::~OneShots() = default;
OneShots::OneShots(OneShots&&) noexcept = default;
OneShots& OneShots::operator=(OneShots&&) noexcept = default;

Outcome<Bytes> OneShots::seal(const Sealing& how, const content::Content& content) {
  return seal_one_shot(inside_->signal, how, content);
}

}  // namespace vigil::e2ee

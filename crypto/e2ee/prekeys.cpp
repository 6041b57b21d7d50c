#include "crypto/e2ee/prekeys.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <stdexcept>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/hpke.hpp"
#include "crypto/e2ee/signal_context.hpp"
#include "proto/content.pb.h"
#include "proto/limits.hpp"

namespace vigil::e2ee {
namespace {

// 24 bits, and without 0 (the library's "none") and 0xFFFFFF (which the library never deletes).
constexpr std::uint64_t key_id_max = 0xFFFFFE;

std::uint32_t next_id(KeyStore& store, Rising which) {
  const std::uint64_t id = store.rise(which);
  if (id < 1 || id > key_id_max) throw std::length_error("key ids are used up");
  return static_cast<std::uint32_t>(id);
}

SecretBytes secret_copy(const Buffer& buffer) {
  return SecretBytes(buffer.view());
}

void make_signed_prekey(const Identity& identity, KeyStore& store, std::uint64_t now_s) {
  const std::uint32_t id = next_id(store, Rising::signed_prekey_id);
  const Ref<ec_key_pair> pair = new_key_pair();
  const IdentityKey public_key = bytes_of(ec_key_pair_get_public(pair.get()));
  const IdentitySignature signature = identity.sign_prekey(public_key.view());
  Ref<session_signed_pre_key> prekey;
  Buffer record;
  if (session_signed_pre_key_create(prekey.out(), id, now_s, pair.get(), signature.bytes.data(), signature.bytes.size()) != 0 ||
      session_signed_pre_key_serialize(record.out(), prekey.get()) != SG_SUCCESS)
    throw std::bad_alloc();
  store.put_key(KeyKind::signed_prekey, {id, now_s, secret_copy(record)});
}

void make_sealing_key(KeyStore& store, std::uint64_t now_s) {
  const std::uint32_t id = next_id(store, Rising::sealing_key_id);
  X25519Pair pair = generate_x25519();
  store.put_key(KeyKind::sealing_key, {id, now_s, std::move(pair.private_key)});
}

// A key from the future was made under a wrong clock and would never be a week old: it is replaced as well.
bool needs_new(const std::vector<KeyAge>& keys, std::uint64_t now_s) {
  if (keys.empty()) return true;
  const std::uint64_t created_s = keys.front().created_s;
  return now_s >= created_s + rotate_after_s || created_s > now_s + clock_tolerance_s;
}

void forget_old(KeyStore& store, KeyKind kind, std::uint64_t now_s) {
  for (const KeyAge& key : store.keys(kind))
    if (now_s > key.created_s + keys_kept_s) store.erase_key(kind, key.id);
}

std::string as_string(View bytes) {
  return std::string(text(bytes));
}

}  // namespace

bool OwnKeys::rotate(std::uint64_t now_s) {
  Transaction transaction(store_);
  bool made = false;
  if (needs_new(store_.keys(KeyKind::signed_prekey), now_s)) {
    make_signed_prekey(identity_, store_, now_s);
    made = true;
  }
  if (needs_new(store_.keys(KeyKind::sealing_key), now_s)) {
    make_sealing_key(store_, now_s);
    made = true;
  }
  forget_old(store_, KeyKind::signed_prekey, now_s);
  forget_old(store_, KeyKind::sealing_key, now_s);
  store_.forget_first_before(now_s);
  transaction.commit();
  return made;
}

OwnKeys::Published OwnKeys::make_bundle(std::uint64_t now_s) {
  rotate(now_s);
  Transaction transaction(store_);
  const std::optional<StoredKey> signed_key = store_.key(KeyKind::signed_prekey, store_.keys(KeyKind::signed_prekey).at(0).id);
  const std::optional<StoredKey> sealing_key = store_.key(KeyKind::sealing_key, store_.keys(KeyKind::sealing_key).at(0).id);
  if (!signed_key || !sealing_key) throw std::runtime_error("key store: listed keys are missing");
  Ref<session_signed_pre_key> prekey;
  const View record = signed_key->record.view();
  const std::optional<X25519Pair> sealing = x25519_from_private(sealing_key->record.view());
  if (session_signed_pre_key_deserialize(prekey.out(), record.data(), record.size(), thread_context()) != SG_SUCCESS || !sealing)
    throw std::runtime_error("key store: a key is damaged");

  const IdentityKey public_key = bytes_of(ec_key_pair_get_public(session_signed_pre_key_get_key_pair(prekey.get())));
  content::BundleBody body;
  body.set_sequence(store_.rise(Rising::bundle_sequence));
  body.set_issued_s(now_s);
  body.set_not_after_s(now_s + bundle_life_s);
  body.set_identity(as_string(identity_.key().view()));
  body.set_registration_id(identity_.registration_id());
  body.set_signed_prekey_id(signed_key->id);
  body.set_signed_prekey(as_string(public_key.view()));
  body.set_signed_prekey_signature(
      as_string({session_signed_pre_key_get_signature(prekey.get()), session_signed_pre_key_get_signature_len(prekey.get())}));
  body.set_sealing_key_id(sealing_key->id);
  body.set_sealing_key(as_string(sealing->public_key));
  transaction.commit();

  content::Bundle bundle;
  bundle.set_body(body.SerializeAsString());
  bundle.set_signature(as_string(identity_.sign(labels::bundle, {view(bundle.body())}).view()));
  const std::string serialised = bundle.SerializeAsString();
  assert(serialised.size() <= limits::bundle_bytes_max);
  return {Bytes(serialised.begin(), serialised.end()), body.sequence(), body.not_after_s()};
}

std::vector<OneTimePrekey> OwnKeys::make_one_time(std::size_t count, std::uint64_t now_s) {
  Transaction transaction(store_);
  std::vector<OneTimePrekey> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t id = next_id(store_, Rising::one_time_prekey_id);
    const Ref<ec_key_pair> pair = new_key_pair();
    Ref<session_pre_key> prekey;
    Buffer record;
    if (session_pre_key_create(prekey.out(), id, pair.get()) != SG_SUCCESS ||
        session_pre_key_serialize(record.out(), prekey.get()) != SG_SUCCESS)
      throw std::bad_alloc();
    store_.put_key(KeyKind::one_time_prekey, {id, now_s, secret_copy(record)});
    out.push_back({id, bytes_of(ec_key_pair_get_public(pair.get()))});
  }
  const std::vector<KeyAge> kept = store_.keys(KeyKind::one_time_prekey);
  for (std::size_t i = one_time_kept_max; i < kept.size(); ++i) store_.erase_key(KeyKind::one_time_prekey, kept[i].id);
  transaction.commit();
  return out;
}

Outcome<PeerBundle> verify_bundle(View serialised, const IdentityKey& expected, std::uint64_t now_s, std::uint64_t sequence_seen,
                                  BundleAge age) {
  const auto refuse = [](Fault fault) { return std::unexpected(fault); };
  content::Bundle bundle;
  content::BundleBody body;
  if (serialised.size() > limits::bundle_bytes_max ||
      !bundle.ParseFromArray(serialised.data(), static_cast<int>(serialised.size())) || !body.ParseFromString(bundle.body()))
    return refuse(Fault::malformed);

  // Everything the library would choke on comes first: without a signature it ends the process, and it takes any point.
  const std::optional<IdentityKey> identity = IdentityKey::from(view(body.identity()));
  const std::optional<IdentityKey> prekey = IdentityKey::from(view(body.signed_prekey()));
  const std::optional<IdentitySignature> prekey_signature = IdentitySignature::from(view(body.signed_prekey_signature()));
  if (!identity || !prekey || !prekey_signature || bundle.signature().size() != IdentitySignature::length ||
      body.sealing_key().size() != 32 || !is_public_key(identity->view()) || !is_public_key(prekey->view()) ||
      !is_x25519_key(view(body.sealing_key())) || body.signed_prekey_id() < 1 || body.signed_prekey_id() > key_id_max ||
      body.sequence() < 1 || body.not_after_s() < body.issued_s() || body.not_after_s() - body.issued_s() > bundle_life_s)
    return refuse(Fault::malformed);
  if (*identity != expected) return refuse(Fault::wrong_identity);
  if (!verify(*identity, view(bundle.signature()), labels::bundle, {view(bundle.body())}) ||
      !verify_prekey(*identity, prekey_signature->view(), prekey->view()))
    return refuse(Fault::bad_signature);
  if (body.sequence() < sequence_seen) return refuse(Fault::rolled_back);
  if (age == BundleAge::must_be_fresh) {
    if (body.issued_s() > now_s + clock_tolerance_s) return refuse(Fault::from_the_future);
    if (body.not_after_s() < now_s) return refuse(Fault::expired);
  }

  PeerBundle out;
  out.identity_ = *identity;
  out.sequence_ = body.sequence();
  out.issued_s_ = body.issued_s();
  out.not_after_s_ = body.not_after_s();
  out.registration_id_ = body.registration_id();
  out.signed_prekey_id_ = body.signed_prekey_id();
  out.signed_prekey_ = *prekey;
  out.signed_prekey_signature_ = *prekey_signature;
  std::copy(body.sealing_key().begin(), body.sealing_key().end(), out.sealing_key_.begin());
  return out;
}

std::optional<OneTimePrekey> check_one_time(std::uint32_t id, View key) {
  if (id < 1 || id > key_id_max || !is_public_key(key)) return std::nullopt;
  return OneTimePrekey{id, *IdentityKey::from(key)};
}

}  // namespace vigil::e2ee

#include "crypto/base/hash.hpp"

#include <sodium.h>

#include <cassert>

#include "crypto/base/labels.hpp"

namespace vigil {
namespace {

// One framed part: be32 of its length, then its bytes. 'update' is the hash's own streaming function; nothing is copied or
// allocated.
void add_framed(crypto_hash_sha256_state& state, const std::uint8_t* data, std::size_t size) {
  const auto length = be32(static_cast<std::uint32_t>(size));
  crypto_hash_sha256_update(&state, length.data(), length.size());
  crypto_hash_sha256_update(&state, data, size);
}

const std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

template <class Id>
Id first_bytes(const Hash& whole) {
  static_assert(Id::length <= Hash::length);
  Id id;
  std::copy_n(whole.bytes.begin(), Id::length, id.bytes.begin());
  return id;
}

using Digest = std::array<std::uint8_t, crypto_auth_hmacsha256_BYTES>;

struct Hmac {
  explicit Hmac(View key) {
    static constexpr std::uint8_t empty_key = 0;
    crypto_auth_hmacsha256_init(&state, key.empty() ? &empty_key : key.data(), key.size());
  }
  ~Hmac() { sodium_memzero(&state, sizeof state); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  void add(View part) { crypto_auth_hmacsha256_update(&state, part.data(), part.size()); }
  void finish(Digest& out) { crypto_auth_hmacsha256_final(&state, out.data()); }
  crypto_auth_hmacsha256_state state;
};

}  // namespace

std::array<std::uint8_t, 4> be32(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

std::array<std::uint8_t, 8> be64(std::uint64_t number) {
  std::array<std::uint8_t, 8> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return out;
}

Hash hash(std::string_view label, std::initializer_list<View> parts) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  add_framed(state, octets(label), label.size());
  for (const View part : parts) add_framed(state, part.data(), part.size());
  Hash out;
  crypto_hash_sha256_final(&state, out.bytes.data());
  return out;
}

std::array<std::uint8_t, 16> keyed_hash(const HashingKey& key, std::string_view label, View part) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.bytes.data(), key.bytes.size(), 16);
  const auto label_length = be32(static_cast<std::uint32_t>(label.size()));
  const auto part_length = be32(static_cast<std::uint32_t>(part.size()));
  crypto_generichash_update(&state, label_length.data(), label_length.size());
  crypto_generichash_update(&state, octets(label), label.size());
  crypto_generichash_update(&state, part_length.data(), part_length.size());
  crypto_generichash_update(&state, part.data(), part.size());
  std::array<std::uint8_t, 16> out;
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

MailboxId mailbox_id(const PublicKey& owner) {
  return {hash(labels::mailbox, {owner.view()}).bytes};
}

AddressHash address_hash(const Address& address) {
  return {hash(labels::address, {address.view()}).bytes};
}

CopyId copy_id(const FanoutId& fanout, const AddressHash& to) {
  return first_bytes<CopyId>(hash(labels::copy, {fanout.view(), to.view()}));
}

CopyId released_copy_id(const VigilId& vigil, std::uint32_t round, std::uint32_t stage, std::uint32_t what,
                        const AddressHash& to) {
  const auto round_bytes = be32(round);
  const auto stage_bytes = be32(stage);
  const auto what_bytes = be32(what);
  return first_bytes<CopyId>(hash(labels::released_copy, {vigil.view(), round_bytes, stage_bytes, what_bytes, to.view()}));
}

Hash vigil_secret_hash(const Secret& secret) {
  return hash(labels::vigil_secret, {secret.view()});
}

Hash invite_hash(const Secret& right) {
  return hash(labels::invite, {right.view()});
}

Secret answer_chain(const Secret& from, std::uint32_t steps) {
  Secret at = from;
  for (std::uint32_t step = 0; step < steps; ++step) at.bytes = hash(labels::answer_step, {at.view()}).bytes;
  return at;
}

Bytes derive(View key, View salt, std::string_view label, std::size_t length) {
  assert(length <= 255 * sizeof(Digest));
  Digest pseudorandom;
  {
    Hmac extract(salt);
    extract.add(key);
    extract.finish(pseudorandom);
  }
  Bytes out;
  out.reserve(length);
  Digest block;
  for (std::uint8_t counter = 1; out.size() < length; ++counter) {
    Hmac expand(pseudorandom);
    if (counter > 1) expand.add(block);
    expand.add({octets(label), label.size()});
    expand.add({&counter, 1});
    expand.finish(block);
    const std::size_t wanted = std::min(block.size(), length - out.size());
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(wanted));
  }
  sodium_memzero(pseudorandom.data(), pseudorandom.size());
  sodium_memzero(block.data(), block.size());
  return out;
}

Secret for_relay(const Secret& secret, const PublicKey& root) {
  Bytes derived = derive(secret.view(), root.view(), labels::per_relay, Secret::length);
  const Secret out = *Secret::from(derived);
  sodium_memzero(derived.data(), derived.size());
  return out;
}

bool equal_secret(View a, View b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace vigil

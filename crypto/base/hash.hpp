// Hashes of the protocol: SHA-256 over a label and length-prefixed parts, so that no two inputs run into each other.
// Used by relay and client. Pure functions; no state, any thread.
#pragma once

#include <initializer_list>
#include <string_view>

#include "proto/ids.hpp"

namespace vigil {

// SHA-256( be32 |label| . label . for each part: be32 |part| . part ). Every H(...) of docs/protocol.md is this.
Hash hash(std::string_view label, std::initializer_list<View> parts);

// Keyed BLAKE2b-128 of label and part (as framed above): tags and remembered ids on a relay's disk. The key never leaves the
// relay.
using HashingKey = Secret;
std::array<std::uint8_t, 16> keyed_hash(const HashingKey& key, std::string_view label, View part);

MailboxId mailbox_id(const PublicKey& owner);
AddressHash address_hash(const Address& address);
CopyId copy_id(const FanoutId& fanout, const AddressHash& to);
// 'what' is a wire.VigilCopy; numbers are hashed as be32.
CopyId released_copy_id(const VigilId& vigil, std::uint32_t round, std::uint32_t stage, std::uint32_t what,
                        const AddressHash& to);
Hash vigil_secret_hash(const Secret& secret);
Hash invite_hash(const Secret& right);

// The answer chain: 'steps' times H("vigil answer step", .). The head is answer_chain(secret, limits::answer_chain_steps); the
// token of step k is answer_chain(secret, answer_chain_steps - k), and answer_chain(token, k) is the head again.
Secret answer_chain(const Secret& from, std::uint32_t steps);

// The same secret at another relay: HKDF-SHA256(secret, salt = the relay's root, "vigil per relay"), so one relay cannot use it
// elsewhere.
Secret for_relay(const Secret& secret, const PublicKey& root);

// HKDF-SHA256 (RFC 5869) with the label as info: 'length' bytes, at most 255 * 32.
Bytes derive(View key, View salt, std::string_view label, std::size_t length);

// Constant time in the contents. Different lengths are different.
bool equal_secret(View a, View b);

// Big-endian, as in every signed or hashed number.
std::array<std::uint8_t, 4> be32(std::uint32_t number);
std::array<std::uint8_t, 8> be64(std::uint64_t number);

}  // namespace vigil

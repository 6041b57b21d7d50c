// Checking the bytes of requests at the edge: inside there are only valid values. Used by requests/ and bench/micro; pure, any
// thread.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "proto/ids.hpp"
#include "proto/limits.hpp"
#include "proto/wire.pb.h"
#include "storage/store.hpp"

namespace vigil::server {

// Why a request is refused at the edge: one of a few fixed sentences, for developers. Never holds input.
struct Why {
  const char* text;
  Status status = wire::INVALID;
};
template <class T>
using Checked = std::expected<T, Why>;

// Fixed-length values. False: another length.
template <class Id>
bool read_id(const std::string& from, Id& to) {
  if (from.size() != Id::length) return false;
  std::copy(from.begin(), from.end(), to.bytes.begin());
  return true;
}

inline storage::SharedBytes shared_bytes(const std::string& from) {
  return std::make_shared<const Bytes>(from.begin(), from.end());
}

inline bool read_address(const std::string& from, AddressHash& to) {
  Address address;
  if (!read_id(from, address)) return false;
  to = address_hash(address);
  return true;
}

// Packed addresses, 1 to 'most', hashed in order; no address twice.
Checked<std::vector<AddressHash>> read_addresses(const std::string& packed, std::size_t most);

// owner.cpp
Checked<storage::Grant> read_grant(const wire::Grant& from, const MailboxId& mailbox, storage::Instant now);
Checked<storage::Withdraw> read_withdraw(const wire::Withdraw& from, const MailboxId& mailbox);
Checked<storage::OpenMailbox> read_open_mailbox(const wire::OpenMailbox& from, const MailboxId& mailbox);

// prekeys.cpp
Checked<storage::PublishPrekeys> read_publish_prekeys(const wire::PublishPrekeys& from, const MailboxId& mailbox);
Checked<storage::TakePrekeys> read_fetch_prekeys(const wire::FetchPrekeys& from);

// deliver.cpp
Checked<storage::Deliver> read_deliver(const wire::Deliver& from);

// vigils.cpp
Checked<storage::Keep> read_vigil(const wire::Vigil& from, const VigilId& said);
Checked<storage::Refresh> read_refresh(const wire::Refresh& from);
Checked<storage::Renew> read_renew(const wire::Renew& from);
Checked<storage::Hurry> read_hurry(const wire::Hurry& from);
Checked<storage::End> read_end(const wire::End& from);
Checked<storage::Answering> read_answering(const wire::Answering& from);
Checked<storage::Close> read_close(const wire::Close& from);

// answers.cpp: what the store says, in the words of the wire.
wire::Answer answer_from(std::uint64_t id, const storage::Outcome& outcome);

}  // namespace vigil::server

// crypto/e2ee's KeyStore inside the container: own prekeys and sealing keys, ratchet sessions, first messages seen, trust = the
// contacts. One thread; every step in an IMMEDIATE transaction, so that `listen` and other commands never fork a chain.
#pragma once

#include "client/container.hpp"
#include "crypto/e2ee/key_store.hpp"

namespace vigil::client {

class ContainerKeys final : public e2ee::KeyStore {
 public:
  explicit ContainerKeys(Container& container) : container_(container) {}  // must outlive it

  void begin() override;
  void commit() override;
  void rollback() noexcept override;

  void put_key(e2ee::KeyKind kind, const e2ee::StoredKey& key) override;
  std::optional<e2ee::StoredKey> key(e2ee::KeyKind kind, std::uint32_t id) override;
  void erase_key(e2ee::KeyKind kind, std::uint32_t id) override;
  std::vector<e2ee::KeyAge> keys(e2ee::KeyKind kind) override;
  std::uint64_t rise(e2ee::Rising which) override;

  std::optional<SecretBytes> session(const std::string& name, std::uint32_t device) override;
  void put_session(const std::string& name, std::uint32_t device, View record) override;
  void erase_session(const std::string& name, std::uint32_t device) override;
  void erase_sessions(const std::string& name) override;

  std::optional<e2ee::OpenedFirst> opened_first(const Hash& which) override;
  void remember_first(const Hash& which, const e2ee::OpenedFirst& what, std::uint64_t until_s) override;
  void forget_first_before(std::uint64_t now_s) override;

  // A contact, or an identity trusted for a meeting (until the first meeting after its time). One-shots never ask.
  bool is_trusted(const e2ee::IdentityKey& identity) override;
  void trust_for_meeting(const e2ee::IdentityKey& identity, std::uint64_t now_s, std::uint64_t until_s);

  // The identity of this profile; made and kept at the first call.
  e2ee::Identity own_identity();

 private:
  Container& container_;
};

}  // namespace vigil::client

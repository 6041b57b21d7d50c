// A KeyStore in ordinary memory, for tests, fuzzers and the interop peer. Compares as a value, so that a test can say
// "untouched".
#pragma once

#include <map>
#include <set>

#include "crypto/e2ee/key_store.hpp"

namespace vigil::e2ee {

class MemoryKeyStore : public KeyStore {
 public:
  void begin() override;
  void commit() override;
  void rollback() noexcept override;

  void put_key(KeyKind kind, const StoredKey& key) override;
  std::optional<StoredKey> key(KeyKind kind, std::uint32_t id) override;
  void erase_key(KeyKind kind, std::uint32_t id) override;
  std::vector<KeyAge> keys(KeyKind kind) override;
  std::uint64_t rise(Rising which) override;

  std::optional<SecretBytes> session(const std::string& name, std::uint32_t device) override;
  void put_session(const std::string& name, std::uint32_t device, View record) override;
  void erase_session(const std::string& name, std::uint32_t device) override;
  void erase_sessions(const std::string& name) override;

  std::optional<OpenedFirst> opened_first(const Hash& which) override;
  void remember_first(const Hash& which, const OpenedFirst& what, std::uint64_t until_s) override;
  void forget_first_before(std::uint64_t now_s) override;

  bool is_trusted(const IdentityKey& identity) override;
  void trust(const IdentityKey& identity);
  void distrust(const IdentityKey& identity);

  struct Key {
    std::uint64_t created_s = 0;
    Bytes record;
    bool operator==(const Key&) const = default;
  };
  struct First {
    Hash message;
    CopyId content_id;
    std::uint64_t until_s = 0;
    bool operator==(const First&) const = default;
  };
  struct State {
    std::map<std::pair<KeyKind, std::uint32_t>, Key> keys;
    std::map<Rising, std::uint64_t> risen;
    std::map<std::pair<std::string, std::uint32_t>, Bytes> sessions;
    std::map<Hash, First> firsts;
    std::set<IdentityKey> trusted;
    bool operator==(const State&) const = default;
  };
  const State& state() const { return now_; }
  std::size_t open_transactions() const { return before_.size(); }

 private:
  State now_;
  std::vector<State> before_;  // one a transaction, the innermost last
};

}  // namespace vigil::e2ee

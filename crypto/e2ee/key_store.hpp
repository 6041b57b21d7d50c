// What the end-to-end room needs kept: the seam between it and the client's profile (SQLCipher; MemoryKeyStore in tests).
// One store per identity, used from one thread at a time. A failing disk is an exception out of any of these: then the
// transaction is rolled back and nothing has happened.
#pragma once

#include <string>
#include <vector>

#include "crypto/base/secret_bytes.hpp"
#include "crypto/e2ee/identity.hpp"
#include "proto/ids.hpp"

namespace vigil::e2ee {

enum class KeyKind : std::uint8_t { signed_prekey = 1, sealing_key = 2, one_time_prekey = 3 };

struct StoredKey {
  std::uint32_t id = 0;
  std::uint64_t created_s = 0;
  SecretBytes record;  // opaque to the store
};

struct KeyAge {
  std::uint32_t id = 0;
  std::uint64_t created_s = 0;
};

// Numbers that only rise and are never given twice, also when what they numbered is gone.
enum class Rising : std::uint8_t { signed_prekey_id = 1, sealing_key_id = 2, one_time_prekey_id = 3, bundle_sequence = 4 };

// A first message that was opened: kept against replay until the keys it was sealed to are gone.
struct OpenedFirst {
  Hash message;       // of the whole Signal message: tells a copy that came again from another message under the same base key
  CopyId content_id;  // so that the same copy of a later round can ring again
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // Transactions nest: an inner one (SAVEPOINT) undoes only itself, an outer one undoes everything. So the client may open and
  // keep a copy in one transaction of its own. All the rest of this interface is called inside at least one.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  // Own keys, by kind and id.
  virtual void put_key(KeyKind kind, const StoredKey& key) = 0;
  virtual std::optional<StoredKey> key(KeyKind kind, std::uint32_t id) = 0;
  virtual void erase_key(KeyKind kind, std::uint32_t id) = 0;  // nothing to erase is fine
  virtual std::vector<KeyAge> keys(KeyKind kind) = 0;          // highest id first
  virtual std::uint64_t rise(Rising which) = 0;                // 1, 2, 3, ...

  // Session records of the ratchet, by the other's name and device. Opaque, up to about 200 KB.
  virtual std::optional<SecretBytes> session(const std::string& name, std::uint32_t device) = 0;
  virtual void put_session(const std::string& name, std::uint32_t device, View record) = 0;
  virtual void erase_session(const std::string& name, std::uint32_t device) = 0;
  virtual void erase_sessions(const std::string& name) = 0;  // of all devices

  // First messages seen, by a hash over sender and base key.
  virtual std::optional<OpenedFirst> opened_first(const Hash& which) = 0;
  virtual void remember_first(const Hash& which, const OpenedFirst& what, std::uint64_t until_s) = 0;
  virtual void forget_first_before(std::uint64_t now_s) = 0;  // those whose 'until_s' has passed

  // Whether this identity is a contact (or a card just scanned): asked before every seal, because the library never asks.
  virtual bool is_trusted(const IdentityKey& identity) = 0;
};

// begin(), and rollback() unless commit() was reached: also on exceptions.
class Transaction {
 public:
  explicit Transaction(KeyStore& store) : store_(store) { store_.begin(); }
  ~Transaction() {
    if (!done_) store_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    store_.commit();
    done_ = true;
  }

 private:
  KeyStore& store_;
  bool done_ = false;
};

}  // namespace vigil::e2ee

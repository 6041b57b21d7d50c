// The library's four stores over ours, for one account. Inside this room only.
// C code calls back into C++ here: an exception of the KeyStore is caught, the library is told "error", and rethrow() goes on
// with it.
#pragma once

#include <exception>
#include <map>
#include <optional>
#include <string>

#include "crypto/e2ee/key_store.hpp"
#include "crypto/e2ee/signal_context.hpp"

namespace vigil::e2ee {

class SignalStore {
 public:
  // 'keys' is null where only one-shots are sealed: then there is nothing to load, and sessions are scratch. 'identity' is null
  // where prepared ones are: the library then finds no secret to use.
  SignalStore(const Identity* identity, KeyStore* keys);
  ~SignalStore();
  SignalStore(const SignalStore&) = delete;
  SignalStore& operator=(const SignalStore&) = delete;

  const Identity& identity() const { return *identity_; }
  signal_context* context() const { return context_.get(); }
  signal_protocol_store_context* get() const { return store_; }

  // The only identity the library may accept in the operation that follows.
  void expect(const IdentityKey& peer) { peer_ = peer; }
  // While a one-shot is sealed or opened, its session lives here and nowhere else.
  void begin_scratch() { scratch_.emplace(); }
  void end_scratch() { scratch_.reset(); }
  void put_scratch(const std::string& name, View record) { scratch_->insert_or_assign(name, SecretBytes(record)); }
  View scratch(const std::string& name) const { return scratch_->at(name).view(); }

  // After each call into the library that failed: throws what a callback caught.
  void rethrow();

 private:
  template <class Work>
  int guarded(Work work) noexcept;
  static SignalStore& of(void* user_data) { return *static_cast<SignalStore*>(user_data); }
  void set_session_store();
  void set_prekey_stores();
  void set_identity_store();
  int load_key(KeyKind kind, std::uint32_t id, signal_buffer** out);

  const Identity* identity_;
  KeyStore* keys_;
  SignalContext context_;
  signal_protocol_store_context* store_ = nullptr;
  IdentityKey peer_;
  std::optional<std::map<std::string, SecretBytes>> scratch_;
  std::exception_ptr caught_;
};

}  // namespace vigil::e2ee

#include "crypto/e2ee/signal_store.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace vigil::e2ee {
namespace {

std::string name_of(const signal_protocol_address* address) {
  return std::string(address->name, address->name_len);
}
std::uint32_t device_of(const signal_protocol_address* address) {
  return static_cast<std::uint32_t>(address->device_id);
}

int give(View bytes, signal_buffer** out) {
  *out = signal_buffer_create(bytes.data(), bytes.size());
  return *out == nullptr ? SG_ERR_NOMEM : SG_SUCCESS;
}

}  // namespace

template <class Work>
int SignalStore::guarded(Work work) noexcept {
  try {
    return work();
  } catch (...) {
    caught_ = std::current_exception();
    return SG_ERR_UNKNOWN;
  }
}

void SignalStore::rethrow() {
  if (caught_) std::rethrow_exception(std::exchange(caught_, nullptr));
}

SignalStore::SignalStore(const Identity* identity, KeyStore* keys) : identity_(identity), keys_(keys) {
  if (signal_protocol_store_context_create(&store_, context_.get()) != SG_SUCCESS) throw std::bad_alloc();
  set_session_store();
  set_prekey_stores();
  set_identity_store();
}

SignalStore::~SignalStore() {
  signal_protocol_store_context_destroy(store_);
}

// Found is 1, not found 0: the other stores answer otherwise.
void SignalStore::set_session_store() {
  const signal_protocol_session_store callbacks{
      .load_session_func =
          [](signal_buffer** record, signal_buffer**, const signal_protocol_address* address, void* self) {
            SignalStore& store = of(self);
            return store.guarded([&] {
              if (store.scratch_) {
                const auto found = store.scratch_->find(name_of(address));
                if (found == store.scratch_->end()) return 0;
                const int given = give(found->second.view(), record);
                return given == SG_SUCCESS ? 1 : given;
              }
              const std::optional<SecretBytes> found = store.keys_->session(name_of(address), device_of(address));
              if (!found) return 0;
              const int given = give(found->view(), record);
              return given == SG_SUCCESS ? 1 : given;
            });
          },
      .get_sub_device_sessions_func = [](signal_int_list**, const char*, std::size_t, void*) { return SG_ERR_INVAL; },  // unused
      .store_session_func =
          [](const signal_protocol_address* address, std::uint8_t* record, std::size_t length, std::uint8_t*, std::size_t,
             void* self) {
            SignalStore& store = of(self);
            return store.guarded([&] {
              if (store.scratch_)
                store.scratch_->insert_or_assign(name_of(address), SecretBytes(View(record, length)));
              else
                store.keys_->put_session(name_of(address), device_of(address), {record, length});
              return SG_SUCCESS;
            });
          },
      .contains_session_func =
          [](const signal_protocol_address* address, void* self) {
            SignalStore& store = of(self);
            return store.guarded([&] {
              if (store.scratch_) return store.scratch_->contains(name_of(address)) ? 1 : 0;
              return store.keys_->session(name_of(address), device_of(address)) ? 1 : 0;
            });
          },
      .delete_session_func = [](const signal_protocol_address*, void*) { return SG_ERR_INVAL; },  // unused
      .delete_all_sessions_func = [](const char*, std::size_t, void*) { return SG_ERR_INVAL; },   // unused
      .destroy_func = nullptr,
      .user_data = this};
  if (signal_protocol_store_context_set_session_store(store_, &callbacks) != SG_SUCCESS) throw std::bad_alloc();
}

int SignalStore::load_key(KeyKind kind, std::uint32_t id, signal_buffer** out) {
  return guarded([&]() -> int {
    if (keys_ == nullptr) return SG_ERR_INVALID_KEY_ID;
    const std::optional<StoredKey> found = keys_->key(kind, id);
    return found ? give(found->record.view(), out) : SG_ERR_INVALID_KEY_ID;
  });
}

// Found is 0. Keys are made by prekeys.cpp, so the library stores none.
void SignalStore::set_prekey_stores() {
  const signal_protocol_pre_key_store one_time{
      .load_pre_key = [](signal_buffer** record, std::uint32_t id,
                         void* self) { return of(self).load_key(KeyKind::one_time_prekey, id, record); },
      .store_pre_key = [](std::uint32_t, std::uint8_t*, std::size_t, void*) { return SG_ERR_INVAL; },  // unused
      .contains_pre_key =
          [](std::uint32_t id, void* self) {
            SignalStore& store = of(self);
            return store.guarded(
                [&] { return store.keys_ != nullptr && store.keys_->key(KeyKind::one_time_prekey, id) ? 1 : 0; });
          },
      .remove_pre_key =
          [](std::uint32_t id, void* self) {
            SignalStore& store = of(self);
            return store.guarded([&] {
              if (store.keys_ != nullptr) store.keys_->erase_key(KeyKind::one_time_prekey, id);
              return SG_SUCCESS;
            });
          },
      .destroy_func = nullptr,
      .user_data = this};
  const signal_protocol_signed_pre_key_store weekly{
      .load_signed_pre_key = [](signal_buffer** record, std::uint32_t id,
                                void* self) { return of(self).load_key(KeyKind::signed_prekey, id, record); },
      .store_signed_pre_key = [](std::uint32_t, std::uint8_t*, std::size_t, void*) { return SG_ERR_INVAL; },  // unused
      .contains_signed_pre_key =
          [](std::uint32_t id, void* self) {
            SignalStore& store = of(self);
            return store.guarded([&] { return store.keys_ != nullptr && store.keys_->key(KeyKind::signed_prekey, id) ? 1 : 0; });
          },
      .remove_signed_pre_key = [](std::uint32_t, void*) { return SG_ERR_INVAL; },  // unused
      .destroy_func = nullptr,
      .user_data = this};
  if (signal_protocol_store_context_set_pre_key_store(store_, &one_time) != SG_SUCCESS ||
      signal_protocol_store_context_set_signed_pre_key_store(store_, &weekly) != SG_SUCCESS)
    throw std::bad_alloc();
}

void SignalStore::set_identity_store() {
  const signal_protocol_identity_key_store callbacks{
      .get_identity_key_pair = [](signal_buffer** public_data, signal_buffer** private_data, void* self) -> int {
        const Identity* identity = of(self).identity_;
        if (identity == nullptr) return SG_ERR_INVAL;
        const int given = give(identity->key().view(), public_data);
        return given != SG_SUCCESS ? given : give(identity->private_key(), private_data);
      },
      .get_local_registration_id =
          [](void* self, std::uint32_t* id) {
            const Identity* identity = of(self).identity_;
            if (identity == nullptr) return SG_ERR_INVAL;
            *id = identity->registration_id();
            return SG_SUCCESS;
          },
      // Called before a first message is even decrypted, also for forged ones. There is nothing to save: names are made of
      // identities.
      .save_identity = [](const signal_protocol_address*, std::uint8_t*, std::size_t, void*) { return SG_SUCCESS; },
      .is_trusted_identity =
          [](const signal_protocol_address*, std::uint8_t* key, std::size_t length, void* self) {
            const IdentityKey& peer = of(self).peer_;
            return length == peer.bytes.size() && std::equal(peer.bytes.begin(), peer.bytes.end(), key) ? 1 : 0;
          },
      .destroy_func = nullptr,
      .user_data = this};
  if (signal_protocol_store_context_set_identity_key_store(store_, &callbacks) != SG_SUCCESS) throw std::bad_alloc();
}

}  // namespace vigil::e2ee

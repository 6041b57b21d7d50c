#include "crypto/e2ee/sealing.hpp"

#include <signal/protocol.h>
#include <signal/session_builder.h>

#include <new>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::e2ee::sealing {
namespace {

using Builder = std::unique_ptr<session_builder, decltype(&session_builder_free)>;

std::string as_string(View bytes) {
  return std::string(text(bytes));
}

}  // namespace

Cipher make_cipher(SignalStore& store, const SignalAddress& address) {
  session_cipher* made = nullptr;
  if (session_cipher_create(&made, store.get(), address.get(), store.context()) != SG_SUCCESS) throw std::bad_alloc();
  return {made, &session_cipher_free};
}

std::string scratch_name() {
  return "once:" + hex(random_bytes(16));
}

Outcome<Ready> make_ready(const Ends& ends, const content::Content& content) {
  if (content.id().size() != CopyId::length || (ends.envelope_bytes != 0 && !limits::is_envelope_size(ends.envelope_bytes)))
    return std::unexpected(Fault::malformed);
  content::Content bound = content;
  bound.set_sender(as_string(ends.sender.view()));
  bound.set_recipient(as_string(ends.recipient.view()));
  const std::size_t length = bound.ByteSizeLong();
  const std::optional<std::size_t> smallest = envelope_bytes_for(length);
  const std::size_t bytes = ends.envelope_bytes != 0 ? ends.envelope_bytes : smallest.value_or(0);
  if (!smallest || bytes < *smallest) return std::unexpected(Fault::too_large);
  Ready out{SecretBytes(length), bytes};
  bound.SerializeToArray(out.plain.data(), static_cast<int>(length));
  return out;
}

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

Outcome<Bytes> encrypt(SignalStore& store, const SignalAddress& address, const Ends& ends, std::uint32_t device,
                       const Ready& ready) {
  const Cipher cipher = make_cipher(store, address);
  Ref<ciphertext_message> message;
  const View plain = ready.plain.view();
  if (session_cipher_encrypt(cipher.get(), plain.data(), plain.size(), message.out()) != SG_SUCCESS) {
    store.rethrow();
    return std::unexpected(Fault::malformed);
  }
  const signal_buffer* serialised = ciphertext_message_get_serialized(message.get());
  content::Inner inner;
  inner.set_sender(as_string(ends.sender.view()));
  inner.set_recipient(as_string(ends.recipient.view()));
  inner.set_device(device);
  inner.set_type(static_cast<std::uint32_t>(ciphertext_message_get_type(message.get())));
  inner.set_message(signal_buffer_const_data(serialised), signal_buffer_len(serialised));
  inner.set_one_shot(device == 0);
  return seal_envelope(inner, ends.sealing_key, ends.address, ready.envelope_bytes);
}

}  // namespace vigil::e2ee::sealing

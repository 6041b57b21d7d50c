// libsignal-protocol-c made safe to hold: its context with OpenSSL as provider, its references and buffers as owners.
// Inside this room only (the library's headers go no further). One context per thread or per account; no locks.
#pragma once

#include <signal/curve.h>
#include <signal/signal_protocol.h>

#include <memory>
#include <string>
#include <utility>

#include "crypto/e2ee/identity.hpp"
#include "proto/ids.hpp"

namespace vigil::e2ee {

// Fetches the algorithms once. Throws std::runtime_error when OpenSSL lacks one: then nothing works.
class SignalContext {
 public:
  SignalContext();
  ~SignalContext();
  SignalContext(const SignalContext&) = delete;
  SignalContext& operator=(const SignalContext&) = delete;

  signal_context* get() const { return context_; }

 private:
  struct Provider;
  std::unique_ptr<Provider> provider_;  // outlives the context: the library keeps a pointer to it
  signal_context* context_ = nullptr;
};

// For functions without state: keys, signatures, fingerprints.
signal_context* thread_context();

// One reference to a counted object of the library.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* owned) : owned_(owned) {}
  ~Ref() { reset(); }
  Ref(Ref&& other) noexcept : owned_(std::exchange(other.owned_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    if (this != &other) {
      reset();
      owned_ = std::exchange(other.owned_, nullptr);
    }
    return *this;
  }

  T* get() const { return owned_; }
  explicit operator bool() const { return owned_ != nullptr; }
  // For the library's out parameters.
  T** out() {
    reset();
    return &owned_;
  }

 private:
  void reset() {
    if (owned_ != nullptr) signal_type_unref(reinterpret_cast<signal_type_base*>(owned_));
    owned_ = nullptr;
  }
  T* owned_ = nullptr;
};

// A buffer of the library, wiped when freed.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { signal_buffer_bzero_free(owned_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  signal_buffer** out() {
    signal_buffer_bzero_free(owned_);
    owned_ = nullptr;
    return &owned_;
  }
  View view() const { return owned_ == nullptr ? View{} : View{signal_buffer_const_data(owned_), signal_buffer_len(owned_)}; }

 private:
  signal_buffer* owned_ = nullptr;
};

// A name and device that outlive the cipher or builder that points at them.
class SignalAddress {
 public:
  SignalAddress(std::string name, std::uint32_t device);
  SignalAddress(const SignalAddress&) = delete;
  SignalAddress& operator=(const SignalAddress&) = delete;
  const signal_protocol_address* get() const { return &address_; }

 private:
  std::string name_;
  signal_protocol_address address_;
};

// Keys in the library's form and back. Null for a key it does not take.
Ref<ec_public_key> public_key_of(View key33);
Ref<ec_key_pair> key_pair_of(View private32);
Ref<ec_key_pair> new_key_pair();
IdentityKey bytes_of(const ec_public_key* key);
SecretBytes bytes_of(const ec_private_key* key);

}  // namespace vigil::e2ee

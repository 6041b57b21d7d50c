#include "crypto/e2ee/words.hpp"

#include <signal/fingerprint.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"
#include "crypto/e2ee/signal_context.hpp"

namespace vigil::e2ee {

PinCost words_cost() {
  return {2, 64 * 1024 * 1024};
}

std::array<std::string_view, 3> meeting_words(View card_secret, const IdentityKey& one, const IdentityKey& other,
                                              const PinCost& cost) {
  const IdentityKey& low = std::min(one, other);
  const IdentityKey& high = std::max(one, other);
  const Hash digest = hash(labels::words, {card_secret, low.view(), high.view()});
  const SecretBytes slow = key_from_pin(digest.view(), digest.view().first(16), cost);
  const View bits = slow.view();
  const std::uint32_t thirty =
      std::uint32_t{bits[0]} << 22 | std::uint32_t{bits[1]} << 14 | std::uint32_t{bits[2]} << 6 | bits[3] >> 2;
  const auto& words = word_list();
  return {words[thirty >> 20], words[thirty >> 10 & 1023], words[thirty & 1023]};
}

Hash meeting_proof(View card_secret, const IdentityKey& card_owner, const IdentityKey& other) {
  return hash(labels::meeting, {card_secret, card_owner.view(), other.view()});
}

std::string safety_number(const std::string& own_name, const IdentityKey& own, const std::string& other_name,
                          const IdentityKey& other) {
  constexpr int iterations = 5200;
  constexpr int scannable_version = 0;
  const Ref<ec_public_key> own_key = public_key_of(own.view());
  const Ref<ec_public_key> other_key = public_key_of(other.view());
  if (!own_key || !other_key) throw std::invalid_argument("safety_number: not identity keys");
  fingerprint_generator* made = nullptr;
  if (fingerprint_generator_create(&made, iterations, scannable_version, thread_context()) != SG_SUCCESS) throw std::bad_alloc();
  const std::unique_ptr<fingerprint_generator, decltype(&fingerprint_generator_free)> generator(made,
                                                                                                &fingerprint_generator_free);
  Ref<fingerprint> result;
  if (fingerprint_generator_create_for(generator.get(), own_name.c_str(), own_key.get(), other_name.c_str(), other_key.get(),
                                       result.out()) != SG_SUCCESS)
    throw std::bad_alloc();
  return displayable_fingerprint_text(fingerprint_get_displayable(result.get()));
}

}  // namespace vigil::e2ee

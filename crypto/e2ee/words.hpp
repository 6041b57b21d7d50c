// What two people compare: three words at a meeting, and Signal's sixty digits at any time. Client only, pure functions, any
// thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "crypto/base/aead.hpp"
#include "crypto/e2ee/identity.hpp"

namespace vigil::e2ee {

// Fixed by the protocol: 2 passes over 64 MiB, about 0.1 s. Three words are 30 bits; who photographed a card has ten minutes to
// find an identity with the same words, and this makes each try cost as much as it costs us.
PinCost words_cost();

// Three of 1,024 words over the card's secret and both identities, the same whichever of the two asks.
std::array<std::string_view, 3> meeting_words(View card_secret, const IdentityKey& one, const IdentityKey& other,
                                              const PinCost& cost = words_cost());
// What Introduction.secret_proof holds: who introduces herself has seen the card. H("vigil meeting", secret, card's owner,
// other).
Hash meeting_proof(View card_secret, const IdentityKey& card_owner, const IdentityKey& other);

// Signal's numeric fingerprint (5,200 iterations, version 0): 60 digits, the same on both sides. The names are any stable ones
// that both sides use; Vigil uses hex(identity).
std::string safety_number(const std::string& own_name, const IdentityKey& own, const std::string& other_name,
                          const IdentityKey& other);

// The list itself, sorted; 1,024 words.
const std::array<std::string_view, 1024>& word_list();

}  // namespace vigil::e2ee

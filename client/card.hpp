// The card of a meeting as text: "vigil:card:" and base64url(content.Card). Pure; any thread. A card is a secret: it travels by
// being seen, or through standard input, never on a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/routes.hpp"
#include "crypto/e2ee/identity.hpp"
#include "proto/content.pb.h"

namespace vigil::client {

inline constexpr std::uint64_t card_life_s = 600;
inline constexpr std::size_t card_relays_max = 4;

struct CardReach {
  Routes routes;
  Address address;
};
struct ReadCard {
  std::vector<CardReach> relays;
  e2ee::IdentityKey identity;
  Secret secret;
  std::uint64_t not_after_s = 0;
  std::string name;  // printable; may be empty
};

enum class CardFault { not_a_card, too_old };

std::string write_card(const content::Card& card);
// Whitespace inside is ignored: cards get copied over several lines. A card may be a minute older than its ten, for clocks that
// differ.
std::expected<ReadCard, CardFault> read_card(std::string_view text, std::uint64_t now_s);
// The relays and addresses inside a card or an introduction; nothing when one of them is not right.
std::optional<std::vector<CardReach>> read_reach(const google::protobuf::RepeatedPtrField<content::CardRelay>& relays);

}  // namespace vigil::client

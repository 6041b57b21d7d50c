#include "client/card.hpp"

#include <algorithm>

#include "client/printable.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

constexpr std::string_view prefix = "vigil:card:";
constexpr std::size_t card_text_max = 64 * 1024;
constexpr std::uint64_t clocks_differ_s = 60;

}  // namespace

std::string write_card(const content::Card& card) {
  return std::string(prefix) + base64url(view(card.SerializeAsString()));
}

std::optional<std::vector<CardReach>> read_reach(const google::protobuf::RepeatedPtrField<content::CardRelay>& relays) {
  if (relays.empty() || relays.size() > static_cast<int>(card_relays_max)) return std::nullopt;
  std::vector<CardReach> reach;
  for (const content::CardRelay& relay : relays) {
    Outcome<Routes> routes = Routes::read(view(relay.routes()));
    const auto address = Address::from(view(relay.address()));
    if (!routes || !address) return std::nullopt;
    const bool twice =
        std::any_of(reach.begin(), reach.end(), [&](const CardReach& r) { return r.routes.root() == routes->root(); });
    if (twice) return std::nullopt;
    reach.push_back({.routes = std::move(*routes), .address = *address});
  }
  return reach;
}

std::expected<ReadCard, CardFault> read_card(std::string_view text, std::uint64_t now_s) {
  if (text.size() > card_text_max) return std::unexpected(CardFault::not_a_card);
  std::string whole(text);
  std::erase_if(whole, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  if (!whole.starts_with(prefix)) return std::unexpected(CardFault::not_a_card);
  const auto serialised = from_base64url(std::string_view(whole).substr(prefix.size()));
  content::Card card;
  if (!serialised || !card.ParseFromArray(serialised->data(), static_cast<int>(serialised->size()))) {
    return std::unexpected(CardFault::not_a_card);
  }
  const auto identity = e2ee::IdentityKey::from(view(card.identity()));
  const auto secret = Secret::from(view(card.secret()));
  auto relays = read_reach(card.relays());
  if (!identity || !e2ee::is_public_key(identity->view()) || !secret || !relays) return std::unexpected(CardFault::not_a_card);
  if (card.not_after_s() + clocks_differ_s < now_s) return std::unexpected(CardFault::too_old);
  return ReadCard{.relays = std::move(*relays),
                  .identity = *identity,
                  .secret = *secret,
                  .not_after_s = card.not_after_s(),
                  .name = clean_name(card.name())};
}

}  // namespace vigil::client

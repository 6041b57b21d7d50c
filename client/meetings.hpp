// Meetings that are going on, inside the container, so that whichever process listens can take the other side's message and the
// one that asks the person (`card`, `meet`) finds it. A row lives a quarter of an hour. One thread; failures throw Failed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/card.hpp"
#include "client/container.hpp"

namespace vigil::client {

inline constexpr std::uint64_t meeting_life_s = 900;

struct Meeting {
  std::int64_t row = 0;
  bool card_is_mine = false;
  AddressHash through{};         // where the other side's message comes in: the card's address, or the one made for her
  e2ee::IdentityKey identity{};  // the other's; unknown (zero) while one's own card waits
  Secret secret{};               // the card's
  std::string name{};            // what she calls herself; printable
  Bytes reach{};                 // content.Introduced as far as it came: her relays
  bool she_confirmed = false;
  bool i_confirmed = false;
  std::uint64_t until_s = 0;
};

class Meetings {
 public:
  explicit Meetings(Container& container) : container_(container) {}
  std::int64_t add(const Meeting& meeting);
  std::optional<Meeting> find(std::int64_t row);
  std::optional<Meeting> through(const AddressHash& address);
  std::optional<Meeting> with(const e2ee::IdentityKey& identity);
  void put(const Meeting& meeting);
  void remove(std::int64_t row);
  void forget_old(std::uint64_t now_s);

 private:
  std::optional<Meeting> read(Query& query);
  Container& container_;
};

}  // namespace vigil::client

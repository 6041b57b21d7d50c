// Places in the container: where others' phones were and until when they show it, and the own share. One thread, the container's;
// failures throw Failed.
//
// **Invariant:** only begin(), extend() and end() change the own share, and only commands call them: nothing that comes from
// another person or a relay starts, sharpens or lengthens it. Others' places are gone 24 h after their share has ended or their
// alert is over.
#pragma once

#include "client/alert_book.hpp"
#include "client/geo.hpp"
#include "client/records/people.hpp"

namespace vigil::client {

inline constexpr std::uint64_t shared_places_kept_s = 24 * 3600;
inline constexpr std::size_t places_of_person_max = 5000;
inline constexpr std::uint32_t share_ask_s = 4 * 3600;    // then she is asked again
inline constexpr std::uint32_t share_most_s = 24 * 3600;  // then it ends, but for a running alert

// Somebody's share, as she told of it.
struct Shared {
  Bytes share_id{}, person{};
  std::uint64_t until_s = 0;
  bool exact = false;
  std::string seen_by{};  // printable
  std::uint64_t over_s = 0;
};
struct OwnShare {
  Bytes share_id{};  // 16
  std::uint64_t begun_s = 0, until_s = 0;
  std::uint32_t extra_s = share_ask_s;  // what is asked for again
  bool exact = false;
  std::vector<ContactId> with{};
  Secret topics{};  // where the topics of its pings come from
};

class Places {
 public:
  explicit Places(Container& container) : container_(container) {}

  // ---- others'
  void put(const Shared& shared);
  std::optional<Shared> find(View share_id, View person);
  std::vector<Shared> running(std::uint64_t now_s);
  // Fixes of hers that 'about' (a share's or an alert's id) brought; those of the future are left out. True when one is newer
  // than all before.
  bool add(View person, View about, bool exact, const std::vector<Fix>& fixes, std::uint64_t now_s);
  TrailView trail(View person);
  void forget_old(AlertBook& alerts, std::uint64_t now_s);

  // ---- one's own
  std::optional<OwnShare> own();
  void begin(const OwnShare& share);
  void extend(std::uint64_t until_s);
  void end();

 private:
  Container& container_;
};

}  // namespace vigil::client

// The living vigils: their heads in memory, ordered by what happens next; what they reserve at each address; and which vigils
// have ended. Changed by the committer; look() and the next moment are read under the mutex from any thread.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "storage/embedded/keys.hpp"
#include "storage/store.hpp"

namespace vigil::storage {

struct Core;

class Vigils {
 public:
  std::optional<std::string> load(Core&, std::uint64_t) { return std::nullopt; }
  void clear() {}
  void tell_next(Observer*) {}

  // What the living vigils take at one address.
  struct Load {
    std::uint32_t vigils = 0, tombstones = 0;
    std::uint32_t open_places = 0;  // reserved and not taken by a waiting copy of the vigil
  };
  std::unordered_map<Tag, Load, TagHash> loads;  // by address

  std::uint32_t open_places(const Tag& address) const {
    const auto found = loads.find(address);
    return found == loads.end() ? 0 : found->second.open_places;
  }
};

}  // namespace vigil::storage

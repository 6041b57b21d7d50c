// Rights to open a mailbox, all in memory (at most limits::invites_max), each a row put once and erased at use. The committer's.
#pragma once

#include <unordered_map>

#include "storage/embedded/keys.hpp"
#include "storage/store.hpp"

namespace vigil::storage {

class Invites {
 public:
  struct Invite {
    Tag tag{};
    Instant expires = 0;
  };
  std::unordered_map<Hash, Invite> all;
};

}  // namespace vigil::storage

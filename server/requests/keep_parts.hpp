// Vigils whose parts are not all here yet, of one connection. Bounded: few vigils, a time, and bytes over all connections.
// Used by intake only.
#pragma once

#include <string>
#include <vector>

#include "server/relay.hpp"
#include "server/requests/decode.hpp"

namespace vigil::server {

class KeepParts {
 public:
  explicit KeepParts(Relay& relay) : relay_(relay) {}
  ~KeepParts() { forget_all(); }
  KeepParts(const KeepParts&) = delete;
  KeepParts& operator=(const KeepParts&) = delete;

  // What adding a part came to: PARTIAL (others are missing), or the whole vigil, checked.
  using Added = std::expected<storage::Keep, Why>;
  Added add(wire::Keep& part, std::uint64_t now_s);
  // Forgets what has waited too long.
  void forget_old(std::uint64_t now_s);
  // When the oldest is forgotten.
  std::uint64_t until_s() const;
  bool empty() const { return open_.empty(); }

 private:
  struct Open {
    VigilId vigil;
    std::uint64_t since_s = 0;
    std::vector<std::string> pieces;  // by part; empty: not here yet
    std::size_t bytes = 0, here = 0;
  };
  static constexpr std::size_t open_max = 4;

  Open* find(const VigilId& vigil);
  void forget(Open& open);
  void forget_all();
  Added finish(Open& open);

  Relay& relay_;
  std::vector<Open> open_;  // bounded: open_max
};

}  // namespace vigil::server

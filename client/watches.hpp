// Check-ins of others, in the container: whose silence counts from when, and which sealed signs of life belong to which. One
// thread, the container's; failures throw Failed. Forgotten 24 h after they are over.
#pragma once

#include "client/checkin.hpp"
#include "client/container.hpp"

namespace vigil::client {

inline constexpr std::uint64_t watched_kept_s = 24 * 3600;

class Watches {
 public:
  explicit Watches(Container& container) : container_(container) {}
  void put(const Watched& watched);
  std::optional<Watched> find(View checkin_id, View person);
  std::vector<Watched> all();  // that are not over, by when silence counts

  // A sealed sign of life is the same bytes every time and opens once: what it was.
  struct Sign {
    Bytes checkin_id{}, person{};
    bool forced = false;
  };
  void remember_sign(View content_id, const Sign& sign, std::uint64_t now_s);
  std::optional<Sign> sign(View content_id);

  void forget_old(std::uint64_t now_s);

 private:
  Container& container_;
};

}  // namespace vigil::client

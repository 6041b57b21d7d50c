#include "client/words/watch.hpp"

#include "client/words/words.hpp"

namespace vigil::client::catalog {

std::string WatchWords::check_in_kept_watch(std::string_view clock, std::size_t relays) const {
  return relays == 1 ? relay_keeps_watch(clock) : relays_keep_watch(relays, clock);
}

std::string WatchWords::check_in_meant_to_end(std::string_view clock, bool come) const {
  return come ? check_in_end_has_come(clock) : check_in_ends_later(clock);
}

std::string WatchWords::check_in_reminder(std::uint64_t left_s) const {
  return left_s == 0 ? silence_counts_now() : silence_counts_in(words().age(left_s));
}

std::string WatchWords::share_goes_on(std::string_view names, std::string_view until, bool exact) const {
  return exact ? share_goes_on_exact(names, until) : share_goes_on_coarse(names, until);
}

std::string WatchWords::share_begun(std::string_view names, std::string_view until, bool exact) const {
  return exact ? share_begun_exact(names, until) : share_begun_coarse(names, until);
}

std::string WatchWords::she_shares(std::string_view name, std::string_view until, bool exact, std::string_view seen_by) const {
  if (seen_by.empty()) return exact ? she_shares_exact(name, until) : she_shares_coarse(name, until);
  return exact ? she_shares_exact_with(name, until, seen_by) : she_shares_coarse_with(name, until, seen_by);
}

std::string WatchWords::her_place(std::string_view name, std::string_view coordinates, std::string_view age, bool exact) const {
  return exact ? her_place_exact(name, coordinates, age) : her_place_coarse(name, coordinates, age);
}

std::string WatchWords::trail_point(std::string_view clock, std::string_view coordinates, bool exact) const {
  return exact ? trail_point_exact(clock, coordinates) : trail_point_coarse(clock, coordinates);
}

}  // namespace vigil::client::catalog

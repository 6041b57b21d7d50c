#include "client/words/screen.hpp"

#include <fmt/format.h>

namespace vigil::client::catalog {

std::string ScreenWords::pressed_again_times(std::uint32_t times) const {
  return times == 1 ? pressed_again_once() : pressed_again_often(times);
}

std::string ScreenWords::place(std::string_view coordinates, std::uint32_t accuracy_m) const {
  return accuracy_m == 0 ? std::string(coordinates) : place_about(coordinates, accuracy_m);
}

std::string ScreenWords::moving_short(std::uint32_t kmh, std::string_view towards) const {
  if (kmh == 0) return not_moving();
  return towards.empty() ? moving_short_at(kmh) : moving_short_towards(kmh, towards);
}

std::string ScreenWords::next_not_known(std::string_view heard_ago) const {
  return heard_ago.empty() ? next_relay_not_heard() : next_relay_last_heard(heard_ago);
}

std::string ScreenWords::next_tier(std::uint32_t tier, std::string_view names, std::string_view in) const {
  return names.empty() ? next_tier_number(tier, in) : next_tier_names(tier, names, in);
}

std::string ScreenWords::safe_one_says(std::uint32_t people) const {
  return people == 1 ? one_says_all_clear() : several_say_all_clear(people);
}

std::string ScreenWords::phrases(std::string_view free, std::string_view forced) const {
  if (forced.empty()) return phrase_free_only(free);
  if (free.empty()) return phrase_forced_only(forced);
  return phrases_both(free, forced);
}

std::string ScreenWords::mark_kind(content::Mark::Kind kind, std::string_view where) const {
  switch (kind) {
    case content::Mark::UNKNOWN_PLACE:
      return where.empty() ? mark_unknown_place() : mark_unknown_place_where(where);
    case content::Mark::SEEN_AT:
      return where.empty() ? mark_seen_at() : mark_seen_at_where(where);
    case content::Mark::HELD_AT:
      return where.empty() ? mark_held_at() : mark_held_at_where(where);
    case content::Mark::LAWYER_WITH_HER:
      return where.empty() ? mark_lawyer_with_her() : mark_lawyer_with_her_where(where);
    case content::Mark::MOVED:
      return where.empty() ? mark_moved() : mark_moved_where(where);
    case content::Mark::FREE:
      return where.empty() ? mark_free() : mark_free_where(where);
    case content::Mark::UNSET:
    case content::Mark_Kind_Mark_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case content::Mark_Kind_Mark_Kind_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return where.empty() ? "?" : fmt::format("? {}", where);
}

std::string ScreenWords::mark_line(std::string_view who, content::Mark::Kind kind, std::string_view where,
                                   std::string_view how) const {
  const std::string what = mark_kind(kind, where);
  return how.empty() ? mark_unknown_how(who, what) : mark_known_how(who, what, how);
}

}  // namespace vigil::client::catalog

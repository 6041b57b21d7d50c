#include "client/words/timeline.hpp"

namespace vigil::client::catalog {

std::string TimelineWords::entry_all_clear(std::string_view who, std::string_view note) const {
  return note.empty() ? entry_says_all_clear(who) : entry_says_all_clear_with_note(who, note);
}

std::string TimelineWords::entry_receipt(std::string_view who, bool seen) const {
  return seen ? entry_receipt_seen(who) : entry_receipt_arrived(who);
}

std::string TimelineWords::timeline_checked(std::size_t good, std::size_t bad) const {
  return bad == 0 ? timeline_all_unchanged(good) : timeline_some_failed(good, bad);
}

}  // namespace vigil::client::catalog

// What may be shown of an alert: who holds it, since when nobody has, whether it is over. Only reads what alert_state.cpp wrote.
#include <algorithm>

#include "client/acts.hpp"
#include "client/alert_state.hpp"

namespace vigil::client {

AlertState::Holder AlertState::holder(std::uint64_t now_s) const {
  Holder found;
  for (const record::VigilRecord& vigil : record_.vigils()) {
    for (const record::ActRecord& act : vigil.acts()) {
      if (!answers(act) || act.lapsed() || now_s >= end_of(act)) continue;
      // Two at once cannot be at one relay; when the giving back of the first has not come yet, the later answer is the true one.
      if (found.act == nullptr || act.from_s() > found.act->from_s()) found = {&act, &vigil};
    }
  }
  return found;
}

std::uint64_t AlertState::silent_since(std::uint64_t now_s) const {
  std::uint64_t since = 0;
  for (const record::VigilRecord& vigil : record_.vigils()) {
    if (vigil.silent_from_s() == 0) continue;
    since = since == 0 ? vigil.silent_from_s() : std::min(since, vigil.silent_from_s());
  }
  // Her clock may be ahead: what came here was pressed before it came.
  if (since == 0) since = std::min(record_.alert().pressed_s(), record_.first_here_s());
  for (const record::VigilRecord& vigil : record_.vigils()) {
    for (const record::ActRecord& act : vigil.acts())
      since = std::max(since, answers(act) ? std::min(end_of(act), now_s) : act.from_s());
  }
  return since;
}

bool AlertState::over() const {
  const bool closed =
      std::any_of(record_.vigils().begin(), record_.vigils().end(), [](const auto& vigil) { return vigil.closed(); });
  return closed || (record_.ended() && !record_.forced());
}

AlertView AlertState::view(std::uint64_t now_s, std::uint64_t heard_s) const {
  AlertView seen{.forced = record_.forced()};
  for (const record::VigilRecord& vigil : record_.vigils()) seen.round = std::max(seen.round, vigil.round());
  if (over()) {
    seen.shown = Shown::all_clear;
    return seen;
  }
  if (const Holder now = holder(now_s); now.act != nullptr) {
    seen.shown = Shown::answering;
    seen.index = now.act->index();
    seen.until_s = end_of(*now.act);
    seen.yours = now.vigil->mine() && now.vigil->your_index() == now.act->index();
    return seen;
  }
  if (record_.forced()) {
    seen.shown = Shown::forced;
    return seen;
  }
  bool on_relay = false;
  bool released = false;
  std::uint64_t due_s = 0;
  for (const record::VigilRecord& vigil : record_.vigils()) {
    on_relay = on_relay || vigil.on_relay_s() != 0;
    released = released || vigil.first_release_s() != 0;
    if (vigil.on_relay_s() != 0) due_s = due_s == 0 ? vigil.due_s() : std::min(due_s, vigil.due_s());
  }
  const std::uint64_t since = silent_since(now_s);
  const std::uint64_t silent_s = now_s > since ? now_s - since : 0;
  // Whoever has heard nothing since an answer ran out does not know whether it was said again.
  const bool heard = heard_s != 0 && heard_s + heard_within_s >= now_s && heard_s >= since;
  if (released && heard && (seen.round >= 2 || silent_s >= nobody_after_s)) {
    seen.shown = Shown::nobody;
    seen.silent_s = silent_s;
    return seen;
  }
  if (!record_.hers()) {
    seen.shown = record_.has_alert() ? Shown::unanswered : Shown::nothing;
    return seen;
  }
  const auto people = static_cast<std::uint32_t>(
      std::count_if(record_.receipts().begin(), record_.receipts().end(), [](const auto& receipt) { return receipt.seen(); }));
  if (people != 0) {
    seen.shown = Shown::seen;
    seen.count = people;
  } else if (record_.receipts_size() != 0) {
    seen.shown = Shown::on_phones;
    seen.count = static_cast<std::uint32_t>(record_.receipts_size());
  } else if (on_relay && !released && now_s < due_s) {
    seen.shown = Shown::waits;
    seen.until_s = due_s;
    seen.hold_s = record_.alert().hold_s();
  } else if (on_relay) {
    seen.shown = Shown::on_relay;
  } else if (record_.written()) {
    seen.shown = Shown::not_sent;
  }
  return seen;
}

std::string AlertState::name_of(std::uint32_t index) const {
  return index < static_cast<std::uint32_t>(record_.names_size()) ? record_.names(static_cast<int>(index)) : std::string();
}

}  // namespace vigil::client

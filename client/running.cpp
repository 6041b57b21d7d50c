#include "client/running.hpp"

#include <algorithm>

#include "client/checkin.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

kept::RunningVigil* vigil_of(kept::RunningAlert& alert, View vigil_id) {
  for (kept::RunningVigil& vigil : *alert.mutable_vigils()) {
    if (vigil.vigil_id() == text(vigil_id)) return &vigil;
  }
  return nullptr;
}

}  // namespace

void note_sent(SendSlot& slot, const Sent& sent, std::uint64_t now_s) {
  const auto about = read_about(sent.about);
  if (!about || about->kind == AboutKind::content) return;
  // An ending of a vigil that has ended already is as good as done.
  const bool over = about->kind == AboutKind::end && (sent.fate == Fate::done || sent.fate == Fate::broken);
  if (sent.fate != Fate::done && !over) return;
  if (over || about->kind == AboutKind::keep) note_check_in_sent(slot, about->id, over, now_s);
  Outcome<std::vector<kept::RunningAlert>> running = slot.running();
  if (!running) return;
  for (kept::RunningAlert& alert : *running) {
    if (vigil_of(alert, about->id) == nullptr) continue;
    bool all_over = false;
    const auto note = [&](kept::RunningAlert& newest) {
      kept::RunningVigil* const vigil = vigil_of(newest, about->id);
      if (vigil == nullptr) return false;
      if (over) {
        vigil->set_ended(true);
      } else if (about->kind == AboutKind::keep && vigil->on_relay_s() == 0) {
        vigil->set_on_relay_s(now_s);
      }
      all_over = std::all_of(newest.vigils().begin(), newest.vigils().end(), [](const auto& each) { return each.ended(); });
      return true;
    };
    Outcome<void> kept = slot.change_running(view(alert.alert_id()), note);
    if (kept && all_over) kept = slot.forget_running(view(alert.alert_id()));
    if (!kept) throw Failed(kept.error());
    return;
  }
}

std::optional<kept::RunningAlert> running_with(const SendSlot& slot, View alert_id) {
  const Outcome<std::vector<kept::RunningAlert>> all = slot.running();
  if (!all) return std::nullopt;
  for (const kept::RunningAlert& one : *all) {
    if (one.alert_id() == text(alert_id)) return one;
  }
  return std::nullopt;
}

wire::Request look_request(const kept::RunningVigil& vigil) {
  wire::Request request;
  request.mutable_look()->set_vigil_id(vigil.vigil_id());
  request.mutable_look()->set_secret(vigil.refresh());
  return request;
}

std::optional<kept::RunningAlert> newest_running(const SendSlot& slot, std::uint64_t now_s, std::uint64_t within_s,
                                                 std::optional<bool> drill) {
  Outcome<std::vector<kept::RunningAlert>> running = slot.running();
  if (!running) return std::nullopt;
  if (drill) std::erase_if(*running, [&](const kept::RunningAlert& alert) { return alert.drill() != *drill; });
  if (running->empty()) return std::nullopt;
  const kept::RunningAlert& newest = running->back();
  if (newest.pressed_s() > now_s || newest.pressed_s() + within_s < now_s) return std::nullopt;
  return newest;
}

}  // namespace vigil::client

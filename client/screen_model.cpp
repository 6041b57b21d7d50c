#include "client/screen_model.hpp"

#include <algorithm>
#include <functional>

#include "client/clock.hpp"
#include "client/printable.hpp"
#include "client/sorted.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

constexpr std::uint32_t rounds_ahead_max = 64;  // nobody looks further; a hostile greeting cannot make it longer
constexpr std::uint32_t hour_s = 3600;
constexpr std::uint64_t same_moment_s = 2;

// One rung: a delay after pressing, and who is woken then.
struct Rung {
  std::uint32_t after_s = 0;
  std::uint32_t tier = 0;
  std::vector<std::string> names;
};

// As the alert itself tells it: responders with their tiers and delays, sealed by her.
std::vector<Rung> ladder_of(const AlertState& alert, const record::VigilRecord& vigil) {
  std::vector<Rung> rungs;
  for (int i = 0; i < vigil.responders_size(); ++i) {
    const content::Responder& responder = vigil.responders(i);
    if (responder.tier() == 0) return {};  // her own send-only slot does not know
    auto at = std::find_if(rungs.begin(), rungs.end(), [&](const Rung& rung) { return rung.after_s == responder.after_s(); });
    if (at == rungs.end())
      at = rungs.insert(rungs.end(), {.after_s = responder.after_s(), .tier = responder.tier(), .names = {}});
    at->names.push_back(alert.name_of(static_cast<std::uint32_t>(i)));
  }
  std::sort(rungs.begin(), rungs.end(), [](const Rung& a, const Rung& b) { return a.after_s < b.after_s; });
  for (Rung& rung : rungs) {
    if (std::any_of(rung.names.begin(), rung.names.end(), [](const std::string& name) { return name.empty(); }))
      rung.names.clear();
  }
  return rungs;
}

// Walks the relay's ladder (storage/embedded/vigil_release.cpp says how it climbs) from the last rung that is known to have gone
// out, through the last answer that has ended, to the first that lies ahead.
class Ladder {
 public:
  Ladder(std::vector<Rung> rungs, const Rounds& rounds, const record::VigilRecord& vigil)
      : rungs_(std::move(rungs)), rounds_(rounds), round_(std::max(vigil.round(), 1u)), stage_(vigil.stage()) {
    due_s_ = vigil.released_s();
    step();
  }
  bool known() const { return !rungs_.empty() && stage_ < rungs_.size(); }
  // An answer from 'from_s' until 'end_s', given back or lapsed: the next rung is due at its end. An answer in the very second of
  // a rung may have come before it or after it: from then on nothing is known, until a rung is heard.
  void paused(std::uint64_t from_s, std::uint64_t end_s) {
    walk(from_s - std::min(from_s, same_moment_s));
    if (due_s_ <= from_s + same_moment_s) doubtful_ = true;
    due_s_ = end_s;
  }
  void walk(std::uint64_t now_s) {
    for (std::uint32_t i = 0; i < rounds_ahead_max * 8 && due_s_ <= now_s; ++i) step();
  }
  Next next() const {
    if (doubtful_) return {};
    if (stage_ == 0) return {.kind = Next::Kind::round, .at_s = due_s_, .tier = rungs_[0].tier, .round = round_};
    return {
        .kind = Next::Kind::tier, .at_s = due_s_, .tier = rungs_[stage_].tier, .round = round_, .names = rungs_[stage_].names};
  }

 private:
  void step() {
    if (!known()) return;
    if (stage_ + 1 < rungs_.size()) {
      due_s_ += rungs_[stage_ + 1].after_s - rungs_[stage_].after_s;
      ++stage_;
      return;
    }
    due_s_ += rounds_.gap_s(round_);
    stage_ = 0;
    ++round_;
  }

  std::vector<Rung> rungs_;
  const Rounds& rounds_;
  std::uint32_t round_;
  std::size_t stage_;
  std::uint64_t due_s_ = 0;
  bool doubtful_ = false;
};

// The answers since the last rung that is known: from when until when each held the ladder.
std::vector<std::pair<std::uint64_t, std::uint64_t>> pauses_of(const AlertState& alert, const record::VigilRecord& vigil) {
  std::vector<const record::Entry*> acts;
  for (const record::Entry& entry : alert.record().timeline()) {
    const bool act = entry.kind() == record::Entry::ANSWERED || entry.kind() == record::Entry::GIVEN_BACK;
    if (act && entry.vigil_id() == vigil.vigil_id() && entry.at_s() >= vigil.released_s()) acts.push_back(&entry);
  }
  sort_keeping_order(acts, [](const record::Entry* act) { return act->at_s(); });
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pauses;
  for (const record::Entry* act : acts) {
    const std::uint64_t end_s = act->at_s() + act->lease_s();
    if (act->kind() == record::Entry::GIVEN_BACK) {
      if (!pauses.empty() && act->at_s() < pauses.back().second) pauses.back().second = act->at_s();
    } else if (pauses.empty() || act->at_s() >= pauses.back().second) {
      pauses.emplace_back(act->at_s(), end_s);
    } else {
      pauses.back().second = std::max(pauses.back().second, end_s);  // said again
    }
  }
  return pauses;
}

Next next_of_vigil(const AlertState& alert, const record::VigilRecord& vigil, const Rounds& rounds, std::uint64_t now_s) {
  if (alert.record().hers()) {
    if (vigil.next_s() <= now_s) return {};
    const bool again = vigil.next_stage() == 0;
    return {.kind = again ? Next::Kind::round : Next::Kind::tier,
            .at_s = vigil.next_s(),
            .tier = vigil.next_stage() + 1,
            .round = vigil.next_round()};
  }
  if (vigil.released_s() == 0) return {};
  Ladder ladder(ladder_of(alert, vigil), rounds, vigil);
  if (!ladder.known()) return {};
  for (const auto& [from_s, end_s] : pauses_of(alert, vigil)) ladder.paused(from_s, std::min(end_s, now_s));
  ladder.walk(now_s);
  return ladder.next();
}

Next next_of(const AlertState& alert, const AlertView& view, const Rounds& rounds, std::uint64_t now_s, std::uint64_t heard_s) {
  switch (view.shown) {
    case Shown::all_clear:
      return {.kind = Next::Kind::nothing};
    case Shown::answering:
      return {.kind = Next::Kind::lapse, .at_s = view.until_s};
    case Shown::waits:
      return {.kind = Next::Kind::hold, .at_s = view.until_s};
    case Shown::nothing:
    case Shown::not_sent:
      return {};
    case Shown::on_relay:
    case Shown::on_phones:
    case Shown::seen:
    case Shown::nobody:
    case Shown::unanswered:
    case Shown::forced:
      break;
  }
  // Whoever has not heard the relay does not know what it has done meanwhile.
  if (heard_s == 0 || heard_s + heard_within_s < now_s) return {};
  Next soonest;
  for (const record::VigilRecord& vigil : alert.record().vigils()) {
    const Next next = next_of_vigil(alert, vigil, rounds, now_s);
    if (next.kind == Next::Kind::not_known) continue;
    if (soonest.kind == Next::Kind::not_known || next.at_s < soonest.at_s) soonest = next;
  }
  return soonest;
}

// Contradicts nothing: the newest by the writers' clocks first, what came last first among equals.
std::vector<MarkLine> marks_of(const AlertState& alert, const NameOf& name_of) {
  std::vector<MarkLine> out;
  for (const record::Entry& entry : alert.record().timeline()) {
    if (entry.kind() != record::Entry::MARK && entry.kind() != record::Entry::NOTE) continue;
    MarkLine line{.at_s = entry.at_s(), .who = who_did(alert, entry, name_of), .where = {}, .how = {}, .text = {}};
    if (entry.kind() == record::Entry::MARK) {
      line.kind = entry.mark().kind();
      line.where = printable(entry.mark().where(), 200);
      line.how = printable(entry.mark().how(), 200);
    } else {
      line.text = printable(entry.note().text(), 500);
    }
    out.insert(out.begin(), std::move(line));
  }
  sort_keeping_order(out, [](const MarkLine& line) { return ~line.at_s; });
  return out;
}

}  // namespace

Rounds Rounds::of(const wire::Limits& told) {
  Rounds rounds;
  constexpr int most = 16;
  if (told.first_rounds_s_size() != 0 && told.first_rounds_s_size() <= most)
    rounds.first_s.assign(told.first_rounds_s().begin(), told.first_rounds_s().end());
  if (told.hourly_rounds() != 0) rounds.hourly = told.hourly_rounds();
  if (told.late_round_s() != 0) rounds.late_s = told.late_round_s();
  return rounds;
}

std::uint32_t Rounds::gap_s(std::uint32_t round_over) const {
  const std::size_t gap = round_over - 1;
  const std::uint32_t seconds = gap < first_s.size() ? first_s[gap] : gap < first_s.size() + hourly ? hour_s : late_s;
  return std::max(seconds, 1u);
}

std::string who_did(const AlertState& alert, const record::Entry& entry, const NameOf& name_of) {
  if (entry.own()) return words().you();
  if (!entry.person().empty()) {
    const std::string known = name_of(view(entry.person()));
    return known.empty() ? words().somebody() : known;
  }
  if (entry.vigil_id().empty()) return words().somebody();
  const std::string listed = alert.name_of(entry.index());
  return listed.empty() ? words().somebody() : listed;
}

AlertPanel panel_of(const AlertState& alert, const NameOf& name_of, const Rounds& rounds, std::uint64_t now_s,
                    std::uint64_t heard_s) {
  const record::AlertRecord& record = alert.record();
  AlertPanel panel;
  panel.alert_id = id_of(alert);
  panel.name = record.hers() ? words().you() : name_of(view(record.person()));
  if (panel.name.empty()) panel.name = words().somebody();
  panel.hers = record.hers();
  panel.drill = record.alert().drill();
  panel.checkin = record.alert().has_check_in();
  panel.seen = record.seen();
  panel.pressed_s = record.alert().pressed_s();
  panel.pressed_again = record.alert().pressed_again();
  panel.note = printable(record.alert().note(), 500);
  panel.view = alert.view(now_s, heard_s);
  if (panel.view.shown == Shown::answering) panel.answerer = alert.name_of(panel.view.index);
  if (const std::vector<Fix> fixes = fixes_of(record.alert().track()); !fixes.empty()) panel.place = fixes.front();
  panel.next = next_of(alert, panel.view, rounds, now_s, heard_s);
  panel.all_clear_said = static_cast<std::uint32_t>(record.says_all_clear_size());
  panel.marks = marks_of(alert, name_of);
  constexpr std::size_t line_max = 300;
  const content::Plan& plan = record.plan();
  for (const std::string& action : plan.actions()) panel.actions.push_back(printable(action, line_max));
  for (const std::string& whom : plan.never_tell()) panel.never_tell.push_back(printable(whom, line_max));
  panel.station_name = printable(plan.station_name(), line_max);
  panel.medication = printable(plan.medication(), line_max);
  panel.phrase_free = printable(plan.phrase_free(), line_max);
  panel.phrase_forced = printable(plan.phrase_forced(), line_max);
  for (const record::Entry& entry : record.timeline()) {
    if (entry.kind() != record::Entry::MUTED || entry.until_s() <= now_s) continue;
    if (entry.own()) {
      panel.muted_here_until_s = entry.until_s();
    } else {
      panel.muted_by.push_back(words().muted_until(who_did(alert, entry, name_of), clock_text(entry.until_s(), now_s)));
    }
  }
  return panel;
}

}  // namespace vigil::client

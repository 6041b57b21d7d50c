#include "client/checkin.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "client/clock.hpp"
#include "client/refresh.hpp"
#include "client/relay_link.hpp"
#include "client/running.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t look_every_s = 60;
constexpr std::uint64_t minute_s = 60;

kept::RunningVigil* vigil_of(kept::RunningCheckIn& check_in, View vigil_id) {
  for (kept::RunningVigil& vigil : *check_in.mutable_alert()->mutable_vigils()) {
    if (vigil.vigil_id() == text(vigil_id)) return &vigil;
  }
  return nullptr;
}

bool all_ended(const kept::RunningCheckIn& check_in) {
  const auto& vigils = check_in.alert().vigils();
  return std::all_of(vigils.begin(), vigils.end(), [](const kept::RunningVigil& vigil) { return vigil.ended(); });
}

void kept_or_fail(const Outcome<void>& kept) {
  if (!kept) throw Failed(kept.error());
}

// Changes one vigil of it; forgets the whole when that was the last one that had not ended.
void change_vigil(SendSlot& slot, View checkin_id, View vigil_id, const std::function<void(kept::RunningVigil&)>& change) {
  bool over = false;
  kept_or_fail(slot.change_check_in(checkin_id, [&](kept::RunningCheckIn& check_in) {
    kept::RunningVigil* vigil = vigil_of(check_in, vigil_id);
    if (vigil == nullptr) return false;
    change(*vigil);
    over = all_ended(check_in);
    return true;
  }));
  if (over) kept_or_fail(slot.forget_check_in(checkin_id));
}

}  // namespace

// ---- one's own

CheckInView view_of(const kept::RunningCheckIn& check_in) {
  CheckInView view{.stopping = check_in.stopping(),
                   .ok_s = check_in.alert().pressed_s(),
                   .begun_s = check_in.begun_s(),
                   .until_s = check_in.until_s(),
                   .period_s = check_in.every_s() + check_in.grace_s()};
  for (const kept::RunningVigil& vigil : check_in.alert().vigils()) {
    if (vigil.ended()) continue;
    ++view.relays;
    view.on_relay = view.on_relay || vigil.on_relay_s() != 0;
    view.fired = view.fired || vigil.released();
    view.heard_s = std::max(view.heard_s, vigil.heard_s());
    if (vigil.due_s() != 0 && (view.due_s == 0 || vigil.due_s() < view.due_s)) view.due_s = vigil.due_s();
  }
  return view;
}

content::CheckIn content_of(const kept::RunningCheckIn& check_in, content::CheckIn::Kind kind) {
  content::CheckIn said;
  said.set_checkin_id(check_in.alert().alert_id());
  said.set_kind(kind);
  said.set_every_s(check_in.every_s());
  said.set_grace_s(check_in.grace_s());
  said.set_begun_s(check_in.begun_s());
  said.set_until_s(check_in.until_s());
  const CheckInView view = view_of(check_in);
  said.set_counts_from_s(view.due_s != 0 ? view.due_s : view.ok_s + view.period_s);
  for (const kept::RunningVigil& vigil : check_in.alert().vigils()) said.add_roots(vigil.root());
  return said;
}

Press press_of(const kept::RunningCheckIn& check_in, const std::vector<Fix>& newest_first) {
  Press press;
  press.pressed_s = check_in.alert().pressed_s();
  press.hold_s = check_in.every_s() + check_in.grace_s();
  press.track = track_of(newest_first);
  press.check_in = content_of(check_in, content::CheckIn::GOES_ON);
  return press;
}

Reminder reminder_of(const CheckInView& view, std::uint64_t now_s) {
  if (view.due_s == 0 || view.stopping) return Reminder::none;
  if (now_s >= view.due_s) return Reminder::passed;
  const std::uint64_t left_s = view.due_s - now_s;
  if (left_s <= minute_s && view.period_s > 2 * minute_s) return Reminder::one_minute;
  if (left_s <= 5 * minute_s && view.period_s > 10 * minute_s) return Reminder::five_minutes;
  return left_s * 2 <= view.period_s ? Reminder::half : Reminder::none;
}

EndReminder end_reminder_of(const CheckInView& view, std::uint64_t now_s) {
  if (view.until_s == 0 || view.stopping) return EndReminder::none;
  if (now_s >= view.until_s) return EndReminder::come;
  const bool long_one = view.until_s > view.begun_s + 60 * minute_s;
  return long_one && now_s + 10 * minute_s >= view.until_s ? EndReminder::soon : EndReminder::none;
}

// ---- others'

std::size_t people_unwatched(const std::vector<Watched>& all, const std::map<PublicKey, std::uint64_t>& heard_s,
                             std::uint64_t since_s, std::uint64_t now_s, std::uint64_t dark_after_s) {
  std::set<Bytes> people;
  for (const Watched& one : all) {
    if (!one.running()) continue;
    bool judged = false;
    bool heard = false;
    for (const PublicKey& root : one.roots) {
      const auto mine = heard_s.find(root);
      if (mine == heard_s.end()) continue;
      judged = true;
      heard = heard || std::max(mine->second, since_s) + dark_after_s > now_s;
    }
    if (judged && !heard) people.insert(one.person);
  }
  return people.size();
}

// ---- keeping one

void note_check_in(SendSlot& slot, View checkin_id, View vigil_id, const wire::Answer& answer, std::uint64_t now_s) {
  if (answer.status() == wire::ENDED) {
    change_vigil(slot, checkin_id, vigil_id, [](kept::RunningVigil& vigil) { vigil.set_ended(true); });
  } else if (answer.status() == wire::DONE && answer.has_vigil()) {
    change_vigil(slot, checkin_id, vigil_id, [&](kept::RunningVigil& vigil) {
      // Once it has gone out, 'due' is that of the next stage: of no use to her.
      if (!answer.vigil().released()) vigil.set_due_s(now_s + std::min(answer.vigil().due_s(), limits::vigil_life_s));
      vigil.set_heard_s(now_s);
      vigil.set_released(answer.vigil().released());
      if (vigil.on_relay_s() == 0) vigil.set_on_relay_s(now_s);
    });
  }
}

void note_check_in_sent(SendSlot& slot, View vigil_id, bool ended, std::uint64_t now_s) {
  const Outcome<std::optional<kept::RunningCheckIn>> held = slot.check_in();
  if (!held || !*held) return;
  const std::uint32_t period_s = (*held)->every_s() + (*held)->grace_s();
  change_vigil(slot, view((*held)->alert().alert_id()), vigil_id, [&](kept::RunningVigil& vigil) {
    if (ended) {
      vigil.set_ended(true);
    } else if (vigil.on_relay_s() == 0) {
      vigil.set_on_relay_s(now_s);
      vigil.set_heard_s(now_s);
      vigil.set_due_s(now_s + period_s);
    }
  });
}

asio::awaitable<void> refresh_check_in(SendSlot& slot, const std::vector<Fix>& newest_first) {
  const Outcome<std::optional<kept::RunningCheckIn>> held = slot.check_in();
  if (!held || !*held || newest_first.empty()) co_return;
  struct Fresh {
    Routes routes;
    wire::Request request;
  };
  std::vector<Fresh> fresh;
  const std::uint64_t now_s = wall_s();
  // Sealed under the slot's lock and written before anything is sent: no step of a chain ever seals two contents.
  kept_or_fail(slot.change_check_in(view((*held)->alert().alert_id()), [&](kept::RunningCheckIn& check_in) {
    const std::uint32_t every_s = std::min(check_in_refresh_s, (check_in.every_s() + check_in.grace_s()) / 6);
    if (check_in.stopping() || newest_first.front().at_s <= check_in.place_at_s()) return false;
    if (check_in.place_at_s() != 0 && now_s < check_in.refreshed_s() + every_s) return false;
    const Press press = press_of(check_in, newest_first);
    check_in.set_refresh_seq(check_in.refresh_seq() + 1);
    check_in.set_refreshed_s(now_s);
    check_in.set_place_at_s(newest_first.front().at_s);
    for (int i = 0; i < std::min(check_in.spare().vigils_size(), check_in.alert().vigils_size()); ++i) {
      const kept::RunningVigil& vigil = check_in.alert().vigils(i);
      const auto routes = Routes::read(view(vigil.routes()));
      auto copies = seal_fresh_copies(*check_in.mutable_spare(), i, press);
      if (!routes || !copies || vigil.ended()) continue;
      Fresh& one = fresh.emplace_back(*routes, wire::Request{});
      wire::Refresh& refresh = *one.request.mutable_refresh();
      refresh.set_vigil_id(vigil.vigil_id());
      refresh.set_secret(vigil.refresh());
      refresh.set_seq(check_in.refresh_seq());
      for (wire::StageEnvelope& copy : *copies) *refresh.add_copies() = std::move(copy);
    }
    return true;
  }));
  for (Fresh& one : fresh) {
    const Outcome<wire::Answer> answer = co_await ask_one(one.routes, std::move(one.request));
    (void)answer;  // what was sealed before is still there; the next one comes in minutes
  }
}

asio::awaitable<void> CheckInKeeper::look(const kept::RunningCheckIn& check_in) {
  for (const kept::RunningVigil& vigil : check_in.alert().vigils()) {
    const auto routes = Routes::read(view(vigil.routes()));
    if (!routes || vigil.ended() || vigil.on_relay_s() == 0) continue;
    const Outcome<wire::Answer> answer = co_await ask_one(*routes, look_request(vigil));
    if (answer) note_check_in(slot_, view(check_in.alert().alert_id()), view(vigil.vigil_id()), *answer, wall_s());
  }
}

void CheckInKeeper::remind(const CheckInView& view, std::uint64_t now_s) {
  if (view.fired && !fired_said_) {
    screen_.event(JsonLine("check_in_fired", now_s));
    screen_.loud_now(words().own_check_in_fired());
  }
  fired_said_ = view.fired;
  if (view.fired) return;
  remind_of_end(view, now_s);
  // A renewal moves the hour: then everything is said anew. A relay's seconds are whole, so a second more is the same hour.
  if (view.due_s > reminded_due_s_ + 2) reminded_ = Reminder::none;
  reminded_due_s_ = view.due_s;
  const Reminder now = reminder_of(view, now_s);
  if (now <= reminded_) return;
  reminded_ = now;
  const std::uint64_t left_s = view.due_s > now_s ? view.due_s - now_s : 0;
  screen_.event(JsonLine("check_in_reminder", now_s).number("left_s", static_cast<std::int64_t>(left_s)));
  screen_.loud_now(words().check_in_reminder(left_s));
  screen_.ring();
}

void CheckInKeeper::remind_of_end(const CheckInView& view, std::uint64_t now_s) {
  const EndReminder now = end_reminder_of(view, now_s);
  if (std::exchange(end_reminded_s_, view.until_s) != view.until_s) end_reminded_ = EndReminder::none;  // another check-in
  if (now <= end_reminded_) return;
  end_reminded_ = now;
  JsonLine line("check_in_end", now_s);
  line.number("until_s", static_cast<std::int64_t>(view.until_s)).flag("come", now == EndReminder::come);
  screen_.event(line);
  screen_.loud_now(words().check_in_meant_to_end(clock_text(view.until_s, now_s), now == EndReminder::come));
  screen_.ring();
}

asio::awaitable<bool> CheckInKeeper::step() {
  const bool runs = co_await keep();
  const Outcome<std::optional<kept::RunningCheckIn>> held = slot_.check_in();
  if (!runs || !held || !*held) co_return false;
  remind(view_of(**held), wall_s());
  co_return true;
}

asio::awaitable<bool> CheckInKeeper::keep() {
  Outcome<std::optional<kept::RunningCheckIn>> held = slot_.check_in();
  if (!held || !*held) co_return false;
  const std::uint64_t now_s = wall_s();
  const CheckInView before = view_of(**held);
  if (now_s >= next_look_s_) {
    co_await look(**held);
    const std::uint64_t often_s = std::max<std::uint64_t>(1, std::min<std::uint64_t>(look_every_s, before.period_s / 10));
    next_look_s_ = wall_s() + often_s;
    held = slot_.check_in();
    if (!held || !*held) co_return false;
  }
  if (feed_ != nullptr) co_await refresh_check_in(slot_, feed_->newest_first());
  co_return true;
}

}  // namespace vigil::client

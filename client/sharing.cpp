#include "client/sharing.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <limits>
#include <ranges>

#include "client/clock.hpp"
#include "client/consent.hpp"
#include "client/mail.hpp"
#include "client/running.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"

namespace vigil::client {
namespace {

constexpr double exact_metres = 200;
constexpr std::uint32_t exact_every_s = 60;    // without way
constexpr std::uint32_t exact_least_s = 25;    // twelve of them are five minutes: the usual time between two pings
constexpr std::uint32_t hot_s = 3600;          // of an own alert
constexpr std::uint32_t hot_every_s = 60;      // between two pings then
constexpr std::uint64_t look_every_s = 60;     // whether it is over
constexpr std::uint64_t answer_within_s = 60;  // whether to go on
constexpr std::chrono::milliseconds beat{1'000};
constexpr std::chrono::milliseconds keys_wait{6'000};

std::uint64_t wall_ms() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

asio::awaitable<void> empty_outbox(Account& account) {
  const std::vector<Sent> all = co_await drain(account.outbox, wall_s());
  for (const Sent& sent : all) note_sent(account.slot, sent, wall_s());
}

asio::awaitable<FreshKeys> keys_for(Account& account, ContactId contact, wire::Lane lane) {
  FreshKeys keys;
  if (wants_keys(account, contact, lane, wall_s())) keys = co_await fetch_keys(account, contact, lane, keys_wait);
  co_return keys;
}

}  // namespace

asio::awaitable<void> tell_share(Account& account, const OwnShare& share, bool ended) {
  for (const ContactId id : share.with) {
    const auto contact = account.contacts.find(id);
    if (!contact) continue;
    content::Content content = new_content(wall_s());
    content::Sharing& said = *content.mutable_sharing();
    said.set_share_id(std::string(text(share.share_id)));
    said.set_until_s(ended ? 0 : share.until_s);
    said.set_exact(share.exact);
    for (const ContactId other : share.with) {
      if (const auto sees = other == id ? std::nullopt : account.contacts.find(other)) said.add_seen_by(sees->name);
    }
    const FreshKeys keys = co_await keys_for(account, id, wire::NORMAL);
    (void)write_to(account, *contact, content, wire::NORMAL, keys, false, wall_s());
  }
  co_await empty_outbox(account);
}

// A coarse place is told by time alone: telling of every new cell would tell when its edge was crossed.
Sharer::Sharer(Account& account, Screen& screen, FixFeed& feed, OwnShare share, std::uint32_t every_s,
               std::function<asio::awaitable<bool>()> ask)
    : account_(account),
      screen_(screen),
      feed_(feed),
      share_(std::move(share)),
      ask_(std::move(ask)),
      coarse_(every_s, std::numeric_limits<double>::infinity()),
      exact_(std::min(every_s, exact_every_s), exact_metres, std::min(every_s, exact_least_s)),
      every_s_(every_s) {}

std::uint32_t ping_every_s(std::uint32_t asked_s, std::uint64_t pressed_s, std::uint64_t now_s) {
  return now_s < pressed_s + hot_s ? std::min(asked_s, hot_every_s) : asked_s;
}

// The newest alert of hers that a relay has and that is not known to be over.
std::optional<kept::RunningAlert> Sharer::own_alert() {
  const Outcome<std::vector<kept::RunningAlert>> running = account_.slot.running();
  if (!running) return std::nullopt;
  for (const kept::RunningAlert& alert : std::views::reverse(*running)) {
    if (alert.drill()) continue;  // an exercise shows nobody more
    const auto known = account_.alerts.find(view(alert.alert_id()));
    if ((known && known->over()) || alert.alert_id().empty() || alert.alert_id() == text(over_alert_id_)) continue;
    const bool kept = std::ranges::any_of(alert.vigils(), [](const auto& vigil) { return vigil.on_relay_s() != 0; });
    if (kept) return alert;
  }
  return std::nullopt;
}

// Two of her people may have ended it, and nobody listens here to hear it.
asio::awaitable<void> Sharer::look_at_alert(const kept::RunningAlert& alert) {
  if (wall_s() < next_look_s_) co_return;
  next_look_s_ = wall_s() + look_every_s;
  std::size_t over = 0;
  for (const kept::RunningVigil& vigil : alert.vigils()) {
    const auto routes = Routes::read(view(vigil.routes()));
    if (!routes) continue;
    const Outcome<wire::Answer> answer = co_await ask_one(*routes, look_request(vigil));
    if (answer && answer->status() == wire::ENDED) ++over;
  }
  const View id = view(alert.alert_id());
  if (over == static_cast<std::size_t>(alert.vigils_size())) over_alert_id_.assign(id.begin(), id.end());
}

asio::awaitable<void> Sharer::ping(const std::vector<ContactId>& to, View about, bool exact, const std::vector<Fix>& fixes) {
  const wire::Lane lane = exact && !alert_id_.empty() ? wire::URGENT : wire::NORMAL;
  for (const ContactId id : to) {
    const auto contact = account_.contacts.find(id);
    if (!contact) continue;
    content::Content content = new_content(wall_s());
    content::Ping& said = *content.mutable_ping();
    said.set_share_id(std::string(text(about)));
    said.set_exact(exact);
    *said.mutable_track() = track_of(fixes);
    const FreshKeys keys = co_await keys_for(account_, id, lane);
    const Stream stream{.topics = share_.topics, .about = Bytes(about.begin(), about.end()), .order = wall_ms()};
    (void)write_to(account_, *contact, content, lane, keys, false, wall_s(), &stream);
  }
  co_await empty_outbox(account_);
  screen_.event(JsonLine("pinged", wall_s())
                    .flag("exact", exact)
                    .number("people", static_cast<std::int64_t>(to.size()))
                    .number("fixes", static_cast<std::int64_t>(fixes.size())));
}

asio::awaitable<void> Sharer::step() {
  const std::optional<kept::RunningAlert> alert = own_alert();
  const Bytes before = std::exchange(alert_id_, alert ? Bytes(alert->alert_id().begin(), alert->alert_id().end()) : Bytes{});
  if (alert && alert_id_ != before) {
    alert_owed_ = true;
    alert_pinged_s_ = 0;
    screen_.event(JsonLine("share_exact", wall_s()).id("alert", alert_id_));
    screen_.loud(words().share_exact_now());
  }
  if (alert) co_await look_at_alert(*alert);
  if (feed_.newest_first().empty()) co_return;
  const Fix& newest = feed_.newest_first().front();
  const bool exact_news = exact_.take(newest);
  const bool coarse_news = coarse_.take(coarse(newest));
  alert_owed_ = alert_owed_ || exact_news;
  share_owed_ = share_owed_ || (share_.exact ? exact_news : coarse_news);
  std::vector<ContactId> others = share_.with;
  if (alert) {
    std::vector<ContactId> woken;
    for (const TierPlace& place : awake_places(account_, wall_s())) {
      if (std::find(woken.begin(), woken.end(), place.contact) == woken.end()) woken.push_back(place.contact);
      std::erase(others, place.contact);
    }
    if (alert_owed_ && wall_s() >= alert_pinged_s_ + ping_every_s(every_s_, alert->pressed_s(), wall_s())) {
      alert_owed_ = false;
      alert_pinged_s_ = wall_s();
      co_await ping(woken, alert_id_, true, exact_.newest_first());
    }
  }
  if (!share_owed_ || wall_s() < share_pinged_s_ + every_s_) co_return;
  share_owed_ = false;
  share_pinged_s_ = wall_s();
  if (others.empty()) co_return;
  const std::vector<Fix> track = (share_.exact ? exact_ : coarse_).newest_first();
  co_await ping(others, share_.share_id, share_.exact, track);
}

namespace {

asio::awaitable<void> ask_into(std::function<asio::awaitable<bool>()> ask, std::shared_ptr<std::optional<bool>> answer) {
  const bool said = co_await ask();
  *answer = said;
}

}  // namespace

// Asked once for the time after the end. Nobody answers: no. An alert that begins meanwhile goes before.
asio::awaitable<bool> Sharer::goes_on(asio::any_io_executor executor) {
  if (wall_s() >= share_.begun_s + share_most_s) co_return false;
  const auto answer = std::make_shared<std::optional<bool>>();
  // detached: it may wait for a line of standard input until this process ends
  asio::co_spawn(executor, ask_into(ask_, answer), asio::detached);
  const std::uint64_t until_s = wall_s() + answer_within_s;
  while (!*answer && !stopped_ && wall_s() < until_s) {
    if (own_alert()) co_return true;
    co_await wait_a_while(std::chrono::milliseconds(200));
  }
  co_return answer->value_or(false);
}

asio::awaitable<void> Sharer::run(asio::any_io_executor executor) {
  bool told = false;
  while (!stopped_) {
    const std::optional<OwnShare> kept = account_.places.own();
    if (!kept || kept->share_id != share_.share_id) {  // `share stop` has said so already
      told = true;
      break;
    }
    const std::uint64_t now_s = wall_s();
    if (now_s >= share_.until_s && !own_alert()) {
      const bool more = co_await goes_on(executor);
      if (!more) break;
      if (!own_alert()) {
        share_.until_s = std::min<std::uint64_t>(wall_s() + share_.extra_s, share_.begun_s + share_most_s);
        account_.places.extend(share_.until_s);
        co_await tell_share(account_, share_, false);
        screen_.say(words().share_extended(clock_text(share_.until_s, wall_s())));
      }
    }
    co_await step();
    co_await wait_a_while(beat);
  }
  if (!told) {
    account_.places.end();
    co_await tell_share(account_, share_, true);
  }
  screen_.event(JsonLine("share_ended", wall_s()));
  screen_.say(words().share_ended());
}

}  // namespace vigil::client

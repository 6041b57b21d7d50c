// Four tasks of `listen`: showing states as they become news, looking at one's own alerts on the relays, saying an answer that
// one relay took at the others as well, and saying which messages nobody fetched.
#include <algorithm>
#include <boost/asio/use_awaitable.hpp>

#include "client/answering.hpp"
#include "client/clock.hpp"
#include "client/listening.hpp"
#include "client/news.hpp"
#include "client/running.hpp"
#include "client/telling.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds quiet{250};         // after a delivery: the backlog has been read, states may be shown
constexpr std::uint64_t look_every_s = 5;  // at own alerts in their first minutes
constexpr std::uint64_t look_later_s = 30;
constexpr std::uint64_t look_closely_s = 180;
constexpr std::uint64_t say_again_s = 5;     // an answer at a relay that was dark
constexpr std::chrono::seconds read_out{5};  // nothing more comes: receipts that waited have been read
constexpr std::chrono::seconds undelivered_every{3600};
constexpr std::uint64_t slept_s = 600;                // this clock went on and the tasks did not
constexpr std::chrono::seconds links_prove_in{1200};  // then links may be dead and not show it until the next keepalive
constexpr std::uint64_t silence_news_s = 600;         // »NOBODY HAS ANSWERED FOR« is said again after so long

}  // namespace

asio::awaitable<void> Listening::watch_states() {
  std::size_t said_ready = 0;
  std::uint64_t slot_read = 0;
  while (!stopped_) {
    co_await pause(milliseconds(100));
    if (Clock::now() - last_delivery_ < quiet) continue;
    if (const std::uint64_t version = account_.slot.version(); version != slot_read) {
      slot_read = version;
      adopt_running(account_, wall_s());
    }
    const std::uint64_t now_s = wall_s();
    for (const AlertState& alert : account_.alerts.all()) {
      AlertView view = alert.view(now_s, heard_s_);
      AlertView to_compare = view;
      to_compare.silent_s = view.silent_s / silence_news_s;
      const auto before = shown_.find(id_of(alert));
      if (before == shown_.end() && alert.over()) {
        shown_[id_of(alert)] = to_compare;  // history: nothing to say
        continue;
      }
      if (before != shown_.end() && before->second == to_compare) continue;
      shown_[id_of(alert)] = to_compare;
      show_state(screen_, alert, view, now_s);
    }
    if (ready_ > said_ready) {
      said_ready = ready_;
      screen_.event(JsonLine("ready", now_s).number("relays", static_cast<std::int64_t>(ready_)));
    }
  }
}

// A message counts as undelivered when one's own mailboxes have been read after its life, and no receipt was there.
asio::awaitable<void> Listening::watch_undelivered() {
  Clock::time_point next = Clock::now();
  std::uint64_t looked_s = wall_s();
  while (!stopped_) {
    co_await pause(milliseconds(1'000));
    const std::uint64_t now_s = wall_s();
    if (now_s > looked_s + slept_s) next = Clock::now() + links_prove_in;
    looked_s = now_s;
    if (stopped_ || Clock::now() < next || up_.empty() || Clock::now() - last_delivery_ < read_out) continue;
    next = Clock::now() + undelivered_every;
    account_.underway.mailboxes_read(now_s);
    tell_undelivered(account_, screen_, now_s);
  }
}

asio::awaitable<void> Listening::look_at_own() {
  std::map<Bytes, std::uint64_t> next_s;
  while (!stopped_) {
    const Outcome<std::vector<kept::RunningAlert>> running = account_.slot.running();
    for (const kept::RunningAlert& one : running ? *running : std::vector<kept::RunningAlert>{}) {
      const std::optional<AlertState> alert = account_.alerts.find(view(one.alert_id()));
      if (!alert || !alert->record().hers() || alert->over()) continue;
      const std::uint64_t now_s = wall_s();
      std::uint64_t& due_s = next_s[id_of(*alert)];
      if (due_s > now_s) continue;
      due_s = now_s + (one.pressed_s() + look_closely_s > now_s ? look_every_s : look_later_s);
      for (const kept::RunningVigil& vigil : one.vigils()) {
        const auto routes = Routes::read(view(vigil.routes()));
        if (vigil.on_relay_s() == 0 || vigil.ended() || !routes) continue;
        const Outcome<wire::Answer> answer = co_await ask_one(*routes, look_request(vigil));
        if (!answer || answer->status() != wire::DONE || !answer->has_vigil()) continue;
        heard_s_ = wall_s();
        account_.alerts.update(view(one.alert_id()), [&](AlertState& newest) {
          return newest.looked(view(vigil.vigil_id()), answer->vigil(), wall_s()) == Fact::news;
        });
      }
    }
    co_await pause(milliseconds(500));
  }
}

// An answer given at one relay is said at the others as well, also at one where the alert came later or that was dark.
asio::awaitable<void> Listening::answer_elsewhere() {
  struct Saying {
    wire::Request request;
    std::uint32_t step = 0;
    std::uint64_t next_s = 0;
  };
  std::map<Bytes, Saying> saying;  // by vigil: a step that was shown once is shown again, not the next one
  while (!stopped_) {
    co_await pause(milliseconds(500));
    for (const AlertState& alert : account_.alerts.going_on()) {
      if (alert.record().hers()) continue;
      for (const Bytes& vigil_id : answer_missing(alert, wall_s())) {
        Saying& said = saying[vigil_id];
        std::optional<Routes> routes;
        if (said.next_s > wall_s()) continue;
        said.next_s = wall_s() + say_again_s;
        account_.alerts.update(id_of(alert), [&](AlertState& newest) {
          for (record::VigilRecord& vigil : *newest.record().mutable_vigils()) {
            if (vigil.vigil_id() != vigil::text(vigil_id)) continue;
            routes = routes_to(account_, newest, view(vigil.root()));
            // Shown before and still the last one: the relay may not have heard it. Else a give-back or an answer came between.
            if (!routes || (said.step != 0 && said.step == vigil.step_shown())) return false;
            const std::optional<wire::Request> next = next_step(vigil, true);
            if (next) said.request = *next;
            if (next) said.step = vigil.step_shown();
            return next.has_value();
          }
          return false;
        });
        if (!routes || said.step == 0) continue;
        const Outcome<wire::Answer> answer = co_await ask_one(*routes, said.request);
        if (!answer || answer->status() != wire::DONE || !answer->has_lease()) continue;
        const std::uint32_t step = std::exchange(said.step, 0);
        said.next_s = wall_s() + std::clamp<std::uint64_t>(answer->lease().lease_s(), say_again_s, lease_s_max);
        const bool noted = account_.alerts.update(id_of(alert), [&](AlertState& newest) {
          return newest.answered(vigil_id, step, answer->lease(), wall_s()) == Fact::news;
        });
        if (noted) screen_.event(line_of("answered_elsewhere", alert, wall_s()));
      }
    }
  }
}

}  // namespace vigil::client

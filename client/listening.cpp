#include "client/listening.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "client/clock.hpp"
#include "client/consent.hpp"
#include "client/mail.hpp"
#include "client/mailbox.hpp"
#include "client/plans.hpp"
#include "client/readying.hpp"
#include "client/tell.hpp"
#include "client/telling.hpp"
#include "client/upkeep.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds first_retry{300};
constexpr milliseconds retry_most{15'000};
constexpr seconds rings_every{3};
constexpr seconds upkeep_every{3600};
constexpr seconds probe_apart_least{60};  // two of them do not follow each other
constexpr std::uint32_t probe_apart_spread_s = 600;
constexpr seconds withdraw_every{30};    // addresses that their relay does not know to be withdrawn yet
constexpr seconds people_every{20};      // who is on duty, whose plan is old
constexpr seconds anew_every{6 * 3600};  // links are made anew: keys are published when one begins

std::string relay_name(const Relay& relay) {
  const Route& route = relay.routes.routes().front();
  return route.host + ":" + std::to_string(route.port);
}

}  // namespace

Listening::Listening(asio::any_io_executor executor, Account& account, Screen& screen, ListenOptions options)
    : executor_(std::move(executor)), account_(account), screen_(screen), options_(std::move(options)), reader_(account) {}

Listening::~Listening() = default;

void Listening::stop() {
  stopped_ = true;
  for (OwnerLink* link : links_) link->stop();
  for (asio::steady_timer* timer : timers_) timer->cancel();
  if (feed_) feed_->stop();
}

asio::awaitable<void> Listening::pause(milliseconds for_so_long) {
  if (stopped_) co_return;
  asio::steady_timer timer(executor_, for_so_long);
  timers_.insert(&timer);
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  (void)error;  // cancelled: stopped_ says so
  timers_.erase(&timer);
}

// A task whose container fails ends all of them.
asio::awaitable<void> Listening::guarded(asio::awaitable<void> task) {
  try {
    co_await std::move(task);
  } catch (const Failed& failed) {
    if (!failed_) failed_ = failed.why();
    stop();
  }
  --tasks_;
}

asio::awaitable<Outcome<void>> Listening::run() {
  try {
    adopt_running(account_, wall_s());
    tell_sent(account_, screen_, {}, wall_s());  // what other processes gave up and could not say
    for (const Agreement& duty : account_.duties.all()) {
      for (const News& news : reader_.read_waiting(duty.contact, wall_s())) show_news(screen_, news, wall_s());
    }
    if (options_.watch) show_waiting();
  } catch (const Failed& failed) {
    co_return std::unexpected(failed.why());
  }
  const auto begin = [&](asio::awaitable<void> task) {
    ++tasks_;
    // detached: tasks_ counts them, and run() returns when none is left
    asio::co_spawn(executor_, guarded(std::move(task)), asio::detached);
  };
  for (const Relay& relay : account_.relays.all()) {
    heard_root_s_.emplace(relay.routes.root(), 0);
    begin(hold_link(relay.routes.root()));
  }
  if (options_.fixes.any()) {
    feed_ = std::make_unique<FixFeed>(executor_, options_.fixes);
    begin(feed_->run());
  }
  begin(watch_press());
  begin(send_outbox());
  begin(send_receipts());
  begin(watch_states());
  begin(look_at_own());
  begin(watch_undelivered());
  begin(answer_elsewhere());
  begin(keep_fresh());
  begin(keep_people());
  begin(keep_check_in());
  if (options_.watch) begin(watch_relays());
  if (options_.watch) begin(ring());
  // The tasks' frames hold references into this object: it waits for the last of them. Not when it locks: a task may wait for a
  // relay that does not answer, and whoever called ends the loop, and all frames with it, at once.
  while (tasks_ != 0 && failed_ != Fault::locked_by_press) co_await wait_a_while(milliseconds(20));
  if (failed_) co_return std::unexpected(*failed_);
  co_return Outcome<void>{};
}

// ---- the links

asio::awaitable<void> Listening::hold_link(PublicKey root) {
  milliseconds wait = first_retry;
  bool dark = false, unknown = false;
  bool once_ready = false;
  while (!stopped_) {
    const std::optional<Relay> found = account_.relays.find(root);
    if (!found) co_return;
    const Relay& relay = *found;
    const std::string name = relay_name(relay);
    Outcome<std::unique_ptr<OwnerLink>> link = co_await connect_owner(account_, relay);
    if (stopped_) co_return;
    if (link) {
      OwnerLink& open = **link;
      links_.insert(&open);
      const OwnerOutcome<void> settled = co_await settle_mailbox(account_, open, relay);
      Outcome<wire::Answer> listening = std::unexpected(Fault::stopped);
      if (settled && !stopped_) listening = co_await open.listen();
      if (listening && listening->status() == wire::DONE) {
        wait = first_retry;
        dark = unknown = false;
        heard_s_ = wall_s();
        last_delivery_ = Clock::now();
        JsonLine line("connected", wall_s());
        line.text("relay", name);
        note_clock(open.greeted(), root);
        if (open.greeted().online_key_expired) {
          line.flag("key_old", true);
          screen_.say_now(words().online_key_old(name));
        }
        screen_.event(line);
        screen_.say_now(words().connected(name));
        account_.outbox.hurry(wall_s());
        if (!once_ready) ++ready_;
        once_ready = true;
        up_.insert(root);
        heard_root_s_[root] = wall_s();
        co_await read_link(open, relay);
        up_.erase(root);
        heard_root_s_[root] = wall_s();
      }
      links_.erase(&open);
      const bool refused = settled ? listening && listening->status() == wire::REFUSED : settled.error().status == wire::REFUSED;
      if (refused && !std::exchange(unknown, true)) {
        screen_.event(JsonLine("unknown", wall_s()).text("relay", name));
        screen_.say_now(words().unknown_here(name));
      }
      if (settled || settled.error().status == wire::STATUS_UNSET) {
        const auto ended = open.ended();
        if (ended == Fault::displaced && !stopped_) {
          screen_.event(JsonLine("displaced", wall_s()).text("relay", name));
          screen_.say_now(words().displaced());
          wait = retry_most;
        }
      }
    }
    if (stopped_) co_return;
    if (!dark && !link) {
      dark = true;
      screen_.event(JsonLine("dark", wall_s()).text("relay", name));
      screen_.say_now(words().dark(name));
    }
    // Between half and all of it, so that a relay that comes back is not met by everybody at once.
    co_await pause(wait / 2 + milliseconds(random_below(static_cast<std::uint32_t>(wait.count() / 2 + 1))));
    wait = std::min(wait * 2, retry_most);
  }
}

asio::awaitable<void> Listening::read_link(OwnerLink& link, const Relay& relay) {
  for (;;) {
    const Outcome<wire::Delivery> delivery = co_await link.next_delivery();
    if (!delivery) co_return;
    take(relay.routes.root(), *delivery);
    link.acknowledge(delivery->number());
  }
}

void Listening::take(const PublicKey& root, const wire::Delivery& delivery) {
  const std::uint64_t now_s = wall_s();
  heard_s_ = now_s;
  last_delivery_ = Clock::now();
  // What happened is told in this device's time from here on: a lease must not end early because a clock is wrong.
  wire::Delivery here = delivery;
  const auto told = told_.find(root);
  const std::int64_t ahead_s = told == told_.end() ? 0 : told->second.ahead_s;
  if (here.released_s() != 0) {
    const std::int64_t at_s = static_cast<std::int64_t>(std::min<std::uint64_t>(here.released_s(), INT64_MAX / 2)) + ahead_s;
    here.set_released_s(at_s > 0 ? static_cast<std::uint64_t>(at_s) : 1);
  }
  for (const News& news : reader_.read(root, here, now_s)) {
    show_news(screen_, news, now_s);
    if (news.kind == News::Kind::consent || news.kind == News::Kind::plan) people_changed_ = true;
    if (news.kind == News::Kind::alert && options_.watch && news.rings) {
      if (news.first || !ringing_.contains(news.alert_id)) screen_.detail(words().press_a_key());
      ringing_[news.alert_id] = now_s;
      screen_.ring();
      start_command();
    }
    if (news.kind == News::Kind::text && options_.watch) {
      for (const Received& received : account_.inbox.not_shown()) account_.inbox.set_shown(received.row);
    }
  }
}

void Listening::note_clock(const Greeted& greeted, const PublicKey& root) {
  Told& told = told_[root];
  told.rounds = Rounds::of(greeted.limits);
  if (greeted.now_s != 0 && greeted.now_s < INT64_MAX / 2)
    told.ahead_s = static_cast<std::int64_t>(wall_s()) - static_cast<std::int64_t>(greeted.now_s);
  if (clock_said_) return;
  const std::int64_t off = clock_off(greeted, wall_s());
  if (off == 0) return;
  clock_said_ = true;
  show_clock_off(screen_, off, wall_s());
}

Rounds Listening::rounds_of(View root) const {
  const auto key = PublicKey::from(root);
  const auto told = key ? told_.find(*key) : told_.end();
  return told == told_.end() ? Rounds{} : told->second.rounds;
}

// ---- what waited, what rings

void Listening::show_waiting() {
  const std::uint64_t now_s = wall_s();
  for (const AlertState& alert : account_.alerts.all()) {
    const record::AlertRecord& record = alert.record();
    if (record.hers() || record.seen() || alert.over() || !record.has_alert()) continue;
    const auto person = e2ee::IdentityKey::from(view(record.person()));
    const std::string name = person ? account_.name_of(*person) : words().somebody();
    News news = news_of(alert, name);
    news.rings = person && may_ring(account_, *person, now_s);
    show_news(screen_, news, now_s);
    if (record.has_plan()) show_news(screen_, plan_news_of(alert, name), now_s);
    if (!news.rings) continue;
    screen_.detail(words().press_a_key());
    ringing_[id_of(alert)] = now_s;
    screen_.ring();
    start_command();
  }
  for (const Agreement& duty : account_.duties.all()) {
    const auto contact = account_.contacts.find(duty.contact);
    if (duty.word != Word::asked || !contact) continue;
    News news{.kind = News::Kind::asked, .name = account_.name_of(contact->identity)};
    news.lawyer = duty.lawyer;
    show_news(screen_, news, now_s);
  }
  for (const Received& received : account_.inbox.not_shown()) {
    News news{.kind = News::Kind::text, .text = received.content.text().text(), .written_s = received.content.written_s()};
    news.content_id.assign(received.content_id.bytes.begin(), received.content_id.bytes.end());
    const auto contact = received.from ? account_.contacts.find(*received.from) : std::nullopt;
    news.name = contact ? account_.name_of(contact->identity) : words().somebody();
    show_news(screen_, news, now_s);
    account_.inbox.set_shown(received.row);
  }
}

void Listening::key_pressed() {
  if (ringing_.empty()) return;
  const std::uint64_t now_s = wall_s();
  for (const auto& [alert_id, since_s] : std::exchange(ringing_, {})) {
    Container::Transaction step(account_.container);
    std::optional<AlertState> alert = account_.alerts.find(alert_id);
    if (!alert) continue;
    alert->seen_here(now_s);
    account_.alerts.put(*alert);
    const auto person = e2ee::IdentityKey::from(view(alert->record().person()));
    const auto contact = person ? account_.contacts.find(*person) : std::nullopt;
    // After any ending her phone may be in other hands: it is told nothing more.
    if (contact && !alert->record().ended()) {
      account_.receipts.add(
          {.to = contact->id, .kind = content::Receipt::SEEN, .content_id = *ContentId::from(alert_id), .due_s = now_s});
    }
    step.commit();
    JsonLine line("seen", now_s);
    line.id("alert", alert_id);
    if (alert->record().alert().drill()) line.flag("drill", true);
    screen_.event(line);
    if (!alert->record().ended()) screen_.say_now(words().you_have_seen_it());
  }
}

asio::awaitable<void> Listening::ring() {
  while (!stopped_) {
    co_await pause(rings_every);
    for (auto at = ringing_.begin(); at != ringing_.end();) {
      const std::optional<AlertState> alert = account_.alerts.find(at->first);
      const bool muted = alert && muted_until(account_, view(alert->record().person()), wall_s()) != 0;
      at = !alert || alert->over() || muted ? ringing_.erase(at) : std::next(at);
    }
    if (!ringing_.empty()) screen_.ring();
  }
}

// Started through the shell with nothing of the alert in its arguments or environment; its output is not ours.
void Listening::start_command() {
  if (options_.on_alert.empty()) return;
  char shell[] = "sh";
  char flag[] = "-c";
  std::string command = options_.on_alert;
  char* arguments[] = {shell, flag, command.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  if (posix_spawn(&child, "/bin/sh", &actions, nullptr, arguments, environ) != 0) screen_.say_now(words().on_alert_failed());
  posix_spawn_file_actions_destroy(&actions);
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// ---- sending

// What was open closes itself when an alert is pressed: whoever takes the phone then finds it locked.
asio::awaitable<void> Listening::watch_press() {
  const auto presses = [this] {
    std::set<std::pair<std::string, std::uint32_t>> all;
    const Outcome<std::vector<kept::RunningAlert>> running = account_.slot.running();
    if (!running) return all;
    // In a drill nobody takes the phone, and she wants to see who answers.
    for (const kept::RunningAlert& alert : *running)
      if (!alert.drill()) all.emplace(alert.alert_id(), alert.pressed_again());
    return all;
  };
  std::uint64_t version = account_.slot.version();
  const auto before = presses();
  while (!stopped_) {
    co_await pause(milliseconds(100));
    if (account_.slot.version() == version) continue;
    version = account_.slot.version();
    const auto now = presses();
    if (std::includes(before.begin(), before.end(), now.begin(), now.end())) continue;
    failed_ = Fault::locked_by_press;
    stop();
  }
}

asio::awaitable<void> Listening::send_outbox() {
  while (!stopped_) {
    const std::vector<Sent> sent = co_await drain(account_.outbox, wall_s());
    if (!sent.empty()) tell_sent(account_, screen_, sent, wall_s());
    const std::optional<std::uint64_t> next = account_.outbox.next_due_s();
    const milliseconds wait(next && *next <= wall_s() ? 100 : 500);
    co_await pause(wait);
  }
}

asio::awaitable<void> Listening::send_receipts() {
  while (!stopped_) {
    for (const DueReceipt& due : account_.receipts.due(wall_s())) {
      const auto contact = account_.contacts.find(due.to);
      if (!contact) {
        account_.receipts.remove(due.row);
        continue;
      }
      const std::optional<AlertState> alert = account_.alerts.find(due.content_id.view());
      if (alert && alert->record().ended()) {
        account_.receipts.remove(due.row);
        continue;
      }
      const wire::Lane lane = alert ? wire::URGENT : wire::NORMAL;
      FreshKeys keys;
      if (wants_keys(account_, due.to, lane, wall_s())) keys = co_await fetch_keys(account_, due.to, lane, milliseconds(4'000));
      content::Content content = new_content(wall_s());
      content.mutable_receipt()->set_kind(due.kind);
      content.mutable_receipt()->add_content_ids(std::string(text(due.content_id.view())));
      Container::Transaction step(account_.container);
      account_.receipts.remove(due.row);
      (void)write_to(account_, *contact, content, lane, keys, false, wall_s());
      step.commit();
    }
    co_await pause(milliseconds(100));
  }
}

// ---- keys and prepared alerts

asio::awaitable<void> Listening::keep_fresh() {
  Clock::time_point next = Clock::now();
  Clock::time_point anew = Clock::now() + anew_every;
  Clock::time_point next_withdrawal = Clock::now();
  while (!stopped_) {
    if (Clock::now() >= next && ready_ == account_.relays.all().size()) {
      next = Clock::now() + upkeep_every;
      const Refreshed refreshed = co_await refresh_bundles(account_);
      show_unreachable(screen_, refreshed.unreachable, wall_s());
      forget_all_old(account_, wall_s());
      const Remade remade = remake_prepared(account_, wall_s(), false);
      if (remade.fresh)
        screen_.event(JsonLine("upkeep", wall_s()).number("prepared", static_cast<std::int64_t>(remade.prepared)));
    }
    if (Clock::now() >= next_withdrawal) {
      next_withdrawal = Clock::now() + withdraw_every;
      if (!account_.addresses.withdrawn().empty()) {
        const bool all = co_await withdraw_everywhere(account_);
        (void)all;  // else again
      }
    }
    if (Clock::now() >= anew) {
      anew = Clock::now() + anew_every;
      for (OwnerLink* link : links_) link->stop();
    }
    co_await pause(milliseconds(1'000));
  }
}

// ---- people

void Listening::say_empty_tiers() {
  const std::uint64_t now_s = wall_s();
  const std::vector<std::uint32_t> empty = empty_tiers(account_, now_s);
  if (empty == empty_tiers_said_) return;
  empty_tiers_said_ = empty;
  for (const std::uint32_t tier : empty) {
    screen_.event(JsonLine("tier_empty", now_s).number("tier", tier));
    screen_.loud_now(words().tier_empty(tier));
  }
}

// Whoever goes off duty or leaves is out of the next alert at once; plans go to those who lack them; other responders of an alert
// can be written to without waiting for their keys.
asio::awaitable<void> Listening::keep_people() {
  Clock::time_point next = Clock::now();
  Clock::time_point next_probe = Clock::now();
  std::set<std::uint64_t> drills_said;
  while (!stopped_) {
    if (ready_ != 0 && (people_changed_ || Clock::now() >= next)) {
      const bool changed = std::exchange(people_changed_, false);
      next = Clock::now() + people_every;
      const Remade remade = remake_prepared(account_, wall_s(), false);
      if (remade.fresh) {
        JsonLine line("upkeep", wall_s());
        line.number("prepared", static_cast<std::int64_t>(remade.prepared));
        screen_.event(line.number("responders", static_cast<std::int64_t>(remade.responders)));
      }
      say_empty_tiers();
      remind_of_drills(account_, screen_, drills_said, wall_s());
      want_probes(account_, wall_s());
      co_await send_plans(account_);
      for (const Contact& contact : account_.contacts.all()) {
        if (!changed || stopped_) break;
        if (contact.through) co_await fetch_bundles(account_, contact.id);
      }
    }
    if (ready_ != 0 && Clock::now() >= next_probe) {
      const bool probed = co_await probe_one(account_, screen_);
      next_probe = Clock::now() + (probed ? probe_apart_least + seconds(random_below(probe_apart_spread_s)) : seconds(5));
    }
    co_await pause(milliseconds(200));
  }
}

}  // namespace vigil::client

// `vigil checkin`: silence speaks up. `start`, `ok` and `stop` need the PIN; `status` and `watch` do not: they show and keep
// fresh, and cannot move the hour. With either PIN `ok` and `stop` do the same steps; nothing here knows which it was.
#include <boost/asio/detached.hpp>
#include <csignal>

#include "client/checkin.hpp"
#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/commands/fix_options.hpp"
#include "client/hours.hpp"
#include "client/inbox.hpp"
#include "client/mail.hpp"
#include "client/refresh.hpp"
#include "client/running.hpp"
#include "client/upkeep.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"
#include "crypto/base/aead.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/labels.hpp"

namespace vigil::client::commands {
namespace {

using std::chrono::milliseconds;

struct CheckInOptions {
  std::string every = "30m";
  std::string grace = "15m";
  std::string lasts;
  FixOptions fixes;
};

// A renewal is not kept for later: sent hours after the PIN was typed, it would say that she was well then.
constexpr milliseconds ok_waits{20'000};
constexpr milliseconds keys_wait{6'000};

kept::RunningCheckIn need_check_in(SendSlot& slot) {
  const Outcome<std::optional<kept::RunningCheckIn>> held = slot.check_in();
  if (!held) throw Failed(held.error());
  if (!*held) throw Stop{Exit::ended, words().no_check_in()};
  return **held;
}

void show_check_in(Screen& screen, const CheckInView& view, std::uint64_t now_s) {
  screen.event(JsonLine("check_in", now_s)
                   .flag("on_relay", view.on_relay)
                   .flag("fired", view.fired)
                   .flag("stopping", view.stopping)
                   .number("due_s", static_cast<std::int64_t>(view.due_s))
                   .number("heard_s", static_cast<std::int64_t>(view.heard_s))
                   .number("ok_s", static_cast<std::int64_t>(view.ok_s))
                   .number("until_s", static_cast<std::int64_t>(view.until_s))
                   .number("relays", static_cast<std::int64_t>(view.relays)));
  if (!view.on_relay) {
    screen.loud(words().check_in_not_watched());
  } else if (view.fired) {
    screen.loud(words().own_check_in_fired());
  } else {
    screen.say(words().check_in_kept_watch(clock_text(view.due_s, now_s), view.relays));
    screen.say(words().check_in_last_answer(words().age(now_s > view.heard_s ? now_s - view.heard_s : 0)));
    screen.say(words().check_in_reminder(view.due_s > now_s ? view.due_s - now_s : 0));
  }
  if (view.until_s != 0 && !view.fired && !view.stopping)
    screen.say(words().check_in_meant_to_end(clock_text(view.until_s, now_s), now_s >= view.until_s));
  if (view.stopping) screen.say(words().check_in_stop_waits());
}

std::optional<Secret> open_one(Account& account, const google::protobuf::RepeatedPtrField<std::string>& boxes) {
  std::vector<Bytes> all;
  for (const std::string& box : boxes) all.emplace_back(box.begin(), box.end());
  return account.profile.open_box(all);
}

// ---- start

asio::awaitable<void> tell_begun(Account& account, const kept::RunningCheckIn& check_in) {
  std::vector<ItemId> items;
  for (const TierPlace& place : account.tiers.all()) {
    const auto contact = account.contacts.find(place.contact);
    if (!contact) continue;
    content::Content content = new_content(wall_s());
    *content.mutable_check_in() = content_of(check_in, content::CheckIn::BEGUN);
    FreshKeys keys;
    if (wants_keys(account, contact->id, wire::NORMAL, wall_s()))
      keys = co_await fetch_keys(account, contact->id, wire::NORMAL, keys_wait);
    const auto written = write_to(account, *contact, content, wire::NORMAL, keys, true, wall_s());
    if (written) items.insert(items.end(), written->begin(), written->end());
  }
  const Sending sending = co_await send_now(account, items);
  (void)sending;  // what waits goes out with the outbox
}

// Everything up to the disk.
std::vector<ItemId> write_check_in(Account& account, const CheckInTerms& terms, const std::vector<Fix>& fixes) {
  const Plan plan = plan_of_tiers(account, wall_s());
  if (plan.responders.empty()) throw Stop{Exit::usage, words().tiers_none()};
  auto prepared = prepare_check_in(plan, account.identity, account.profile.box_keys(), terms, terms.begun_s);
  if (!prepared) throw Stop{Exit::failed, words().unexpected()};
  kept::RunningCheckIn check_in;
  check_in.set_begun_s(terms.begun_s);
  check_in.set_every_s(terms.every_s);
  check_in.set_grace_s(terms.grace_s);
  if (terms.lasts_s != 0) check_in.set_until_s(terms.begun_s + terms.lasts_s);
  check_in.mutable_alert()->set_alert_id(prepared->alert_id());
  check_in.mutable_alert()->set_pressed_s(terms.begun_s);
  for (const kept::PreparedVigil& vigil : prepared->vigils()) check_in.mutable_alert()->add_vigils()->set_root(vigil.root());
  *check_in.mutable_spare() = *prepared;
  const Press press = press_of(check_in, fixes);
  if (!fixes.empty()) check_in.set_place_at_s(fixes.front().at_s);
  auto sealed = seal_alert(std::move(*prepared), press);
  if (!sealed) throw Stop{Exit::failed, words().unexpected()};
  // The step of each chain that seal_alert() took.
  for (int i = 0; i < check_in.spare().vigils_size(); ++i) {
    if (!seal_fresh_copies(*check_in.mutable_spare(), i, press)) throw Stop{Exit::failed, words().unexpected()};
  }
  *check_in.mutable_alert() = sealed->running;
  const Outcome<void> begun = account.slot.begin_check_in(check_in);
  if (!begun && begun.error() == Fault::busy) throw Stop{Exit::usage, words().check_in_runs_already()};
  if (!begun) throw Failed(begun.error());
  std::vector<ItemId> items;
  for (const SealedVigil& vigil : sealed->vigils) {
    const auto item = account.outbox.put(
        {.routes = vigil.routes, .requests = vigil.keep, .urgent = true, .about = write_about(AboutKind::keep, vigil.id.view())},
        wall_s());
    if (!item) throw Failed(item.error());
    items.push_back(*item);
  }
  return items;
}

// Nothing of it is to come up later. `listen` may be sending one of them: what has gone meanwhile has gone.
asio::awaitable<void> drop(Account& account, const std::vector<ItemId>& items) {
  for (const ItemId& id : items) {
    Outcome<Outbox::Claimed> claimed = co_await claim_in_turn(account.outbox, id, person_waits);
    if (!claimed) continue;
    if (const Outcome<void> gone = claimed->forget(); !gone) throw Failed(gone.error());
  }
}

asio::awaitable<Exit> start(Account& account, Screen& screen, CheckInTerms terms, std::vector<Fix> fixes) {
  const Refreshed refreshed = co_await refresh_bundles(account);
  (void)refreshed;  // what is known of them stays
  terms.begun_s = wall_s();
  const std::vector<ItemId> items = write_check_in(account, terms, fixes);
  const Sending sending = co_await send_now(account, items);
  kept::RunningCheckIn check_in = need_check_in(account.slot);
  // One relay that keeps watch is enough; another that refuses is asked again with the outbox.
  if (sending == Sending::refused && !view_of(check_in).on_relay) {
    co_await drop(account, items);
    check_in = need_check_in(account.slot);
    if (!view_of(check_in).on_relay) {
      (void)account.slot.forget_check_in(view(check_in.alert().alert_id()));
      co_return screen.fail(Exit::refused, words().check_in_refused());
    }
  }
  co_await tell_begun(account, check_in);
  show_check_in(screen, view_of(check_in), wall_s());
  screen.say(words().keep_a_place_running());
  co_return view_of(check_in).on_relay ? Exit::done : Exit::not_sent;
}

Exit run_start(const Common& common, const CheckInOptions& options) {
  Screen screen(common.json, common.plain);
  const auto every_s = read_duration(options.every, typed_most_s);
  const auto grace_s = options.grace == "0" ? std::optional<std::uint64_t>(0) : read_duration(options.grace, typed_most_s);
  if (!every_s || !grace_s) throw Stop{Exit::usage, words().bad_duration()};
  const std::uint64_t period_s = *every_s + *grace_s;
  if (period_s < check_in_period_min_s || period_s > check_in_period_max_s) throw Stop{Exit::usage, words().bad_period()};
  const auto lasts_s = options.lasts.empty() ? std::optional<std::uint64_t>(0) : read_duration(options.lasts, typed_most_s);
  if (!lasts_s) throw Stop{Exit::usage, words().bad_duration()};
  if (*lasts_s != 0 && (*lasts_s < *every_s || *lasts_s > check_in_lasts_max_s))
    throw Stop{Exit::usage, words().bad_check_in_end()};
  const std::unique_ptr<Account> account = open_account(common);
  if (const auto held = account->slot.check_in(); held && *held) throw Stop{Exit::usage, words().check_in_runs_already()};
  asio::io_context io(1);
  FixFeed feed(io.get_executor(), options.fixes);
  feed.read_now();
  const CheckInTerms terms{.every_s = static_cast<std::uint32_t>(*every_s),
                           .grace_s = static_cast<std::uint32_t>(*grace_s),
                           .lasts_s = static_cast<std::uint32_t>(*lasts_s)};
  return run_to_end(io, start(*account, screen, terms, feed.newest_first()));
}

// ---- ok

asio::awaitable<Exit> renew(Account& account, Screen& screen, std::vector<Fix> fixes) {
  kept::RunningCheckIn check_in = need_check_in(account.slot);
  const Bytes id(check_in.alert().alert_id().begin(), check_in.alert().alert_id().end());
  const CheckInView before = view_of(check_in);
  std::uint64_t seq = 0;
  const Outcome<void> counted = account.slot.change_check_in(id, [&](kept::RunningCheckIn& newest) {
    seq = newest.renew_seq() + 1;
    newest.set_renew_seq(seq);
    return true;
  });
  if (!counted) throw Failed(counted.error());
  std::size_t moved = 0;
  for (const kept::RunningVigil& vigil : check_in.alert().vigils()) {
    const auto routes = Routes::read(view(vigil.routes()));
    if (!routes || vigil.ended()) continue;
    const std::optional<Secret> secret = open_one(account, vigil.renew_boxes());
    if (!secret) throw Stop{Exit::profile, words().damaged_profile()};
    wire::Request request;
    wire::Renew& renewal = *request.mutable_renew();
    renewal.set_vigil_id(vigil.vigil_id());
    renewal.set_secret(std::string(text(secret->view())));
    renewal.set_seq(seq);
    renewal.set_due_in_s(before.period_s);
    const Outcome<wire::Answer> answer = co_await ask_patiently(*routes, std::move(request), ok_waits);
    if (!answer) continue;
    if (answer->status() == wire::DONE) ++moved;
    note_check_in(account.slot, id, view(vigil.vigil_id()), *answer, wall_s());
  }
  const Outcome<std::optional<kept::RunningCheckIn>> after = account.slot.check_in();
  if (!after || !*after) co_return screen.fail(Exit::ended, words().check_in_over());
  if (moved == 0) {
    const std::uint64_t now_s = wall_s();
    co_return screen.fail(Exit::no_route, words().check_in_ok_failed(before.due_s == 0 ? "?" : clock_text(before.due_s, now_s)));
  }
  const Outcome<void> noted = account.slot.change_check_in(id, [](kept::RunningCheckIn& newest) {
    newest.mutable_alert()->set_pressed_s(wall_s());
    newest.set_refreshed_s(0);  // the copies are to say so soon
    return true;
  });
  if (!noted) throw Failed(noted.error());
  co_await refresh_check_in(account.slot, fixes);
  const CheckInView view = view_of(need_check_in(account.slot));
  show_check_in(screen, view, wall_s());
  // An end that she named is told by show_check_in().
  if (!view.fired) screen.say(words().check_in_ok(clock_text(view.due_s, wall_s())));
  co_return Exit::done;
}

Exit run_ok(const Common& common, const CheckInOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  FixFeed feed(io.get_executor(), options.fixes);
  feed.read_now();
  return run_to_end(io, renew(*account, screen, feed.newest_first()));
}

// ---- stop

// What the responders are told, opened by the ending's secret: one of two of the same size.
std::vector<wire::Request> goodbyes_of(const kept::RunningVigil& vigil, const Secret& ending) {
  const Bytes key = derive(ending.view(), {}, labels::goodbye, 32);
  std::vector<wire::Request> out;
  for (const std::string& sealed : vigil.goodbyes()) {
    const auto opened = aead_open(key, view(sealed), {});
    kept::Goodbye goodbye;
    if (!opened || !goodbye.ParseFromArray(opened->view().data(), static_cast<int>(opened->view().size()))) continue;
    for (const std::string& one : goodbye.requests()) {
      wire::Request request;
      if (request.ParseFromString(one)) out.push_back(std::move(request));
    }
  }
  return out;
}

asio::awaitable<Exit> stop(Account& account, Screen& screen) {
  const kept::RunningCheckIn check_in = need_check_in(account.slot);
  const View id = view(check_in.alert().alert_id());
  std::vector<ItemId> endings, goodbyes;
  for (const kept::RunningVigil& vigil : check_in.alert().vigils()) {
    const auto routes = Routes::read(view(vigil.routes()));
    if (!routes || vigil.ended()) continue;
    const std::optional<Secret> secret = open_one(account, vigil.boxes());
    if (!secret) throw Stop{Exit::profile, words().damaged_profile()};
    wire::Request request;
    request.mutable_end()->set_vigil_id(vigil.vigil_id());
    request.mutable_end()->set_secret(std::string(text(secret->view())));
    request.mutable_end()->set_address(vigil.address());
    const auto ending = account.outbox.put(
        {.routes = *routes, .requests = {request}, .urgent = true, .about = write_about(AboutKind::end, view(vigil.vigil_id()))},
        wall_s());
    if (!ending) throw Failed(ending.error());
    endings.push_back(*ending);
    // Once silence has been told, the relay tells of the ending itself.
    if (vigil.released()) continue;
    for (const wire::Request& one : goodbyes_of(vigil, *secret)) {
      const auto said = account.outbox.put(
          {.routes = *routes, .requests = {one}, .urgent = false, .about = write_about(AboutKind::content, id)}, wall_s());
      if (!said) throw Failed(said.error());
      goodbyes.push_back(*said);
    }
  }
  const Outcome<void> noted = account.slot.change_check_in(id, [](kept::RunningCheckIn& newest) {
    newest.set_stopping(true);
    return true;
  });
  if (!noted) throw Failed(noted.error());
  adopt_running(account, wall_s());
  const Sending sending = co_await send_now(account, endings);
  (void)sending;  // one relay that refuses would hide another that has not answered
  const Sending said = co_await send_now(account, goodbyes);
  (void)said;  // what waits goes out with the outbox
  const bool on_relay = !still_open(account.outbox, endings);
  if (on_relay) {
    account.alerts.update(id, [](AlertState& alert) { return alert.own_ending(wall_s()) == Fact::news; });
    (void)account.slot.forget_check_in(id);
  }
  screen.event(JsonLine("check_in", wall_s()).flag("on_relay", !on_relay).flag("stopping", !on_relay).flag("ended", on_relay));
  if (!on_relay) co_return screen.fail(Exit::not_sent, words().check_in_stop_waits());
  screen.say(words().check_in_stopped());
  co_return Exit::done;
}

Exit run_stop(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  return run_to_end(io, stop(*account, screen));
}

// ---- status and watch: no PIN

asio::awaitable<Exit> look_once(const Home& home, Screen& quiet) {
  CheckInKeeper keeper(home, quiet, nullptr);
  const bool runs = co_await keeper.step();
  (void)runs;
  co_return Exit::done;
}

Exit run_status(const Common& common) {
  Screen screen(common.json, common.plain);
  const Home home = need_profile(common);
  SendSlot slot(home);
  asio::io_context io(1);
  need_check_in(slot);
  run_to_end(io, look_once(home, screen));
  show_check_in(screen, view_of(need_check_in(slot)), wall_s());
  return Exit::done;
}

asio::awaitable<Exit> watch(const Home& home, Screen& screen, FixFeed& feed) {
  CheckInKeeper keeper(home, screen, &feed);
  Outbox outbox(home);
  SendSlot slot(home);
  for (;;) {
    const std::vector<Sent> all = co_await drain(outbox, wall_s());
    for (const Sent& sent : all) note_sent(slot, sent, wall_s());
    const bool runs = co_await keeper.step();
    if (!runs) break;
    co_await wait_a_while(milliseconds(1'000));
  }
  feed.stop();
  screen.event(JsonLine("check_in", wall_s()).flag("ended", true));
  screen.say(words().check_in_over());
  co_return Exit::done;
}

Exit run_watch(const Common& common, const CheckInOptions& options) {
  Screen screen(common.json, common.plain);
  const Home home = need_profile(common);
  SendSlot slot(home);
  show_check_in(screen, view_of(need_check_in(slot)), wall_s());
  asio::io_context io(1);
  FixFeed feed(io.get_executor(), options.fixes);
  if (options.fixes.any())
    asio::co_spawn(io, feed.run(), asio::detached);  // detached: ends with 'io', which outlives nothing of it
  return run_to_end(io, watch(home, screen, feed));
}

}  // namespace

void add_checkin(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<CheckInOptions>();
  CLI::App* command = app.add_subcommand("checkin", "if you fall silent, your people are woken");
  command->require_subcommand(1);
  CLI::App* begin = command->add_subcommand("start", "begin; needs your PIN");
  begin->add_option("--every", options->every, "how often you will say that you are well")
      ->type_name("TIME")
      ->capture_default_str();
  begin->add_option("--grace", options->grace, "how much later than that you may be")->type_name("TIME")->capture_default_str();
  begin->add_option("--for", options->lasts, "when you mean to end it: you are reminded then; it goes on until `stop`")
      ->type_name("TIME");
  add_fix_options(*begin, options->fixes);
  begin->footer(
      "Silence counts from every + grace after you last said ok: the relay keeps the time, not this phone.\n"
      "It ends with `vigil checkin stop` and your PIN, and in no other way; --for reminds you of it and tells your people.");
  begin->callback([&common, &run, options] { run = [&common, options] { return run_start(common, *options); }; });
  CLI::App* ok = command->add_subcommand("ok", "you are well; needs your PIN, and a network: it is never kept for later");
  add_fix_options(*ok, options->fixes);
  ok->callback([&common, &run, options] { run = [&common, options] { return run_ok(common, *options); }; });
  CLI::App* end = command->add_subcommand("stop", "end it; needs your PIN");
  end->callback([&common, &run] { run = [&common] { return run_stop(common); }; });
  CLI::App* status = command->add_subcommand("status", "from when silence counts, as the relay last said; no PIN");
  status->callback([&common, &run] { run = [&common] { return run_status(common); }; });
  CLI::App* stay = command->add_subcommand("watch", "reminds you and keeps your last places fresh until it is over; no PIN");
  add_fix_options(*stay, options->fixes);
  stay->callback([&common, &run, options] { run = [&common, options] { return run_watch(common, *options); }; });
  command->footer("A phone left switched on keeps nothing alive: only `ok` with the PIN moves the hour.");
}

}  // namespace vigil::client::commands

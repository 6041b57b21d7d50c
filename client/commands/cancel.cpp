// `vigil cancel`: the newest alert, with the PIN. Whatever that PIN opens is shown to the relay: an ending that stops, or its
// twin that does not. The same steps, words and files either way; nothing here knows which it was
// (docs/decisions/0006-an-ending-goes-before-its-alert.md).
#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/inbox.hpp"
#include "client/running.hpp"
#include "client/telling.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

asio::awaitable<Exit> end_alert(Account& account, Screen& screen, kept::RunningAlert running) {
  std::vector<ItemId> items;
  for (const kept::RunningVigil& vigil : running.vigils()) {
    const auto routes = Routes::read(view(vigil.routes()));
    if (!routes || vigil.ended()) continue;
    std::vector<Bytes> boxes;
    for (const std::string& box : vigil.boxes()) boxes.emplace_back(box.begin(), box.end());
    const std::optional<Secret> secret = account.profile.open_box(boxes);
    if (!secret) throw Stop{Exit::profile, words().damaged_profile()};
    wire::Request request;
    request.mutable_end()->set_vigil_id(vigil.vigil_id());
    request.mutable_end()->set_secret(std::string(text(secret->view())));
    request.mutable_end()->set_address(vigil.address());
    const auto item = account.outbox.put(
        {.routes = *routes, .requests = {request}, .urgent = true, .about = write_about(AboutKind::end, view(vigil.vigil_id()))},
        wall_s());
    if (!item) throw Failed(item.error());
    items.push_back(*item);
  }
  adopt_running(account, wall_s());
  account.alerts.update(view(running.alert_id()), [](AlertState& alert) {
    alert.record().set_end_written(true);
    return true;
  });
  // From here on a press is a new alert, also while no relay answers.
  (void)account.slot.forget_running(view(running.alert_id()));
  const Sending sending = co_await send_now(account, items);
  (void)sending;  // what is still open in the outbox says it better
  // An alert that never left goes behind its ending: dropped by the relay, or not. This device does not know which.
  account.outbox.hurry(wall_s());
  const std::vector<Sent> rest = co_await drain(account.outbox, wall_s());
  tell_sent(account, screen, rest, wall_s());
  const bool on_relay = !still_open(account.outbox, items);
  remake_prepared(account, wall_s(), false);  // the profile is open: the next press finds a full stock
  JsonLine line("cancelled", wall_s());
  line.id("alert", view(running.alert_id())).flag("on_relay", on_relay);
  if (running.drill()) line.flag("drill", true);
  screen.event(line);
  if (!on_relay) co_return screen.fail(Exit::not_sent, words().cancel_waits());
  screen.say(words().cancel_done());
  co_return Exit::done;
}

}  // namespace

asio::awaitable<Exit> end_own_alert(Account& account, Screen& screen, Bytes alert_id) {
  std::optional<kept::RunningAlert> running =
      alert_id.empty() ? newest_running(account.slot, wall_s(), limits::vigil_life_s) : running_with(account.slot, alert_id);
  // A check-in that was told is an alert on the screen, and ends otherwise.
  const Outcome<std::optional<kept::RunningCheckIn>> check_in = account.slot.check_in();
  if (!running && check_in && *check_in && (*check_in)->alert().alert_id() == text(alert_id))
    throw Stop{Exit::usage, words().own_check_in_fired()};
  if (!running) throw Stop{Exit::ended, words().nothing_to_cancel()};
  const Exit code = co_await end_alert(account, screen, std::move(*running));
  co_return code;
}

Exit run_cancel(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  return run_to_end(io, end_own_alert(*account, screen, {}));
}

void add_cancel(CLI::App& app, Common& common, Run& run) {
  CLI::App* command = app.add_subcommand("cancel", "end your newest alert, with your PIN");
  command->footer("Within the 10 s nobody is woken. Later, those who were are told that you ended it.");
  command->callback([&common, &run] { run = [&common] { return run_cancel(common); }; });
}

}  // namespace vigil::client::commands

// `vigil status`: what is ready, what is NOT SENT YET, which alerts are going on. With --locked only what needs no PIN.
#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/inbox.hpp"
#include "client/news.hpp"
#include "client/telling.hpp"
#include "client/terminal.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

struct StatusOptions {
  bool locked = false;
};

Exit show_locked(Screen& screen, const Home& home) {
  const Outcome<SendSlot::Stock> stock = SendSlot(home).stock();
  if (!stock) stop_with(trouble_of(stock.error(), home.folder().string()));
  const std::size_t waiting = Outbox(home).waiting();
  JsonLine line("status", wall_s());
  line.number("prepared", static_cast<std::int64_t>(stock->count)).number("outbox", static_cast<std::int64_t>(waiting));
  screen.event(line.flag("locked", true));
  screen.say(words().status_locked(stock->count, waiting));
  return Exit::done;
}

asio::awaitable<Exit> keep_up_once(Account& account, Screen& screen, Remade& remade) {
  remade = co_await keep_up(account, false);
  const std::vector<Sent> sent = co_await drain(account.outbox, wall_s());
  tell_sent(account, screen, sent, wall_s());
  tell_undelivered(account, screen, wall_s());
  co_return Exit::done;
}

Exit run_status(const Common& common, const StatusOptions& options) {
  Screen screen(common.json, common.plain);
  const Home home = need_profile(common);
  if (options.locked) return show_locked(screen, home);
  const std::unique_ptr<Account> account = open_account(common);
  Remade remade;
  asio::io_context io(1);
  run_to_end(io, keep_up_once(*account, screen, remade));
  adopt_running(*account, wall_s());
  for (const AlertState& alert : account->alerts.all()) {
    if (alert.over()) continue;
    const auto person = e2ee::IdentityKey::from(view(alert.record().person()));
    if (!alert.record().hers())
      show_news(screen, news_of(alert, person ? account->name_of(*person) : words().somebody()), wall_s());
    show_state(screen, alert, alert.view(wall_s(), 0), wall_s());
  }
  const std::size_t relays = account->relays.all().size();
  const std::size_t contacts = account->contacts.all().size();
  const std::size_t waiting = account->outbox.waiting();
  JsonLine line("status", wall_s());
  line.number("relays", static_cast<std::int64_t>(relays)).number("contacts", static_cast<std::int64_t>(contacts));
  line.number("prepared", static_cast<std::int64_t>(remade.prepared)).number("outbox", static_cast<std::int64_t>(waiting));
  screen.event(line.flag("locked", false));
  screen.say(words().status_line(relays, contacts, remade.prepared, waiting));
  if (remade.responders == 0) screen.say(words().tiers_none());
  for (const std::string& name : remade.unusable) screen.say(words().bundle_too_old(name));
  if (remade.clock_off_s != 0) show_clock_off(screen, remade.clock_off_s, wall_s());
  show_unreachable(screen, remade.unreachable, wall_s());
  if (relays == 1) screen.say(words().one_relay_only());
  return Exit::done;
}

}  // namespace

void add_status(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<StatusOptions>();
  CLI::App* command = app.add_subcommand("status", "what is ready, what is NOT SENT YET, which alerts are going on");
  command->add_flag("--locked", options->locked, "without the PIN: only what needs none");
  command->callback([&common, &run, options] { run = [&common, options] { return run_status(common, *options); }; });
}

}  // namespace vigil::client::commands

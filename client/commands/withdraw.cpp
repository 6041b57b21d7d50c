// `vigil withdraw`: what was given to one contact to write here is taken back, without touching the others. At once on this
// device, and at each relay as soon as it answers.
#include <algorithm>

#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/mailbox.hpp"
#include "client/printable.hpp"
#include "client/running.hpp"
#include "client/terminal.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"

namespace vigil::client::commands {
namespace {

struct WithdrawOptions {
  std::string name;
};

// The tiers without her: those behind an emptied one move up, and the first of them is woken at once.
std::vector<TierPlace> without(std::vector<TierPlace> places, ContactId contact) {
  std::erase_if(places, [&](const TierPlace& place) { return place.contact == contact; });
  if (places.empty()) return places;
  const std::uint32_t first_s = places.front().after_s;
  std::uint32_t tier = 0;
  std::uint32_t before = 0;
  for (TierPlace& place : places) {
    if (place.tier != before) ++tier;
    before = std::exchange(place.tier, tier);
    place.after_s -= first_s;
  }
  return places;
}

// Everything that needs no relay, in one step. True when she was to be woken by this member's alerts.
bool take_back(Account& account, const Contact& contact) {
  const std::vector<TierPlace> places = account.tiers.all();
  const std::vector<TierPlace> left = without(places, contact.id);
  const bool was_woken = left.size() != places.size();
  Container::Transaction step(account.container);
  account.addresses.withdraw(contact.id);
  if (was_woken) account.tiers.set(left);
  account.contacts.set_responder(contact.id, false);
  step.commit();
  if (was_woken) remake_prepared(account, wall_s(), false);
  return was_woken;
}

asio::awaitable<Exit> withdraw(Account& account, Screen& screen, Contact contact) {
  const std::string name = printable(contact.name);
  const bool was_woken = take_back(account, contact);
  const bool on_relay = co_await withdraw_everywhere(account);
  screen.event(JsonLine("withdrawn", wall_s())
                   .text("name", contact.name)
                   .flag("on_relay", on_relay)
                   .flag("was_woken", was_woken)
                   .number("responders", static_cast<std::int64_t>(account.tiers.all().size())));
  if (on_relay) screen.say(words().withdrawn_from(name));
  if (was_woken) {
    screen.say(words().out_of_tiers(name));
    if (account.tiers.all().empty()) screen.say(words().tiers_none());
    if (newest_running(account.slot, wall_s(), limits::vigil_life_s)) screen.say(words().still_in_running_alert(name));
  }
  if (!on_relay) co_return screen.fail(Exit::not_sent, words().withdrawn_here_only(name));
  co_return Exit::done;
}

Exit run_withdraw(const Common& common, const WithdrawOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const Contact contact = find_person(*account, options.name, Through::refused);
  const std::string name = printable(contact.name);
  const std::string sure = need_line(words().ask_withdraw(name));
  if (!is_yes(sure)) throw Stop{Exit::not_confirmed, words().not_withdrawn(name)};
  asio::io_context io(1);
  return run_to_end(io, withdraw(*account, screen, contact));
}

}  // namespace

void add_withdraw(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<WithdrawOptions>();
  CLI::App* command = app.add_subcommand("withdraw", "one contact can no longer write to you or wake you; the others still can");
  add_name_option(*command, options->name);
  command->footer(
      "Asks once more before it does it. To undo it you must meet again (vigil card, vigil meet).\n"
      "Whoever it is also leaves your tiers; what an alert that is going on has sent stays with them.\n"
      "Without a network it counts on this device at once; the relay is told by vigil listen, or by the next command that "
      "reaches it.");
  command->callback([&common, &run, options] { run = [&common, options] { return run_withdraw(common, *options); }; });
}

}  // namespace vigil::client::commands

// `vigil tiers`: who is woken, and in which order. `tiers show` and `tiers set`; setting makes new alerts ready.
#include <algorithm>
#include <charconv>
#include <set>

#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/joined.hpp"
#include "client/news.hpp"
#include "client/printable.hpp"
#include "client/terminal.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "proto/limits.hpp"

namespace vigil::client::commands {
namespace {

struct TiersOptions {
  bool unchecked = false;
};

constexpr std::uint32_t delay_s_max = 86'400;

std::uint32_t read_delay(const std::string& line) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc{} || end != line.data() + line.size() || value == 0 || value > delay_s_max) {
    throw Stop{Exit::usage, words().tier_bad_delay()};
  }
  return value;
}

// Tier after tier, until an empty line or the end of the input.
std::vector<TierPlace> ask_tiers(Account& account, const TiersOptions& options) {
  std::vector<TierPlace> places;
  std::set<ContactId> seen;
  std::uint32_t after_s = 0;
  for (std::uint32_t tier = 1; tier <= limits::stages_max; ++tier) {
    const std::vector<std::string> names = split_names(ask_line(words().ask_tier(tier)).value_or(""));
    if (names.empty()) break;
    if (tier > 1) after_s += read_delay(need_line(words().ask_tier_after(tier)));
    for (const std::string& name : names) {
      const Contact contact = contact_named(account, name, Through::refused);
      if (!contact.checked && !options.unchecked) throw Stop{Exit::usage, words().tier_unchecked(printable(name))};
      const auto consent = account.consents.find(contact.id);
      if (!consent || !consent->accepted()) throw Stop{Exit::refused, words().ask_her_first(printable(name))};
      if (!seen.insert(contact.id).second) throw Stop{Exit::usage, words().tier_twice(printable(name))};
      places.push_back({.contact = contact.id, .tier = tier, .after_s = after_s});
    }
  }
  if (places.size() > limits::responders_max)
    throw Stop{Exit::usage, words().tier_too_many(limits::responders_max, limits::stages_max)};
  return places;
}

void show(Account& account, Screen& screen) {
  const std::vector<TierPlace> places = account.tiers.all();
  if (places.empty()) screen.say(words().tiers_none());
  std::uint32_t before_s = 0;
  for (auto at = places.begin(); at != places.end();) {
    const std::uint32_t tier = at->tier;
    const std::uint32_t after_s = at->after_s;
    std::vector<std::string> names;
    for (; at != places.end() && at->tier == tier; ++at) {
      const auto contact = account.contacts.find(at->contact);
      names.push_back(contact ? printable(contact->name) : words().somebody());
    }
    screen.event(JsonLine("tier", wall_s()).number("tier", tier).number("after_s", after_s).texts("names", names));
    screen.say(words().tier_line(tier, words().age(after_s - before_s), joined(names)));
    before_s = after_s;
  }
}

asio::awaitable<Exit> make_ready(Account& account, Screen& screen, std::size_t tiers) {
  const Remade remade = co_await keep_up(account, true);
  for (const std::string& name : remade.unusable) screen.say(words().bundle_too_old(printable(name)));
  show_unreachable(screen, remade.unreachable, wall_s());
  if (remade.responders != 0 && !remade.fresh) {
    throw Stop{Exit::usage, words().tier_too_many(limits::responders_max, limits::stages_max)};
  }
  const std::vector<Sent> sent = co_await drain(account.outbox, wall_s());
  (void)sent;  // plans that have not gone lie in the outbox
  JsonLine line("tiers_set", wall_s());
  line.number("responders", static_cast<std::int64_t>(remade.responders))
      .number("prepared", static_cast<std::int64_t>(remade.prepared));
  screen.event(line);
  if (remade.responders == 0) {
    screen.say(words().tiers_none());
  } else {
    screen.say(words().tiers_set(static_cast<std::uint32_t>(remade.responders), static_cast<std::uint32_t>(tiers)));
  }
  co_return Exit::done;
}

Exit run_set(const Common& common, const TiersOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const std::vector<TierPlace> places = ask_tiers(*account, options);
  account->tiers.set(places);
  for (const Contact& contact : account->contacts.all()) account->contacts.set_responder(contact.id, false);
  for (const TierPlace& place : places) account->contacts.set_responder(place.contact, true);
  show(*account, screen);
  asio::io_context io(1);
  return run_to_end(io, make_ready(*account, screen, places.empty() ? 0 : places.back().tier));
}

Exit run_show(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  show(*account, screen);
  return Exit::done;
}

}  // namespace

void add_tiers(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<TiersOptions>();
  CLI::App* command = app.add_subcommand("tiers", "who is woken by your alert, and in which order");
  command->require_subcommand(1);
  command->fallthrough();
  CLI::App* show_command = command->add_subcommand("show", "the tiers as they are");
  show_command->fallthrough();
  show_command->callback([&common, &run] { run = [&common] { return run_show(common); }; });
  CLI::App* set_command =
      command->add_subcommand("set", "asks for the names of each tier, separated by commas, and for the delays");
  set_command->fallthrough();
  set_command->add_flag("--unchecked", options->unchecked, "also people you have not checked in person");
  set_command->footer(
      "Line by line: names of tier 1; names of tier 2; after how many seconds; names of tier 3; ... An empty line ends it.");
  set_command->callback([&common, &run, options] { run = [&common, options] { return run_set(common, *options); }; });
}

}  // namespace vigil::client::commands

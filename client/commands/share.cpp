// `vigil share`: shows chosen people where this phone is, always with an end. Runs until then; `share stop` ends it from
// elsewhere.
#include <algorithm>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>

#include "client/clock.hpp"
#include "client/commands/fix_options.hpp"
#include "client/commands/people.hpp"
#include "client/hours.hpp"
#include "client/joined.hpp"
#include "client/printable.hpp"
#include "client/sharing.hpp"
#include "client/terminal.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client::commands {
namespace {

struct ShareOptions {
  std::vector<std::string> with;
  std::string so_long = "4h";
  std::string every = "5m";
  bool exact = false;
  FixOptions fixes;
};

// A tier's number, or a name.
std::vector<ContactId> people_of(Account& account, const std::vector<std::string>& with) {
  std::vector<ContactId> out;
  const auto add = [&](ContactId id) {
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
  };
  for (const std::string& one : with) {
    std::uint32_t tier = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), tier);
    if (error == std::errc{} && end == one.data() + one.size()) {
      for (const TierPlace& place : account.tiers.all())
        if (place.tier == tier) add(place.contact);
      continue;
    }
    add(contact_named(account, one, Through::taken).id);
  }
  if (out.empty()) throw Stop{Exit::usage, words().share_with_whom()};
  return out;
}

// Not when standard input is the receiver: the line would be a place.
std::vector<std::string> with_whom(const ShareOptions& options) {
  if (!options.with.empty() || options.fixes.input()) return options.with;
  return split_names(need_line(words().ask_share_with()));
}

std::vector<std::string> names_of(Account& account, const OwnShare& share) {
  std::vector<std::string> names;
  for (const ContactId id : share.with) {
    if (const auto contact = account.contacts.find(id)) names.push_back(printable(contact->name));
  }
  return names;
}

// 'here': this process is the share, and Ctrl-C ends it.
void show_share(Screen& screen, Account& account, const OwnShare& share, bool here) {
  const std::vector<std::string> names = names_of(account, share);
  screen.event(JsonLine("share", wall_s())
                   .number("until_s", static_cast<std::int64_t>(share.until_s))
                   .flag("exact", share.exact)
                   .texts("with", names));
  const std::string until = clock_text(share.until_s, wall_s());
  screen.say(here ? words().share_begun(joined(names), until, share.exact)
                  : words().share_goes_on(joined(names), until, share.exact));
}

asio::awaitable<Exit> share(Account& account, Screen& screen, FixFeed& feed, OwnShare own, Sharer& sharer) {
  account.places.begin(own);
  co_await tell_share(account, own, false);
  show_share(screen, account, own, true);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  co_await sharer.run(executor);
  feed.stop();
  co_return Exit::done;
}

asio::awaitable<bool> goes_on(Screen& screen, bool can_ask, std::uint32_t extra_s) {
  screen.event(JsonLine("share_asks", wall_s()));
  if (!can_ask) co_return false;
  const std::optional<std::string> said = co_await ask_line_async(words().share_asks(words().age(extra_s)));
  const bool yes = said && is_yes(*said);
  co_return yes;
}

Exit run_start(const Common& common, const ShareOptions& options) {
  Screen screen(common.json, common.plain);
  const auto so_long_s = read_duration(options.so_long, typed_most_s);
  const auto every_s = read_duration(options.every, typed_most_s);
  if (!so_long_s || !every_s) throw Stop{Exit::usage, words().bad_duration()};
  if (!options.fixes.any()) throw Stop{Exit::usage, words().no_fix_source()};
  const std::unique_ptr<Account> account = open_account(common);
  const std::vector<std::string> with = with_whom(options);
  const std::uint64_t now_s = wall_s();
  const auto asked_after_s = static_cast<std::uint32_t>(std::min<std::uint64_t>(*so_long_s, share_ask_s));
  if (const auto runs = account->places.own(); runs && runs->until_s > now_s)
    throw Stop{Exit::usage, words().share_runs_already()};
  OwnShare own{.share_id = random_bytes(16),
               .begun_s = now_s,
               .until_s = now_s + asked_after_s,
               .extra_s = asked_after_s,
               .exact = options.exact,
               .with = people_of(*account, with),
               .topics = random_id<Secret>()};
  asio::io_context io(1);
  FixFeed feed(io.get_executor(), options.fixes);
  // Standard input may be the receiver: then nobody can be asked, and the share ends.
  const auto ask = [&] { return goes_on(screen, !options.fixes.input(), own.extra_s); };
  Sharer sharer(*account, screen, feed, own, static_cast<std::uint32_t>(*every_s), ask);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) sharer.stop();
  });
  asio::co_spawn(io, feed.run(), asio::detached);  // detached: ends with 'io'
  return run_to_end(io, share(*account, screen, feed, own, sharer));
}

asio::awaitable<Exit> end_share(Account& account, Screen& screen, OwnShare own) {
  account.places.end();
  co_await tell_share(account, own, true);
  screen.event(JsonLine("share_ended", wall_s()));
  screen.say(words().share_ended());
  co_return Exit::done;
}

Exit run_stop(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const std::optional<OwnShare> own = account->places.own();
  if (!own) throw Stop{Exit::ended, words().no_share()};
  asio::io_context io(1);
  return run_to_end(io, end_share(*account, screen, *own));
}

Exit run_status(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const std::optional<OwnShare> own = account->places.own();
  if (!own || own->until_s <= wall_s()) {
    screen.event(JsonLine("share", wall_s()).number("until_s", 0));
    screen.say(words().no_share());
    return Exit::done;
  }
  show_share(screen, *account, *own, false);
  return Exit::done;
}

}  // namespace

void add_share(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<ShareOptions>();
  CLI::App* command = app.add_subcommand("share", "show chosen people where this phone is, for a time");
  command->require_subcommand(1);
  CLI::App* begin = command->add_subcommand("start", "begin, and go on until the end; needs your PIN");
  begin->add_option("--with", options->with, "a tier's number, or names; several with commas; leave it out to be asked")
      ->delimiter(',');
  begin->add_option("--for", options->so_long, "how long; after at most 4 h you are asked again, after 24 h it ends")
      ->type_name("TIME")
      ->capture_default_str();
  begin->add_option("--every", options->every, "how often; in the first hour of an alert of yours at least once a minute")
      ->type_name("TIME")
      ->capture_default_str();
  begin->add_flag("--exact", options->exact, "exactly, instead of to about 1 km");
  add_fix_options(*begin, options->fixes);
  begin->footer(
      "Without --exact they see about 1 km; while an alert of yours is on, the people it wakes see exactly where this phone is.\n"
      "Nobody else can begin, sharpen or lengthen it.");
  begin->callback([&common, &run, options] { run = [&common, options] { return run_start(common, *options); }; });
  CLI::App* end = command->add_subcommand("stop", "end it now; needs your PIN");
  end->callback([&common, &run] { run = [&common] { return run_stop(common); }; });
  CLI::App* status = command->add_subcommand("status", "who sees it, and until when; needs your PIN");
  status->callback([&common, &run] { run = [&common] { return run_status(common); }; });
}

}  // namespace vigil::client::commands

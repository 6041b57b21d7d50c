// `vigil plan`: what one's people are told in an alert and not before. edit, show, check.
#include <algorithm>
#include <set>

#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/consent.hpp"
#include "client/joined.hpp"
#include "client/news_responders.hpp"
#include "client/plans.hpp"
#include "client/printable.hpp"
#include "client/terminal.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

// What was typed: an empty line leaves 'before', a dash removes it.
std::string edited(const std::string& prompt, const std::string& before) {
  const std::string typed = need_line(prompt);
  if (typed.empty()) return before;
  if (typed == "-") return {};
  if (typed.size() > plan_line_bytes_max) throw Stop{Exit::usage, words().text_too_long(plan_line_bytes_max)};
  return valid_utf8(typed);
}

content::Plan ask_texts(const content::Plan& before) {
  content::Plan texts;
  for (std::size_t i = 0; i < plan_actions; ++i) {
    const int at = static_cast<int>(i);
    const std::string action =
        edited(words().ask_plan_action(at + 1), at < before.actions_size() ? before.actions(at) : std::string());
    if (!action.empty()) texts.add_actions(action);
  }
  texts.set_station_name(edited(words().ask_plan_station(), before.station_name()));
  texts.set_medication(edited(words().ask_plan_medication(), before.medication()));
  std::string never = edited(words().ask_plan_never_tell(), joined(before.never_tell()));
  for (std::size_t count = 0; !never.empty() && count < plan_never_tell_max; ++count) {
    const std::size_t comma = std::min(never.find(','), never.size());
    const std::size_t first = never.find_first_not_of(' ');
    if (first < comma) texts.add_never_tell(never.substr(first, comma - first));
    never.erase(0, comma + 1);
  }
  texts.set_phrase_free(edited(words().ask_plan_phrase_free(), before.phrase_free()));
  texts.set_phrase_forced(edited(words().ask_plan_phrase_forced(), before.phrase_forced()));
  return texts;
}

asio::awaitable<Exit> send_out(Account& account, Screen& screen) {
  const Remade remade = co_await keep_up(account, false);
  const std::vector<Sent> sent = co_await drain(account.outbox, wall_s());
  (void)sent;  // what has not gone lies in the outbox
  const std::size_t people = counted_people(account).size();
  JsonLine line("plan_edited", wall_s());
  line.number("people", static_cast<std::int64_t>(people)).number("prepared", static_cast<std::int64_t>(remade.prepared));
  screen.event(line);
  screen.say(words().plan_edited(people));
  co_return Exit::done;
}

Exit run_edit(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  screen.say(words().plan_keeps_empty());
  set_plan_texts(*account, ask_texts(plan_texts(*account)));
  asio::io_context io(1);
  return run_to_end(io, send_out(*account, screen));
}

Exit run_show(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  News news{.kind = News::Kind::plan, .name = words().you()};
  const auto own = own_plan(*account);
  news.plan = own ? own->plan : plan_texts(*account);
  if (news.plan.actions().empty() && news.plan.station_name().empty()) screen.say(words().plan_empty());
  show_plan(screen, news, wall_s());
  return Exit::done;
}

// Lines of the check; true when one of them is red.
struct Check {
  Screen& screen;
  bool red = false;
  void line(bool good, std::string_view what, const std::string& name, const std::string& sentence) {
    red = red || !good;
    screen.event(
        JsonLine("plan_check", wall_s()).text("what", what).flag("good", good).text("name", name).text("words", sentence));
    if (good) {
      screen.say("  " + sentence);
    } else {
      screen.loud("! " + sentence);
    }
  }
};

void check_people(Account& account, Check& check) {
  const std::uint64_t now_s = wall_s();
  for (const TierPlace& place : account.tiers.all()) {
    const auto contact = account.contacts.find(place.contact);
    const auto consent = account.consents.find(place.contact);
    if (!contact || !consent) continue;
    const std::string name = printable(contact->name);
    if (consent->off_duty(now_s)) {
      const std::string until = consent->off_until_s == 0 ? "" : clock_text(consent->off_until_s, now_s);
      check.line(true, "off_duty", name, words().is_off_duty(name, until));
    } else {
      check.line(true, "hours", name, words().has_accepted(name, hours_text(consent->hours)));
    }
    const auto own = own_plan(account);
    const auto sent = account.plans.sent_to(contact->id);
    const bool there = own && sent && sent->plan_id == own->id && sent->arrived_s != 0;
    if (!there) check.line(false, "plan_not_there", name, words().plan_not_there(name));
  }
  for (const std::uint32_t tier : empty_tiers(account, now_s))
    check.line(false, "tier_empty", std::to_string(tier), words().tier_empty(tier));
}

void check_hours(Account& account, Check& check) {
  std::vector<WakeHours> first;
  for (const Counted& one : counted_people(account)) {
    if (one.place.tier == 1) first.push_back(one.agreement.hours);
  }
  if (first.empty()) return;
  for (const WeekRange& range : uncovered(first, utc_offset_min(wall_s())))
    check.line(false, "uncovered", range_text(range, words_for_scripts()), words().nobody_covers(range_text(range)));
}

Exit run_check(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  Check check{.screen = screen};
  if (account->tiers.all().empty()) check.line(false, "no_tiers", "", words().tiers_none());
  check_people(*account, check);
  check_hours(*account, check);
  const content::Plan texts = plan_texts(*account);
  if (texts.actions().empty()) check.line(false, "no_actions", "", words().plan_without_actions());
  if (texts.phrase_free().empty() || texts.phrase_forced().empty())
    check.line(false, "no_phrases", "", words().plan_without_phrases());
  const auto own = own_plan(*account);
  if (!own || own->plan.lawyer_tier() == 0) check.line(true, "no_lawyer", "", words().plan_without_lawyer());
  screen.event(JsonLine("plan_checked", wall_s()).flag("good", !check.red));
  return check.red ? Exit::not_ready : Exit::done;
}

}  // namespace

void add_plan(CLI::App& app, Common& common, Run& run) {
  CLI::App* command = app.add_subcommand("plan", "what your people are told in an alert, and not before");
  command->require_subcommand(1);
  command->fallthrough();
  const auto verb = [&](const char* name, const char* help, Exit (*what)(const Common&)) {
    CLI::App* one = command->add_subcommand(name, help);
    one->fallthrough();
    one->callback([&common, &run, what] { run = [&common, what] { return what(common); }; });
    return one;
  };
  verb("edit", "asks line by line", run_edit)
      ->footer(
          "Eight lines: what to do first, second, third; the name to ask for at a police station; medication; who is never to "
          "be\n"
          "told, separated by commas; what you say when you speak freely; what you say when somebody listens.\n"
          "An empty line leaves it as it is; a single - removes it.");
  verb("show", "as it is on this device", run_show);
  verb("check", "who may be woken when, which hours nobody covers, who lacks it", run_check)
      ->footer("Exit code 11 when something is missing.");
  command->footer(
      "It lies sealed with your people; a real alert brings the key, a drill never does. Those who have it open can write to\n"
      "each other while the alert goes on.");
}

}  // namespace vigil::client::commands

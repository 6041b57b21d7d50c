// `vigil duty`: by whose alerts one may be woken, and when. accept, decline, off, on, leave, show. Nobody has to explain
// anything.
#include "client/card.hpp"
#include "client/clock.hpp"
#include "client/commands/meeting.hpp"
#include "client/commands/people.hpp"
#include "client/news_responders.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"

namespace vigil::client::commands {
namespace {

constexpr std::uint64_t off_most_s = 365 * 24 * 3600ull;

struct DutyOptions {
  std::string name;
  std::string days;
  std::string hours;
  std::string off_for;
};

WakeHours read_when(const DutyOptions& options) {
  WakeHours when{.utc_offset_min = utc_offset_min(wall_s())};
  if (!options.days.empty()) {
    const auto days = read_days(options.days);
    if (!days) throw Stop{Exit::usage, words().bad_days()};
    when.days = *days;
  }
  if (!options.hours.empty()) {
    const auto hours = read_hours(options.hours);
    if (!hours) throw Stop{Exit::usage, words().bad_hours()};
    when.from_min = hours->from_min;
    when.to_min = hours->to_min;
  }
  return when;
}

Agreement need_duty(Account& account, const Contact& contact) {
  const std::optional<Agreement> duty = account.duties.find(contact.id);
  if (!duty) throw Stop{Exit::usage, words().has_not_asked(printable(contact.name))};
  return *duty;
}

// The addresses that were made for the others of this person before, or new ones.
asio::awaitable<google::protobuf::RepeatedPtrField<content::CardRelay>> reach_for_others(Account& account, ContactId person) {
  google::protobuf::RepeatedPtrField<content::CardRelay> reach;
  for (const Given& given : account.addresses.for_others_of(person)) {
    const std::optional<Relay> relay = account.relays.find(given.root);
    if (!relay) continue;
    content::CardRelay& one = *reach.Add();
    one.set_routes(std::string(text(relay->routes.serialised())));
    one.set_address(std::string(text(given.address.view())));
  }
  if (reach.size() == static_cast<int>(account.relays.all().size())) co_return reach;
  // A relay has joined since, or a grant was lost on its way: all anew, so that none is there twice.
  for (const Given& given : account.addresses.for_others_of(person)) account.addresses.remove(address_hash(given.address));
  reach = co_await grant_reach(account, GrantFor::others, person, nullptr);
  co_return reach;
}

// Others lose their way to this member with it.
asio::awaitable<void> withdraw_for_others(Account& account, ContactId person) {
  for (const Given& given : account.addresses.for_others_of(person)) {
    const std::optional<Relay> relay = account.relays.find(given.root);
    Outcome<std::unique_ptr<OwnerLink>> link = std::unexpected(Fault::no_route);
    if (relay) link = co_await connect_owner(account, *relay);
    if (link) {
      const Outcome<wire::Answer> answer = co_await (*link)->withdraw(address_hash(given.address));
      (void)answer;  // what still comes through it is nobody's: it is not opened here any more
    }
    account.addresses.remove(address_hash(given.address));
  }
}

void show_duty(Account& account, Screen& screen, const Agreement& duty) {
  const auto contact = account.contacts.find(duty.contact);
  if (!contact) return;
  const std::uint64_t now_s = wall_s();
  const bool off = duty.accepted() && duty.off_duty(now_s);
  std::string word;
  std::string what;
  switch (duty.word) {
    case Word::asked:
      word = "asked";
      what = words().duty_asked();
      break;
    case Word::accepted:
      word = off ? "off_duty" : "accepted";
      what = off ? words().duty_off(duty.off_until_s == 0 ? "" : clock_text(duty.off_until_s, now_s))
                 : words().duty_accepted(hours_text(duty.hours));
      break;
    case Word::declined:
    case Word::left:
      word = duty.word == Word::left ? "left" : "declined";
      what = words().duty_left();
      break;
  }
  JsonLine line("duty", now_s);
  line.text("name", contact->name)
      .text("word", word)
      .flag("lawyer", duty.lawyer)
      .text("hours", hours_text(duty.hours, words_for_scripts()));
  if (off) line.number("until_s", static_cast<std::int64_t>(duty.off_until_s));
  screen.event(line);
  screen.say(words().duty_line(printable(contact->name), what));
}

asio::awaitable<Exit> say_word(Account& account, Screen& screen, Contact contact, Agreement duty, content::Consent said) {
  if (said.kind() == content::Consent::ACCEPT) *said.mutable_for_others() = co_await reach_for_others(account, contact.id);
  content::Content content = new_content(wall_s());
  duty.said_s = content.written_s();
  *content.mutable_consent() = said;
  account.duties.put(duty);
  if (!duty.accepted()) co_await withdraw_for_others(account, contact.id);
  const Sending sending = co_await write_now(account, contact, content, wire::NORMAL);
  show_duty(account, screen, duty);
  co_return say_sending(screen, sending, contact.name);
}

Exit run_answer(const Common& common, const DutyOptions& options, content::Consent::Kind kind) {
  Screen screen(common.json, common.plain);
  const bool accepts = kind == content::Consent::ACCEPT;
  const WakeHours when = accepts ? read_when(options) : WakeHours{};
  const std::unique_ptr<Account> account = open_account(common);
  const Contact contact = find_person(*account, options.name, Through::refused);
  Agreement duty = need_duty(*account, contact);
  duty.word = accepts ? Word::accepted : kind == content::Consent::LEAVE ? Word::left : Word::declined;
  duty.off = false;
  content::Consent said;
  said.set_kind(kind);
  if (accepts) {
    duty.hours = when;
    said.set_days(when.days);
    said.set_from_min(when.from_min);
    said.set_to_min(when.to_min);
    said.set_utc_offset_min(when.utc_offset_min);
  }
  asio::io_context io(1);
  const Exit code = run_to_end(io, say_word(*account, screen, contact, duty, said));
  const std::string name = printable(contact.name);
  if (code == Exit::done) {
    screen.say(accepts                           ? words().you_accepted(name, hours_text(when))
               : kind == content::Consent::LEAVE ? words().you_left(name)
                                                 : words().you_declined(name));
  }
  return code;
}

// To everybody by whose alert one may be woken.
asio::awaitable<Exit> tell_all(Account& account, Screen& screen, bool off, std::uint64_t until_s) {
  Exit worst = Exit::done;
  for (Agreement duty : account.duties.all()) {
    const auto contact = account.contacts.find(duty.contact);
    if (!contact || !duty.accepted()) continue;
    duty.off = off;
    duty.off_until_s = until_s;
    content::Consent said;
    said.set_kind(off ? content::Consent::OFF_DUTY : content::Consent::ON_DUTY);
    said.set_off_until_s(until_s);
    const Exit code = co_await say_word(account, screen, *contact, duty, said);
    if (code != Exit::done) worst = code;
  }
  co_return worst;
}

Exit run_off_or_on(const Common& common, const DutyOptions& options, bool off) {
  Screen screen(common.json, common.plain);
  std::uint64_t until_s = 0;
  if (off && !options.off_for.empty()) {
    const auto for_s = read_duration(options.off_for, off_most_s);
    if (!for_s) throw Stop{Exit::usage, words().bad_duration()};
    until_s = wall_s() + *for_s;
  }
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  const Exit code = run_to_end(io, tell_all(*account, screen, off, until_s));
  if (code == Exit::done) {
    screen.say(off ? words().you_are_off_duty(until_s == 0 ? "" : clock_text(until_s, wall_s())) : words().you_are_on_duty());
  }
  return code;
}

Exit run_show(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const std::vector<Agreement> duties = account->duties.all();
  if (duties.empty()) screen.say(words().no_duties());
  for (const Agreement& duty : duties) show_duty(*account, screen, duty);
  return Exit::done;
}

}  // namespace

void add_duty(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<DutyOptions>();
  CLI::App* command = app.add_subcommand("duty", "by whose alerts you may be woken, and when");
  command->require_subcommand(1);
  command->fallthrough();
  const auto word = [&](const char* name, const char* help, content::Consent::Kind kind) {
    CLI::App* one = command->add_subcommand(name, help);
    one->fallthrough();
    add_name_option(*one, options->name);
    one->callback(
        [&common, &run, options, kind] { run = [&common, options, kind] { return run_answer(common, *options, kind); }; });
    return one;
  };
  CLI::App* accept = word("accept", "yes, her alert may wake you", content::Consent::ACCEPT);
  accept->add_option("--days", options->days, "on these days only")->type_name("mon-fri");
  accept->add_option("--hours", options->hours, "in these hours only, your own time")->type_name("22-8");
  word("decline", "no", content::Consent::DECLINE);
  word("leave", "her alert is not to wake you any more; nobody has to explain it", content::Consent::LEAVE);
  CLI::App* off = command->add_subcommand("off", "off duty: no alert wakes you until you are back");
  off->fallthrough();
  off->add_option("--for", options->off_for, "back by itself after so long")->type_name("8h");
  off->callback([&common, &run, options] { run = [&common, options] { return run_off_or_on(common, *options, true); }; });
  CLI::App* on = command->add_subcommand("on", "on duty again");
  on->fallthrough();
  on->callback([&common, &run, options] { run = [&common, options] { return run_off_or_on(common, *options, false); }; });
  CLI::App* show = command->add_subcommand("show", "who has asked you, and what you have said");
  show->fallthrough();
  show->callback([&common, &run] { run = [&common] { return run_show(common); }; });
  command->footer("Outside your hours and off duty an alert is shown by `vigil listen` and does not ring.");
}

}  // namespace vigil::client::commands

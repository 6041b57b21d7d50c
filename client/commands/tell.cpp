// `vigil mark`, `vigil note`, `vigil mute`: what responders of one alert tell each other; and what the keys m, n and s of the
// full screen do. Texts come from standard input, never from the command line.
#include "client/tell.hpp"
#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/commands/which_alert.hpp"
#include "client/news.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

struct TellOptions {
  std::string alert, kind, name;
};

asio::awaitable<Exit> send_told(Account& account, Screen& screen, Told told, std::string done) {
  for (const std::string& name : told.failed) screen.trouble(words().cannot_be_reached(name));
  if (told.items.empty() && !told.failed.empty()) co_return screen.fail(Exit::refused, words().told_nobody());
  if (told.items.empty()) {
    screen.say(words().nobody_to_tell());
    co_return Exit::done;
  }
  const Sending sending = co_await send_now(account, told.items);
  switch (sending) {
    case Sending::sent:
      screen.say(done);
      co_return told.failed.empty() ? Exit::done : Exit::refused;
    case Sending::waiting:
      co_return screen.fail(Exit::not_sent, words().mark_kept());
    case Sending::refused:
      co_return screen.fail(Exit::refused, words().told_not_all());
  }
  co_return Exit::failed;
}

std::optional<content::Mark::Kind> kind_of(std::string_view typed) {
  static constexpr std::pair<std::string_view, content::Mark::Kind> kinds[] = {
      {"unknown-place", content::Mark::UNKNOWN_PLACE},
      {"seen-at", content::Mark::SEEN_AT},
      {"held-at", content::Mark::HELD_AT},
      {"lawyer-with-her", content::Mark::LAWYER_WITH_HER},
      {"moved", content::Mark::MOVED},
      {"free", content::Mark::FREE}};
  for (const auto& [name, kind] : kinds) {
    if (typed == name) return kind;
  }
  return std::nullopt;
}

std::string short_line(const std::string& prompt, std::size_t bytes_max) {
  std::string line = valid_utf8(need_line(prompt));
  if (line.size() > bytes_max) throw Stop{Exit::usage, words().text_too_long(bytes_max)};
  return line;
}

Exit run_mark(const Common& common, const TellOptions& options) {
  Screen screen(common.json, common.plain);
  const auto kind = kind_of(options.kind);
  if (!kind) throw Stop{Exit::usage, words().mark_kinds()};
  const std::unique_ptr<Account> account = open_account(common);
  const AlertState alert = which_alert(*account, options.alert);
  content::Mark mark;
  mark.set_kind(*kind);
  mark.set_where(short_line(words().ask_mark_where(), mark_bytes_max));
  mark.set_how(short_line(words().ask_mark_how(), mark_bytes_max));
  mark.set_at_s(wall_s());
  asio::io_context io(1);
  return run_to_end(io, mark_alert(*account, screen, alert, mark));
}

Exit run_note(const Common& common, const TellOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const AlertState alert = which_alert(*account, options.alert);
  std::string note = short_line(words().ask_note_to_others(), note_bytes_max);
  asio::io_context io(1);
  return run_to_end(io, note_alert(*account, screen, alert, std::move(note)));
}

Exit run_mute(const Common& common, const TellOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const Contact contact = find_person(*account, options.name, Through::taken);
  // The newest alert of hers tells who the others are.
  for (const AlertState& alert : account->alerts.all()) {
    if (alert.record().hers() || alert.record().person() != text(contact.identity.view())) continue;
    asio::io_context io(1);
    return run_to_end(io, mute_person(*account, screen, alert));
  }
  throw Stop{Exit::usage, words().no_mute_without_alert(printable(contact.name))};
}

void alert_option(CLI::App* command, TellOptions& options) {
  command->add_option("ALERT", options.alert, "the first digits of its id; not needed when only one is going on");
}

}  // namespace

asio::awaitable<Exit> mark_alert(Account& account, Screen& screen, AlertState alert, content::Mark mark) {
  Told told = co_await tell_mark(account, alert, mark);
  screen.event(line_of("marked", alert, wall_s()).number("others", static_cast<std::int64_t>(told.items.size())));
  const Exit code = co_await send_told(account, screen, std::move(told), words().marked());
  co_return code;
}

asio::awaitable<Exit> note_alert(Account& account, Screen& screen, AlertState alert, std::string text) {
  content::Note note;
  note.set_text(valid_utf8(text));
  note.set_at_s(wall_s());
  Told told = co_await tell_note(account, alert, note);
  screen.event(line_of("noted", alert, wall_s()).number("others", static_cast<std::int64_t>(told.items.size())));
  const Exit code = co_await send_told(account, screen, std::move(told), words().noted());
  co_return code;
}

asio::awaitable<Exit> mute_person(Account& account, Screen& screen, AlertState alert) {
  const std::uint64_t until_s = wall_s() + mute_s;
  const auto person = e2ee::IdentityKey::from(view(alert.record().person()));
  const std::string name = person ? account.name_of(*person) : words().somebody();
  Told told = co_await tell_mute(account, alert, until_s);
  JsonLine line("muted", wall_s());
  line.text("name", name).number("until_s", static_cast<std::int64_t>(until_s)).flag("own", true);
  screen.event(line.number("others", static_cast<std::int64_t>(told.items.size())));
  screen.say(words().muted_now(name, clock_text(until_s, wall_s())));  // whatever becomes of telling the others
  const Exit code = co_await send_told(account, screen, std::move(told), words().others_told());
  co_return code;
}

void add_tell(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<TellOptions>();
  CLI::App* mark = app.add_subcommand("mark", "tell the other responders a fact about the person; asks where, and how you know");
  mark->add_option("KIND", options->kind, "unknown-place, seen-at, held-at, lawyer-with-her, moved, free")->required();
  alert_option(mark, *options);
  mark->footer("It goes to the other responders of her plan, never to her phone. »free« ends nothing: all-clear does.");
  mark->callback([&common, &run, options] { run = [&common, options] { return run_mark(common, *options); }; });
  CLI::App* note = app.add_subcommand("note", "write to the other responders of an alert; the text is asked for");
  alert_option(note, *options);
  note->callback([&common, &run, options] { run = [&common, options] { return run_note(common, *options); }; });
  CLI::App* mute = app.add_subcommand("mute", "do not hear one person's alerts for 12 h; the other responders are told");
  add_name_option(*mute, options->name);
  mute->callback([&common, &run, options] { run = [&common, options] { return run_mute(common, *options); }; });
}

}  // namespace vigil::client::commands

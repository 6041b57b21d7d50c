// `vigil timeline`: what happened in an alert, in order, each entry with what shows it; checked again, as sentences, JSON lines
// or a page to print.
#include "client/timeline.hpp"
#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/files.hpp"
#include "client/news.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

struct TimelineOptions {
  std::string alert;
  std::string print;
  bool verify = false;
  bool plain_text = false;
};

// Unlike which_alert: also one's own, and those that are over.
AlertState any_alert(Account& account, const std::string& typed) {
  std::vector<AlertState> found = account.alerts.starting_with(typed);
  if (found.empty()) throw Stop{Exit::usage, words().no_such_alert()};
  if (found.size() > 1 && !typed.empty()) throw Stop{Exit::usage, words().which_alert()};
  return found.front();
}

void show(Screen& screen, const AlertState& alert, const Timeline& timeline) {
  for (const Moment& moment : timeline.moments) {
    JsonLine line = line_of("entry", alert, wall_s());
    line.text("kind", kind_name(moment.kind)).text("name", moment.who);
    line.number("when_s", static_cast<std::int64_t>(moment.at_s)).number("here_s", static_cast<std::int64_t>(moment.here_s));
    line.text("when_utc", utc_text(moment.at_s)).text("words", moment.words).text("proof", proof_name(moment.proof));
    screen.event(line.flag("holds", moment.proof != Proof::wrong));
  }
  JsonLine checked = line_of("checked", alert, wall_s());
  checked.number("good", static_cast<std::int64_t>(timeline.checked));
  screen.event(checked.number("bad", static_cast<std::int64_t>(timeline.wrong)).text("words", words().timeline_proves()));
}

Exit print_page(const Common& common, const TimelineOptions& options, Screen& screen, const Timeline& timeline) {
  if (!options.plain_text) {
    screen.say(words().timeline_plain_warning());
    if (!is_yes(need_line(words().ask_plain_text()))) throw Stop{Exit::not_confirmed, words().timeline_not_written()};
  } else if (!common.json) {
    screen.say(words().timeline_plain_warning());
  }
  const Path path(options.print);
  const std::string page = path.extension() == ".html" ? page_as_html(timeline) : page_as_text(timeline);
  const Outcome<void> written = write_durably(path, view(page));
  if (!written) stop_with(trouble_of(written.error(), path.string()));
  screen.event(JsonLine("printed", wall_s()).text("path", path.string()));
  screen.say(words().timeline_printed(path.string()));
  return Exit::done;
}

Exit run_timeline(const Common& common, const TimelineOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const AlertState alert = any_alert(*account, options.alert);
  const auto name_of = [&](View identity) {
    const auto key = e2ee::IdentityKey::from(identity);
    return key ? account->name_of(*key) : std::string();
  };
  const Timeline timeline = timeline_of(alert, account->identity, name_of);
  if (!options.print.empty()) {
    const Exit code = print_page(common, options, screen, timeline);
    if (code != Exit::done) return code;
  } else {
    show(screen, alert, timeline);
    if (!options.verify) screen.block(page_as_text(timeline));
    if (options.verify) screen.say(words().timeline_checked(timeline.checked, timeline.wrong) + " " + words().timeline_proves());
  }
  return timeline.wrong == 0 ? Exit::done : Exit::failed;
}

}  // namespace

void add_timeline(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<TimelineOptions>();
  CLI::App* command = app.add_subcommand("timeline", "what happened in an alert, in order, with what shows it");
  command->add_option("ALERT", options->alert, "the first digits of its id; without it, the newest");
  command->add_flag("--verify", options->verify, "only check it again: exit code 10 when anything was changed");
  command
      ->add_option("--print", options->print,
                   "write a page to print: one file, HTML when its name ends in .html, else text. Asks first: it is plain text")
      ->type_name("FILE");
  command->add_flag("--yes-plain-text", options->plain_text, "do not ask before plain text is written");
  command->footer(
      "Every MAC and every step of an answer is checked again. That proves that nothing was changed on the way; it does not\n"
      "prove to a third person who wrote it.");
  command->callback([&common, &run, options] { run = [&common, options] { return run_timeline(common, *options); }; });
}

}  // namespace vigil::client::commands

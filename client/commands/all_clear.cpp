// `vigil all-clear`: a responder's half of the all-clear (two different people end an alert), or all of it for one's own alert,
// with the PIN.
#include "client/clock.hpp"
#include "client/commands/which_alert.hpp"
#include "client/inbox.hpp"
#include "client/mail.hpp"
#include "client/news.hpp"
#include "client/running.hpp"
#include "client/terminal.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client::commands {
namespace {

struct AllClearOptions {
  std::string alert;
  bool note = false;
};

constexpr std::size_t note_bytes_max = 500;

// Tells the person whose alert it was; never when she was forced to cancel: her phone may be in other hands.
asio::awaitable<void> tell_her(Account& account, AlertState alert, std::string note) {
  const auto person = e2ee::IdentityKey::from(view(alert.record().person()));
  const auto contact = person ? account.contacts.find(*person) : std::nullopt;
  if (!contact || alert.record().ended()) co_return;
  FreshKeys keys;
  if (wants_keys(account, contact->id, wire::NORMAL, wall_s())) {
    keys = co_await fetch_keys(account, contact->id, wire::NORMAL, std::chrono::milliseconds(4'000));
  }
  content::Content content = new_content(wall_s());
  content.mutable_all_clear()->set_alert_id(alert.record().alert_id());
  content.mutable_all_clear()->set_note(note);
  const auto items = write_to(account, *contact, content, wire::NORMAL, keys, false, wall_s());
  if (!items) co_return;
  const Sending sending = co_await send_now(account, *items);
  (void)sending;  // what has not gone lies in the outbox
}

}  // namespace

asio::awaitable<Exit> close_alert(Account& account, Screen& screen, AlertState alert, std::string note) {
  AskedVigils asked = co_await ask_vigils(account, id_of(alert), [](record::VigilRecord& vigil) {
    wire::Request request;
    request.mutable_close()->set_vigil_id(vigil.vigil_id());
    request.mutable_close()->set_index(vigil.your_index());
    request.mutable_close()->set_token(vigil.your_close());
    return request;
  });
  // None of its relays is known here: there is nobody to ask, now or later.
  if (asked.answers.empty() && asked.unreached.empty()) throw Stop{Exit::no_route, words().no_route()};
  bool counted = false;
  bool over = false;
  Status refused = wire::STATUS_UNSET;
  for (const auto& [vigil, answer] : asked.answers) {
    counted = counted || answer.status() == wire::DONE;
    over = over || answer.status() == wire::ENDED;
    if (answer.status() != wire::DONE && answer.status() != wire::ENDED) refused = answer.status();
  }
  // A relay that is dark hears it when it is back: its ladder would go on for an alert that is over.
  for (AskedVigils::Unreached& one : asked.unreached) {
    const auto kept = account.outbox.put({.routes = one.routes,
                                          .requests = {one.request},
                                          .urgent = true,
                                          .about = write_about(AboutKind::close, one.vigil.view())},
                                         wall_s());
    if (!kept) throw Failed(kept.error());
  }
  if (asked.answers.empty()) co_return screen.fail(Exit::not_sent, words().close_waits());
  if (!counted && !over) stop_with(trouble_of(refused, {}));
  screen.event(line_of("closed", alert, wall_s()).flag("counted", counted).flag("over", over));
  screen.say(over ? words().alert_over() : words().close_counted());
  if (counted) co_await tell_her(account, alert, std::move(note));
  co_return over && !counted ? Exit::ended : Exit::done;
}

namespace {

Exit run_all_clear(const Common& common, const AllClearOptions& options) {
  // One's own alert needs no name: it is the one the send-only slot knows.
  if (options.alert.empty() && newest_running(SendSlot(find_home(common)), wall_s(), limits::vigil_life_s))
    return run_cancel(common);
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const AlertState alert = which_alert(*account, options.alert);
  std::string note = options.note ? need_line(words().ask_note()) : std::string();
  if (note.size() > note_bytes_max) throw Stop{Exit::usage, words().text_too_long(note_bytes_max)};
  asio::io_context io(1);
  return run_to_end(io, close_alert(*account, screen, alert, std::move(note)));
}

}  // namespace

void add_all_clear(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<AllClearOptions>();
  CLI::App* command =
      app.add_subcommand("all-clear", "she is safe: two responders who say so, or she with her PIN, end an alert");
  command->add_option("ALERT", options->alert, "the first digits of its id; not needed when only one is going on");
  command->add_flag("--note", options->note, "asks for a note to her (one line of standard input)");
  command->callback([&common, &run, options] { run = [&common, options] { return run_all_clear(common, *options); }; });
}

}  // namespace vigil::client::commands

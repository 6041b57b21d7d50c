// `vigil ask`: may my alert wake you? Her answer comes to `listen`; before it nobody is in a tier.
#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"

namespace vigil::client::commands {
namespace {

struct AskOptions {
  std::string name;
  bool lawyer = false;
  bool unchecked = false;
};

asio::awaitable<Exit> ask_her(Account& account, Screen& screen, Contact contact, bool lawyer) {
  Agreement consent = account.consents.find(contact.id).value_or(Agreement{.contact = contact.id, .hours = {}, .reach = {}});
  if (!consent.accepted()) consent.word = Word::asked;
  consent.lawyer = lawyer;
  consent.asked_s = wall_s();
  account.consents.put(consent);
  content::Content content = new_content(wall_s());
  content.mutable_may_i_wake()->set_lawyer(lawyer);
  const Sending sending = co_await write_now(account, contact, content, wire::NORMAL);
  JsonLine line("asking", wall_s());
  screen.event(line.text("name", contact.name).flag("lawyer", lawyer).flag("sent", sending == Sending::sent));
  const Exit code = say_sending(screen, sending, contact.name);
  if (code == Exit::done) screen.say(words().asked_her(printable(contact.name)));
  co_return code;
}

Exit run_ask(const Common& common, const AskOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const Contact contact = find_person(*account, options.name, Through::refused);
  if (!contact.checked && !options.unchecked) throw Stop{Exit::usage, words().tier_unchecked(printable(contact.name))};
  asio::io_context io(1);
  return run_to_end(io, ask_her(*account, screen, contact, options.lawyer));
}

}  // namespace

void add_ask(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<AskOptions>();
  CLI::App* command = app.add_subcommand("ask", "ask somebody whether your alert may wake her");
  add_name_option(*command, options->name);
  command->add_flag("--lawyer", options->lawyer, "as your lawyer: she can be drilled alone, at a time that you both know");
  command->add_flag("--unchecked", options->unchecked, "also somebody you have not checked in person");
  command->footer(
      "Nobody is woken without having said yes. Her answer comes to `vigil listen`; then put her into a tier: vigil tiers set");
  command->callback([&common, &run, options] { run = [&common, options] { return run_ask(common, *options); }; });
}

}  // namespace vigil::client::commands

// `vigil contacts`: whom one knows here, and how well.
#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/e2ee/words.hpp"

namespace vigil::client::commands {
namespace {

Exit run_contacts(const Common& common, bool also_through) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const std::vector<Contact> all = account->contacts.all();
  if (all.empty()) screen.say(words().no_contacts());
  for (const Contact& contact : all) {
    if (contact.through && !also_through) continue;
    const std::string number = e2ee::safety_number(hex(account->identity.key().view()), account->identity.key(),
                                                   hex(contact.identity.view()), contact.identity);
    const bool withdrawn = account->addresses.of(contact.id).empty();
    JsonLine line("contact", wall_s());
    screen.event(line.text("name", contact.name)
                     .flag("checked", contact.checked)
                     .text("fingerprint", number)
                     .flag("withdrawn", withdrawn)
                     .flag("through", contact.through));
    screen.say(words().contact_line(printable(contact.name), contact.checked, withdrawn, contact.through));
  }
  return Exit::done;
}

}  // namespace

void add_contacts(CLI::App& app, Common& common, Run& run) {
  CLI::App* command = app.add_subcommand("contacts", "list the people you have met");
  const auto all = std::make_shared<bool>(false);
  command->add_flag("--all", *all, "also people whom you know only from somebody's plan, while her alert is here");
  command->callback([&common, &run, all] { run = [&common, all] { return run_contacts(common, *all); }; });
}

}  // namespace vigil::client::commands

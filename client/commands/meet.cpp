// `vigil meet`: this side reads a card, introduces itself through it, compares three words, and has a contact.
#include "client/clock.hpp"
#include "client/commands/meeting.hpp"
#include "client/mail.hpp"
#include "client/terminal.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/e2ee/words.hpp"

namespace vigil::client::commands {
namespace {

ReadCard ask_card(const Account& account) {
  const auto card = read_card(need_line(words().ask_card()), wall_s());
  if (!card) throw Stop{Exit::refused, card.error() == CardFault::too_old ? words().old_card() : words().bad_card()};
  if (card->identity == account.identity.key()) throw Stop{Exit::usage, words().own_card()};
  return *card;
}

// The first relay of the card that answers; the bundle there must be of the card's identity.
asio::awaitable<std::pair<CardReach, Bytes>> reach_her(const ReadCard& card) {
  std::optional<Stop> why;
  for (const CardReach& reach : card.relays) {
    try {
      Bytes bundle = co_await fetch_bundle(reach.routes, reach.address, card.identity, true);
      co_return std::pair(reach, std::move(bundle));
    } catch (const Stop& stop) {
      why = stop;
    }
  }
  throw Stop(why.value_or(Stop{Exit::refused, words().used_card()}));
}

// After both have said yes: the contact, her reaches and bundles, and word to her that this side agrees too.
asio::awaitable<Contact> become_contacts(Account& account, const Meeting& meeting, std::string name,
                                         const std::vector<Address>& given) {
  if (reaches_of(meeting).empty()) throw Stop{Exit::refused, words().bad_card()};
  const NewContact made = co_await add_contact(account, meeting, std::move(name), true);
  for (const Address& address : given) account.addresses.give_to(address_hash(address), made.contact.id);
  content::Content content = new_content(wall_s());
  content.mutable_introduced()->set_name(account.own_name());
  content.mutable_introduced()->set_confirmed(true);
  co_await tell(account, made, content);
  co_return made.contact;
}

asio::awaitable<Exit> meet(asio::io_context& io, Account& account, Screen& screen, ReadCard card) {
  const auto [reach, serialised] = co_await reach_her(card);
  const auto bundle = e2ee::verify_bundle(serialised, card.identity, wall_s(), 0, e2ee::BundleAge::must_be_fresh);
  if (!bundle) stop_with(trouble_of(bundle.error(), words().somebody()));
  const auto ours = co_await grant_reach(account, GrantFor::contact, std::nullopt, nullptr);
  Meeting meeting{.identity = card.identity, .secret = card.secret, .name = card.name, .until_s = wall_s() + meeting_life_s};
  std::vector<Address> given;
  std::vector<std::int64_t> rows;
  for (const content::CardRelay& one : ours) {
    given.push_back(*Address::from(view(one.address())));
    meeting.through = address_hash(given.back());
    rows.push_back(account.meetings.add(meeting));
  }
  Meanwhile meanwhile(io, account, screen);
  content::Content content = new_content(wall_s());
  content::Introduction& introduction = *content.mutable_introduction();
  introduction.set_secret_proof(
      std::string(text(e2ee::meeting_proof(card.secret.view(), card.identity, account.identity.key()).view())));
  introduction.set_name(account.own_name());
  *introduction.mutable_reach() = ours;
  co_await send_one_shot(reach.routes, reach.address, account.identity, *bundle, content);

  const bool same = co_await compare_words(account, screen, meeting);
  std::string name;
  std::optional<Meeting> hers;
  if (same) {
    name = co_await ask_name(account, card.name, card.identity);
    screen.say(words().waiting_for_them());
    const std::function<bool()> confirmed = [&] {
      for (const std::int64_t row : rows) {
        const std::optional<Meeting> one = account.meetings.find(row);
        if (one && one->she_confirmed && !one->reach.empty()) hers = one;
      }
      return hers.has_value();
    };
    const bool answered = co_await wait_for(confirmed, wall_s() + her_yes_s);
    (void)answered;
  }
  if (!hers) {
    for (const std::int64_t row : rows) account.meetings.remove(row);
    for (const Address& address : given) account.addresses.remove(address_hash(address));
    co_await meanwhile.stop();
    throw Stop{Exit::not_confirmed, same ? words().they_said_no() : words().words_differ()};
  }
  const Contact contact = co_await become_contacts(account, *hers, name, given);
  for (const std::int64_t row : rows) account.meetings.remove(row);
  co_await meanwhile.stop();
  screen.event(JsonLine("met", wall_s()).text("name", contact.name).flag("checked", true));
  screen.say(words().met(contact.name));
  co_return Exit::done;
}

Exit run_meet(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  ReadCard card = ask_card(*account);
  asio::io_context io(1);
  return run_to_end(io, meet(io, *account, screen, std::move(card)));
}

}  // namespace

void add_meet(CLI::App& app, Common& common, Run& run) {
  CLI::App* command = app.add_subcommand("meet", "meet somebody who shows you a card");
  command->footer(
      "Asks for the card (scan the QR code, or copy its text). It is a secret: it is never given on the command line.\n"
      "Then both compare three words, aloud.");
  command->callback([&common, &run] { run = [&common] { return run_meet(common); }; });
}

}  // namespace vigil::client::commands

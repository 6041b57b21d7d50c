// `vigil card`: this side shows a card, waits for whoever scans it, compares three words, and has a contact.
#include "client/clock.hpp"
#include "client/commands/meeting.hpp"
#include "client/mail.hpp"
#include "client/qr.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client::commands {
namespace {

content::Card make_card(Account& account, const google::protobuf::RepeatedPtrField<content::CardRelay>& reach,
                        const Secret& secret) {
  content::Card card;
  *card.mutable_relays() = reach;
  card.set_identity(std::string(text(account.identity.key().view())));
  card.set_secret(std::string(text(secret.view())));
  card.set_not_after_s(wall_s() + card_life_s);
  card.set_name(account.own_name());
  return card;
}

// The contact, her reaches with fresh bundles, and the answer to her: our addresses, made for her.
asio::awaitable<NewContact> become_contacts(Account& account, Meeting meeting, std::string name) {
  NewContact made = co_await add_contact(account, meeting, std::move(name), meeting.she_confirmed);
  content::Content content = new_content(wall_s());
  content::Introduced& said = *content.mutable_introduced();
  said.set_name(account.own_name());
  *said.mutable_reach() = co_await grant_reach(account, GrantFor::contact, made.contact.id, nullptr);
  said.set_confirmed(true);
  co_await tell(account, made, content);
  co_return made;
}

asio::awaitable<Exit> show_card(asio::io_context& io, Account& account, Screen& screen) {
  const auto secret = random_id<Secret>();
  const auto reach = co_await grant_reach(account, GrantFor::introduction, std::nullopt, &secret);
  Meeting meeting{.card_is_mine = true, .secret = secret, .until_s = wall_s() + meeting_life_s};
  std::vector<std::int64_t> rows;
  for (const content::CardRelay& one : reach) {
    meeting.through = address_hash(*Address::from(view(one.address())));
    rows.push_back(account.meetings.add(meeting));
  }
  Meanwhile meanwhile(io, account, screen);
  const content::Card card = make_card(account, reach, secret);
  const std::string shown = write_card(card);
  screen.event(
      JsonLine("card", wall_s()).text("card", shown).number("not_after_s", static_cast<std::int64_t>(card.not_after_s())));
  if (const auto qr = draw_qr(shown); qr && !screen.plain()) screen.block(*qr);
  screen.block(shown);
  screen.say(words().card_shown(clock_text(card.not_after_s(), wall_s())));

  std::optional<Meeting> came;
  const std::function<bool()> introduced = [&] {
    for (const std::int64_t row : rows) {
      const std::optional<Meeting> one = account.meetings.find(row);
      if (one && one->identity != e2ee::IdentityKey{}) came = one;
    }
    return came.has_value();
  };
  const bool somebody_came = co_await wait_for(introduced, card.not_after_s());
  if (!somebody_came) {
    co_await meanwhile.stop();
    throw Stop{Exit::not_confirmed, words().card_nobody_came()};
  }
  const bool same = co_await compare_words(account, screen, *came);
  if (!same) {
    for (const std::int64_t row : rows) account.meetings.remove(row);
    co_await meanwhile.stop();
    throw Stop{Exit::not_confirmed, words().words_differ()};
  }
  const std::string name = co_await ask_name(account, came->name, came->identity);
  came->i_confirmed = true;
  account.meetings.put(*came);
  const NewContact made = co_await become_contacts(account, *came, name);
  screen.say(words().waiting_for_them());
  const std::function<bool()> confirmed = [&] {
    const auto now = account.contacts.find(made.contact.id);
    const bool said_yes = std::any_of(rows.begin(), rows.end(), [&](std::int64_t row) {
      const std::optional<Meeting> one = account.meetings.find(row);
      return one && one->she_confirmed;
    });
    return now && now->checked && said_yes;
  };
  const bool both = co_await wait_for(confirmed, wall_s() + her_yes_s);
  for (const std::int64_t row : rows) account.meetings.remove(row);
  if (!both) undo_contact(account, made);
  co_await meanwhile.stop();
  if (!both) throw Stop{Exit::not_confirmed, words().they_said_no()};
  screen.event(JsonLine("met", wall_s()).text("name", name).flag("checked", true));
  screen.say(words().met(name));
  co_return Exit::done;
}

Exit run_card(const Common& common) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  return run_to_end(io, show_card(io, *account, screen));
}

}  // namespace

void add_card(CLI::App& app, Common& common, Run& run) {
  CLI::App* command = app.add_subcommand("card", "meet somebody: show a card that works once, for ten minutes");
  command->footer("The other person runs `vigil meet`. Then both compare three words, aloud.");
  command->callback([&common, &run] { run = [&common] { return run_card(common); }; });
}

}  // namespace vigil::client::commands

#include "client/commands/command.hpp"

#include <algorithm>

#include "client/clock.hpp"
#include "client/mail.hpp"
#include "client/running.hpp"
#include "client/telling.hpp"
#include "client/terminal.hpp"
#include "client/words/words.hpp"

namespace vigil::client::commands {

void stop_with(const Trouble& trouble) {
  throw Stop{trouble.code, trouble.words};
}

Home find_home(const Common& common) {
  const Outcome<Home> home = Home::find(common.home);
  if (!home) stop_with(trouble_of(home.error(), common.home));
  return *home;
}

Home need_profile(const Common& common) {
  Home home = find_home(common);
  if (!home.has_profile()) throw Stop{Exit::profile, words().no_profile(home.folder().string())};
  return home;
}

SecretBytes ask_pin(const Common& common, const std::string& prompt) {
  std::optional<SecretBytes> pin = ask_secret(common.pin_fd, prompt);
  if (!pin) throw Stop{Exit::usage, words().no_terminal()};
  return std::move(*pin);
}

std::unique_ptr<Account> open_account(const Common& common) {
  const Home home = need_profile(common);
  const SecretBytes pin = ask_pin(common, words().ask_pin());
  Outcome<std::unique_ptr<Account>> account = Account::open(home, pin.view());
  if (!account) stop_with(trouble_of(account.error(), home.folder().string()));
  return std::move(*account);
}

std::string need_line(const std::string& prompt) {
  std::optional<std::string> line = ask_line(prompt);
  if (!line) throw Stop{Exit::usage, words().no_input()};
  return std::move(*line);
}

bool is_yes(std::string_view answer) {
  return answer == "yes" || answer == "y" || answer == words().yes() || answer == words().yes_short();
}

Exit run_to_end(asio::io_context& io, asio::awaitable<Exit> task) {
  std::optional<Exit> code;
  std::exception_ptr failed;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, Exit result) {
    failed = std::move(error);
    code = result;
    io.stop();
  });
  io.run();
  if (failed) std::rethrow_exception(failed);
  return code.value_or(Exit::failed);
}

bool still_open(const Outbox& outbox, const std::vector<ItemId>& items) {
  const Outcome<std::vector<kept::Item>> all = outbox.list();
  if (!all) return true;
  return std::any_of(all->begin(), all->end(), [&](const kept::Item& item) {
    const auto id = ItemId::from(view(item.id()));
    return is_open(item) && id && std::find(items.begin(), items.end(), *id) != items.end();
  });
}

asio::awaitable<Sending> send_now(Account& account, const std::vector<ItemId>& items) {
  Sending worst = Sending::sent;
  for (const ItemId& id : items) {
    Outcome<Outbox::Claimed> claimed = co_await claim_in_turn(account.outbox, id, person_waits);
    if (!claimed) {
      if (claimed.error() != Fault::no_profile) worst = Sending::waiting;  // gone: `listen` has sent it
      continue;
    }
    if (claimed->item().state() == kept::Item::GIVEN_UP || claimed->item().state() == kept::Item::BROKEN) {
      worst = Sending::refused;
      continue;
    }
    const Outcome<Sent> sent = co_await send_item(std::move(*claimed), wall_s());
    if (!sent) throw Failed(sent.error());
    note_sent(account.slot, *sent, wall_s());
    switch (sent->fate) {
      case Fate::done:
        break;
      case Fate::waiting:
        worst = worst == Sending::refused ? worst : Sending::waiting;
        break;
      case Fate::refused:
      case Fate::given_up:
      case Fate::broken:
        worst = Sending::refused;
        break;
    }
  }
  note_handed_over(account, wall_s());
  co_return worst;
}

}  // namespace vigil::client::commands

#include "client/commands/people.hpp"

#include "client/clock.hpp"
#include "client/printable.hpp"
#include "client/words.hpp"

namespace vigil::client::commands {

Contact find_person(Account& account, const std::string& typed) {
  const std::string name = typed.empty() ? need_line(words::ask_their_name()) : typed;
  const std::vector<Contact> named = account.contacts.named(name);
  if (named.empty()) throw Stop{Exit::usage, words::no_such_contact(printable(name))};
  if (named.front().through) throw Stop{Exit::usage, words::only_through(printable(name))};
  return named.front();
}

asio::awaitable<Sending> write_now(Account& account, const Contact& contact, const content::Content& content, wire::Lane lane) {
  FreshKeys keys;
  if (wants_keys(account, contact.id, lane, wall_s()))
    keys = co_await fetch_keys(account, contact.id, lane, std::chrono::milliseconds(6'000));
  if (keys.bad) stop_with(trouble_of(*keys.bad, contact.name));
  const auto items = write_to(account, contact, content, lane, keys, true, wall_s());
  if (!items) stop_with(trouble_of(items.error(), contact.name));
  const Sending sending = co_await send_now(account, *items);
  co_return sending;
}

Exit say_sending(Screen& screen, Sending sending, const std::string& name) {
  switch (sending) {
    case Sending::sent:
      return Exit::done;
    case Sending::waiting:
      return screen.fail(Exit::not_sent, words::cancel_waits());
    case Sending::refused:
      return screen.fail(Exit::refused, words::withdrawn(printable(name)));
  }
  return Exit::failed;
}

}  // namespace vigil::client::commands

#include "client/commands/people.hpp"

#include <algorithm>

#include "client/clock.hpp"
#include "client/printable.hpp"
#include "client/words/words.hpp"

namespace vigil::client::commands {

std::vector<std::string> split_names(const std::string& line) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t comma = std::min(line.find(',', at), line.size());
    const std::size_t first = line.find_first_not_of(" \t", at);
    if (first < comma) {
      const std::size_t last = line.find_last_not_of(" \t", comma - 1);
      names.push_back(line.substr(first, last + 1 - first));
    }
    at = comma + 1;
  }
  return names;
}

Contact contact_named(Account& account, const std::string& typed, Through through) {
  const std::vector<Contact> named = account.contacts.named(typed);
  if (named.empty()) throw Stop{Exit::usage, words().no_such_contact(printable(typed))};
  if (named.front().through && through == Through::refused) throw Stop{Exit::usage, words().only_through(printable(typed))};
  return named.front();
}

Contact find_person(Account& account, const std::string& typed, Through through) {
  return contact_named(account, typed.empty() ? need_line(words().ask_whom()) : typed, through);
}

void add_name_option(CLI::App& command, std::string& name) {
  command.add_option("NAME", name,
                     "as in `vigil contacts`; leave it out to be asked, so that the name is not on the command line");
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
      return screen.fail(Exit::not_sent, words().cancel_waits());
    case Sending::refused:
      return screen.fail(Exit::refused, words().withdrawn(printable(name)));
  }
  return Exit::failed;
}

}  // namespace vigil::client::commands

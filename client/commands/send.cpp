// `vigil send`: a sealed text, from standard input or a prompt.
#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/printable.hpp"
#include "client/terminal.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client::commands {
namespace {

struct SendOptions {
  std::string name;
};

constexpr std::size_t text_bytes_max = 16'000;

asio::awaitable<Exit> write(Account& account, Screen& screen, Contact contact, std::string text) {
  FreshKeys keys;
  if (wants_keys(account, contact.id, wire::NORMAL, wall_s())) {
    keys = co_await fetch_keys(account, contact.id, wire::NORMAL, std::chrono::milliseconds(6'000));
  }
  if (keys.bad) stop_with(trouble_of(*keys.bad, contact.name));
  content::Content content = new_content(wall_s());
  content.mutable_text()->set_text(text);
  const auto items = write_to(account, contact, content, wire::NORMAL, keys, true, wall_s());
  if (!items && keys.refused) throw Stop{Exit::refused, words().withdrawn(printable(contact.name))};
  if (!items) stop_with(trouble_of(items.error(), contact.name));
  screen.event(JsonLine("kept", wall_s()).id("content", view(content.id())).text("name", contact.name));
  const Sending sending = co_await send_now(account, *items);
  remake_prepared(account, wall_s(), false);
  switch (sending) {
    case Sending::sent:
      screen.event(JsonLine("sent", wall_s()).id("content", view(content.id())).text("name", contact.name));
      screen.say(words().message_sent_now(printable(contact.name)));
      co_return Exit::done;
    case Sending::waiting:
      co_return screen.fail(Exit::not_sent, words().cancel_waits());
    case Sending::refused:
      screen.event(JsonLine("unreachable", wall_s()).text("name", contact.name).flag("given_up", false));
      co_return screen.fail(Exit::refused, words().withdrawn(printable(contact.name)));
  }
  co_return Exit::failed;
}

Exit run_send(const Common& common, const SendOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const Contact contact = find_person(*account, options.name, Through::taken);
  const std::string text = need_line(words().ask_text());
  if (text.size() > text_bytes_max) throw Stop{Exit::usage, words().text_too_long(text_bytes_max)};
  asio::io_context io(1);
  return run_to_end(io, write(*account, screen, contact, text));
}

}  // namespace

void add_send(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<SendOptions>();
  CLI::App* command = app.add_subcommand("send", "write to somebody; the text is asked for, or comes on standard input");
  add_name_option(*command, options->name);
  command->callback([&common, &run, options] { run = [&common, options] { return run_send(common, *options); }; });
}

}  // namespace vigil::client::commands

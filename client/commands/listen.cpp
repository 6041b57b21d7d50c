// `vigil listen`: what a responder leaves running. Rings until a key is pressed.
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "client/clock.hpp"
#include "client/commands/command.hpp"
#include "client/listening.hpp"
#include "client/terminal.hpp"
#include "client/words.hpp"

namespace vigil::client::commands {
namespace {

Exit run_listen(const Common& common, const ListenOptions& options) {
  Screen screen(common.json, common.plain);
  const std::unique_ptr<Account> account = open_account(common);
  const Outcome<FileLock> only_one = FileLock::take(account->home.lock());
  if (!only_one) throw Stop{Exit::profile, words::already_listening()};
  asio::io_context io(1);
  Listening listening(io.get_executor(), *account, screen, options);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) listening.stop();
  });
  const Keys keys(io.get_executor(), [&] { listening.key_pressed(); });
  screen.say(words::listening());
  const auto listen = [&]() -> asio::awaitable<Exit> {
    const Outcome<void> ran = co_await listening.run();
    if (!ran) stop_with(trouble_of(ran.error(), account->home.folder().string()));
    co_return Exit::done;
  };
  return run_to_end(io, listen());
}

}  // namespace

void add_listen(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<ListenOptions>();
  CLI::App* command = app.add_subcommand("listen", "wait for alerts and messages; rings until you press a key");
  command
      ->add_option("--on-alert", options->on_alert, "also run this command at every ring; nothing about the alert is told to it")
      ->type_name("CMD");
  command->footer("Leave it running. It also sends what is NOT SENT YET and keeps your keys and alerts ready. Ctrl-C stops it.");
  command->callback([&common, &run, options] { run = [&common, options] { return run_listen(common, *options); }; });
}

}  // namespace vigil::client::commands

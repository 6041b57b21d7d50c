// `vigil listen`: what a responder leaves running. Rings until a key is pressed. When an alert of one's own is pressed it locks
// itself: it becomes a fresh process (exec) that knows no key, goes on sending what is NOT SENT YET, and asks for the PIN.
//
// On a terminal it is one picture of all that goes on (live_screen.hpp); with --plain, --json or a pipe it is lines.
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "client/checkin.hpp"
#include "client/clock.hpp"
#include "client/commands/fix_options.hpp"
#include "client/commands/live_screen.hpp"
#include "client/hours.hpp"
#include "client/running.hpp"
#include "client/terminal.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"

namespace vigil::client::commands {
namespace {

using std::chrono::milliseconds;

struct ListenCommand {
  ListenOptions options;
  bool locked = false;
};

constexpr milliseconds drain_every{500};
constexpr milliseconds keep_every{1'000};
constexpr milliseconds ask_again_after{1'000};

// ---- locked: nothing here has a key

asio::awaitable<void> drain_for_ever(const Home& home, Screen& screen) {
  Outbox outbox(home);
  SendSlot slot(home);
  for (;;) {
    const std::vector<Sent> all = co_await drain(outbox, wall_s());
    for (const Sent& sent : all) {
      note_sent(slot, sent, wall_s());
      const auto about = read_about(sent.about);
      if (sent.fate != Fate::done || !about || about->kind != AboutKind::keep) continue;
      screen.event(JsonLine("sent", wall_s()));
      screen.say_now(words().alert_sent_now());
    }
    co_await wait_a_while(drain_every);
  }
}

// Without a key nothing moves the hour at which silence counts; what her people would see then stays fresh. Says nothing on this
// screen: it may be in other hands.
asio::awaitable<void> keep_check_in(const Home& home, Screen& screen, FixFeed& feed) {
  CheckInKeeper keeper(home, screen, &feed);
  for (;;) {
    const bool runs = co_await keeper.keep();
    (void)runs;  // one that begins later is kept as well
    co_await wait_a_while(keep_every);
  }
}

// Until a PIN opens the profile. A descriptor that has no more PINs leaves it locked.
asio::awaitable<Exit> wait_for_pin(const Common& common, const Home& home, Screen& screen, std::unique_ptr<Account>& account) {
  for (;;) {
    const std::optional<SecretBytes> pin = co_await ask_secret_async(common.pin_fd, words().locked_enter_pin());
    if (!pin) {
      co_await wait_a_while(ask_again_after);
      continue;
    }
    Outcome<std::unique_ptr<Account>> opened = Account::open(home, pin->view());
    if (opened) {
      account = std::move(*opened);
      co_return Exit::done;
    }
    const Trouble trouble = trouble_of(opened.error(), home.folder().string());
    if (opened.error() != Fault::wrong_pin && opened.error() != Fault::busy) throw Stop{trouble.code, trouble.words};
    screen.fail(trouble.code, trouble.words);
  }
}

// Nothing: ended by Ctrl-C.
std::unique_ptr<Account> stay_locked(const Common& common, const Home& home, Screen& screen, const FixOptions& fixes) {
  asio::io_context io(1);
  FixFeed feed(io.get_executor(), fixes);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) io.stop();
  });
  screen.clear();
  screen.event(JsonLine("locked", wall_s()).text("words", words().locked_by_press()));
  screen.loud(words().locked_by_press());
  // detached: the io_context ends with this function, and it with that
  asio::co_spawn(io, drain_for_ever(home, screen), asio::detached);
  // detached: likewise
  asio::co_spawn(io, keep_check_in(home, screen, feed), asio::detached);
  // detached: likewise
  if (fixes.any()) asio::co_spawn(io, feed.run(), asio::detached);
  std::unique_ptr<Account> account;
  (void)run_to_end(io, wait_for_pin(common, home, screen, account));
  return account;
}

// The same command anew, in this process's place: every byte that this one has read goes with its memory.
[[noreturn]] void become_locked(const Common& common, const Home& home, const ListenOptions& options) {
  std::vector<std::string> line{"vigil", "listen", "--locked", "--home", home.folder().string()};
  if (common.json) line.emplace_back("--json");
  if (common.plain) line.emplace_back("--plain");
  if (!common.language.empty()) line.insert(line.end(), {"--lang", common.language});
  if (common.pin_fd >= 0) line.insert(line.end(), {"--pin-fd", std::to_string(common.pin_fd)});
  if (!options.on_alert.empty()) line.insert(line.end(), {"--on-alert", options.on_alert});
  if (!options.fixes.file.empty()) line.insert(line.end(), {"--fix", options.fixes.file});
  if (!options.fixes.gpsd.empty()) line.insert(line.end(), {"--gpsd", options.fixes.gpsd});
  line.insert(line.end(), {"--dark-after", std::to_string(options.dark_after_s)});
  std::vector<char*> arguments;
  for (std::string& word : line) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv("/proc/self/exe", arguments.data());
  throw Stop{Exit::profile, words().press_closes_command()};  // it could not: then this process ends, which closes it as well
}

// ---- open

// 'locks': whether it ended because an alert was pressed.
asio::awaitable<Exit> run_open(Account& account, Listening& listening, bool& locks) {
  const Outcome<void> ran = co_await listening.run();
  locks = !ran && ran.error() == Fault::locked_by_press;
  if (!ran && !locks) stop_with(trouble_of(ran.error(), account.home.folder().string()));
  co_return Exit::done;
}

Exit listen_open(Screen& screen, Account& account, const ListenOptions& options, bool& locks) {
  const Outcome<FileLock> only_one = FileLock::take(account.home.lock());
  if (!only_one) throw Stop{Exit::profile, words().already_listening()};
  asio::io_context io(1);
  Listening listening(io.get_executor(), account, screen, options);
  asio::signal_set signals(io, SIGINT, SIGTERM, SIGHUP);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (!error) listening.stop();
  });
  // Everything below gives the terminal back when it goes, whatever ends this function.
  std::unique_ptr<LiveScreen> live;
  if (!screen.json() && !screen.plain() && FullScreen::possible())
    live = std::make_unique<LiveScreen>(io, account, screen, listening);
  asio::signal_set stops(io);
  const std::function<void(boost::system::error_code, int)> on_stop = [&](boost::system::error_code error, int) {
    if (error) return;
    live->suspend();
    stops.async_wait(on_stop);
  };
  if (live) {
    stops.add(SIGTSTP);
    stops.async_wait(on_stop);
    // detached: it ends with the io_context
    asio::co_spawn(io, live->redraw(), asio::detached);
  }
  const Keys keys(io.get_executor(), [&](char byte) { live ? live->pressed(byte) : listening.key_pressed(); });
  screen.say(words().listening());
  return run_to_end(io, run_open(account, listening, locks));
}

Exit run_listen(const Common& common, const ListenCommand& command) {
  Screen screen(common.json, common.plain);
  const Home home = need_profile(common);
  std::unique_ptr<Account> account =
      command.locked ? stay_locked(common, home, screen, command.options.fixes) : open_account(common);
  if (!account) return Exit::done;
  bool locks = false;
  const Exit code = listen_open(screen, *account, command.options, locks);
  account.reset();
  if (locks) become_locked(common, home, command.options);
  return code;
}

}  // namespace

void add_listen(CLI::App& app, Common& common, Run& run) {
  const auto given = std::make_shared<ListenCommand>();
  CLI::App* command = app.add_subcommand("listen", "wait for alerts and messages; rings until you press a key");
  command
      ->add_option("--on-alert", given->options.on_alert,
                   "also run this command at every ring; nothing about the alert is told to it")
      ->type_name("CMD");
  command->add_flag(
      "--locked", given->locked,
      "start locked: only sends what is NOT SENT YET and keeps the places of a check-in fresh, until you type your PIN");
  add_fix_options(*command, given->options.fixes, false);
  command
      ->add_option_function<std::string>(
          "--dark-after",
          [given](const std::string& text) {
            const auto seconds = read_duration(text, watch_dark_s);
            if (!seconds) throw CLI::ValidationError("--dark-after", "at most 20m");
            given->options.dark_after_s = *seconds;
          },
          "say that nobody keeps watch over a check-in when its relay was not heard for so long")
      ->type_name("TIME")
      ->default_str("20m");
  command->footer(
      "On a terminal it fills the screen: a answer, g give back, m mark, n note, c all-clear, s silence, arrows choose, q quit.\n"
      "With --plain or --json it is lines. docs/responder.md explains every line.\n"
      "Leave it running. It also sends what is NOT SENT YET and keeps your keys and alerts ready. Ctrl-C stops it.\n"
      "When you press an alert it locks itself: the screen is cleared, what is NOT SENT YET still goes out, the places of\n"
      "a check-in stay fresh, and nothing rings or "
      "is\n"
      "read until you type your PIN.");
  command->callback([&common, &run, given] { run = [&common, given] { return run_listen(common, *given); }; });
}

}  // namespace vigil::client::commands

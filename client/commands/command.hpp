// What every command of `vigil` shares: the options in front of it, opening the profile with the PIN, running something
// asynchronous. One file per command beside this one; each adds itself to the command line and returns an exit code
// (exit_codes.hpp).
#pragma once

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "client/account.hpp"
#include "client/screen.hpp"

namespace vigil::client::commands {

struct Common {
  std::string home;
  bool json = false;
  bool plain = false;
  int pin_fd = -1;
  std::string language;
};

// Also what `all-clear` does for one's own alert.
Exit run_cancel(const Common& common);

// What a command does once the line has been understood.
using Run = std::function<Exit()>;
// Each adds its subcommand; when it is on the line, 'run' is set.
void add_join(CLI::App& app, Common& common, Run& run);
void add_card(CLI::App& app, Common& common, Run& run);
void add_meet(CLI::App& app, Common& common, Run& run);
void add_contacts(CLI::App& app, Common& common, Run& run);
void add_ask(CLI::App& app, Common& common, Run& run);
void add_duty(CLI::App& app, Common& common, Run& run);
void add_plan(CLI::App& app, Common& common, Run& run);
void add_tiers(CLI::App& app, Common& common, Run& run);
void add_send(CLI::App& app, Common& common, Run& run);
void add_alert(CLI::App& app, Common& common, Run& run);
void add_cancel(CLI::App& app, Common& common, Run& run);
void add_answer(CLI::App& app, Common& common, Run& run);
void add_give_back(CLI::App& app, Common& common, Run& run);
void add_all_clear(CLI::App& app, Common& common, Run& run);
void add_listen(CLI::App& app, Common& common, Run& run);
void add_status(CLI::App& app, Common& common, Run& run);
void add_withdraw(CLI::App& app, Common& common, Run& run);
void add_checkin(CLI::App& app, Common& common, Run& run);
void add_share(CLI::App& app, Common& common, Run& run);
void add_where(CLI::App& app, Common& common, Run& run);
void add_timeline(CLI::App& app, Common& common, Run& run);
void add_tell(CLI::App& app, Common& common, Run& run);

// What the keys of the full screen do too. They say what came of it on 'screen', or throw Stop.
asio::awaitable<Exit> answer_alert(Account& account, Screen& screen, AlertState alert, bool answers);
asio::awaitable<Exit> close_alert(Account& account, Screen& screen, AlertState alert, std::string note);
// This one, or the newest when 'alert_id' is empty.
asio::awaitable<Exit> end_own_alert(Account& account, Screen& screen, Bytes alert_id);

asio::awaitable<Exit> mark_alert(Account& account, Screen& screen, AlertState alert, content::Mark mark);
asio::awaitable<Exit> note_alert(Account& account, Screen& screen, AlertState alert, std::string text);
asio::awaitable<Exit> mute_person(Account& account, Screen& screen, AlertState alert);

// Ends a command with a sentence and a code, from wherever it is.
struct Stop {
  Exit code;
  std::string words;
};

// The folder; never makes it for commands that need a profile.
Home find_home(const Common& common);
// The same, with a profile in it. Throws Stop.
Home need_profile(const Common& common);
// Asks for the PIN and opens. Throws Stop: no profile, wrong PIN, damaged.
std::unique_ptr<Account> open_account(const Common& common);
SecretBytes ask_pin(const Common& common, const std::string& prompt);
[[noreturn]] void stop_with(const Trouble& trouble);

// Runs until 'task' is done and returns what it returned. Exceptions pass through. Loops started beside it end with it.
Exit run_to_end(asio::io_context& io, asio::awaitable<Exit> task);

// Reads one line of standard input or throws Stop.
std::string need_line(const std::string& prompt);
// "yes", "y" or their like in the language in use; everything else is no.
bool is_yes(std::string_view answer);

// Sends what has just been put into the outbox, and whatever else is due; shows what became of it. 'about' as in about.hpp.
enum class Sending { sent, waiting, refused };
asio::awaitable<Sending> send_now(Account& account, const std::vector<ItemId>& items);
// Whether any of these still waits for a relay that takes it; also when that cannot be read. Says of several relays what the
// worst of Sending cannot.
bool still_open(const Outbox& outbox, const std::vector<ItemId>& items);

}  // namespace vigil::client::commands

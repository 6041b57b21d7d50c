// `vigil drill`: an exercise on the path of a real alert, marked on every screen; of everybody (no PIN), or of the lawyer alone,
// now or booked for a time that both know.
#include <ctime>

#include "client/clock.hpp"
#include "client/commands/people.hpp"
#include "client/commands/press.hpp"
#include "client/consent.hpp"
#include "client/printable.hpp"
#include "client/readying.hpp"
#include "client/upkeep.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "proto/limits.hpp"

namespace vigil::client::commands {
namespace {

struct DrillOptions {
  bool lawyer = false;
  bool now = false;
  bool call_off = false;
  std::string at;
};

// "18:00": the next one; "2026-11-30 18:00". This device's time zone.
std::optional<std::uint64_t> read_time(const std::string& line, std::uint64_t now_s) {
  const auto now = static_cast<std::time_t>(now_s);
  std::tm parts{};
  localtime_r(&now, &parts);
  parts.tm_sec = 0;
  const char* end = ::strptime(line.c_str(), "%Y-%m-%d %H:%M", &parts);
  const bool with_day = end != nullptr && *end == '\0';
  if (!with_day) {
    localtime_r(&now, &parts);
    parts.tm_sec = 0;
    end = ::strptime(line.c_str(), "%H:%M", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
  }
  parts.tm_isdst = -1;
  std::time_t at = ::mktime(&parts);
  if (!with_day && at <= now) {
    ++parts.tm_mday;
    parts.tm_isdst = -1;
    at = ::mktime(&parts);
  }
  if (at <= now) return std::nullopt;
  return static_cast<std::uint64_t>(at);
}

std::vector<Contact> lawyers_of(Account& account) {
  std::vector<Contact> lawyers;
  for (const Counted& one : counted_people(account)) {
    if (one.agreement.lawyer) lawyers.push_back(one.contact);
  }
  if (lawyers.empty()) throw Stop{Exit::usage, words().plan_without_lawyer()};
  return lawyers;
}

asio::awaitable<Exit> tell_booking(Account& account, Screen& screen, const Contact& lawyer, std::uint64_t at_s, bool cancelled) {
  content::Content content = new_content(wall_s());
  content.mutable_drill_booking()->set_at_s(at_s);
  content.mutable_drill_booking()->set_cancelled(cancelled);
  const Sending sending = co_await write_now(account, lawyer, content, wire::NORMAL);
  JsonLine line("booking", wall_s());
  line.text("name", lawyer.name).number("for_s", static_cast<std::int64_t>(at_s)).flag("cancelled", cancelled);
  screen.event(line);
  const Exit code = say_sending(screen, sending, lawyer.name);
  const std::string name = printable(lawyer.name);
  const std::string clock = clock_text(at_s, wall_s());
  if (code == Exit::done) screen.say(cancelled ? words().called_off_with(name, clock) : words().booked_with(name, clock));
  co_return code;
}

asio::awaitable<Exit> book(Account& account, Screen& screen, std::uint64_t at_s) {
  Exit worst = Exit::done;
  for (const Contact& lawyer : lawyers_of(account)) {
    Drills(account.container).book({.contact = lawyer.id, .at_s = at_s});
    const Exit code = co_await tell_booking(account, screen, lawyer, at_s, false);
    if (code != Exit::done) worst = code;
  }
  co_return worst;
}

// Each is told which one: the time that was agreed.
asio::awaitable<Exit> call_off(Account& account, Screen& screen) {
  const std::vector<Booking> bookings = Drills(account.container).bookings();
  if (bookings.empty()) throw Stop{Exit::usage, words().no_booking()};
  Exit worst = Exit::done;
  for (const Booking& booking : bookings) {
    Drills(account.container).call_off(booking.contact);
    const auto lawyer = account.contacts.find(booking.contact);
    if (!lawyer) continue;
    const Exit code = co_await tell_booking(account, screen, *lawyer, booking.at_s, true);
    if (code != Exit::done) worst = code;
  }
  co_return worst;
}

asio::awaitable<Exit> drill_lawyer(Account& account, Screen& screen, bool now) {
  const std::vector<Contact> lawyers = lawyers_of(account);
  const Remade remade = co_await keep_up(account, false);
  (void)remade;  // her keys are as fresh as they can be; the stock is not what is pressed
  std::optional<kept::PreparedAlert> prepared = prepare_for_lawyers(account, wall_s());
  if (!prepared) throw Stop{Exit::failed, words().bundle_too_old(printable(lawyers.front().name))};
  Press press;
  press.pressed_s = wall_s();
  press.hold_s = now ? 0 : limits::hold_s;
  press.drill = true;
  Drills(account.container).note(view(prepared->alert_id()), press.pressed_s, true);
  for (const Contact& lawyer : lawyers) Drills(account.container).call_off(lawyer.id);
  const Exit code = co_await press_this(account.home, screen, std::move(*prepared), std::move(press));
  co_return code;
}

Exit run(const Common& common, const DrillOptions& options) {
  if (!options.lawyer) return run_drill(common, options.now);
  Screen screen(common.json, common.plain);
  std::uint64_t at_s = 0;
  if (!options.at.empty()) {
    const auto at = read_time(options.at, wall_s());
    if (!at) throw Stop{Exit::usage, words().bad_time()};
    at_s = *at;
  }
  const std::unique_ptr<Account> account = open_account(common);
  asio::io_context io(1);
  if (options.call_off) return run_to_end(io, call_off(*account, screen));
  if (at_s != 0) return run_to_end(io, book(*account, screen, at_s));
  return run_to_end(io, drill_lawyer(*account, screen, options.now));
}

}  // namespace

void add_drill(CLI::App& app, Common& common, Run& run_later) {
  const auto options = std::make_shared<DrillOptions>();
  CLI::App* command = app.add_subcommand("drill", "an exercise: the path of a real alert, marked as a drill on every screen");
  command->add_flag("--now", options->now, "at once, without the 10 s in which it can be cancelled");
  CLI::Option* lawyer = command->add_flag("--lawyer", options->lawyer, "wakes your lawyer alone; needs the PIN");
  CLI::Option* at =
      command->add_option("--at", options->at, "books it: tells her now, and you then")->needs(lawyer)->type_name("TIME");
  command->add_flag("--call-off", options->call_off, "the booked one does not take place")->needs(lawyer)->excludes(at);
  command->footer(
      "TIME: 18:00, or \"2026-11-30 18:00\". Your plan stays sealed in a drill. `vigil cancel` ends it. Who answered counts for\n"
      "`vigil ready`: two people in 30 days, and your lawyer by herself.");
  command->callback([&common, &run_later, options] { run_later = [&common, options] { return run(common, *options); }; });
}

}  // namespace vigil::client::commands

// `vigil alert`: the press. No PIN, no look needed; works with the profile locked, while `listen` runs, and offline. The sealed
// alert is on the disk before anything is sent, and on the relay before anything is said. Ctrl-C never cancels.
#include <algorithm>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fstream>
#include <iostream>

#include "client/clock.hpp"
#include "client/commands/press.hpp"
#include "client/fixes.hpp"
#include "client/news.hpp"
#include "client/refresh.hpp"
#include "client/running.hpp"
#include "client/terminal.hpp"
#include "client/wait.hpp"
#include "client/words/words.hpp"
#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"

namespace vigil::client::commands {
namespace {

using std::chrono::milliseconds;

struct AlertOptions {
  bool now = false;
  bool note = false;
  bool drill = false;
  std::string fix_file;
  std::string nmea;
};

constexpr std::uint64_t again_within_s = 600;  // a second press so soon is the same alert
constexpr std::size_t note_bytes_max = 500;
constexpr std::size_t nmea_lines_max = 200'000;
constexpr milliseconds look_every{1'000};
constexpr std::uint64_t look_until_s = 60;  // after the hold: then the relay has had its time

// Set when a relay has the alert: what a second Ctrl-C exits with. One thread.
bool on_a_relay = false;

// What this one run knows of its alert; shown through the same state machine as everywhere.
class Pressed {
 public:
  Pressed(Screen& screen, AlertState state) : screen_(screen), state_(std::move(state)) {}
  AlertState& state() { return state_; }
  void show() {
    const AlertView view = state_.view(wall_s(), 0);
    if (shown_ && *shown_ == view) return;
    shown_ = view;
    show_state(screen_, state_, view, wall_s());
  }

 private:
  Screen& screen_;
  AlertState state_;
  std::optional<AlertView> shown_;
};

// The fixes that are in the file now; a receiver may still be writing it.
std::vector<Fix> fixes_in_file(const std::string& path) {
  NmeaReader reader;
  std::ifstream file(path);
  std::string line;
  for (std::size_t i = 0; i < nmea_lines_max && std::getline(file, line); ++i) reader.read(line);
  return reader.newest_first();
}

content::Track read_fixes(const AlertOptions& options, Screen& screen) {
  std::vector<Fix> fixes;
  if (!options.fix_file.empty()) {
    fixes = fixes_in_file(options.fix_file);
  } else if (options.nmea == "-") {
    NmeaReader reader;
    std::string line;
    for (std::size_t i = 0; i < nmea_lines_max && std::getline(std::cin, line); ++i) reader.read(line);
    fixes = reader.newest_first();
  } else {
    return {};
  }
  // A place that cannot be read never stops an alert.
  if (fixes.empty()) screen.say(words().no_valid_fix());
  return track_of(fixes);
}

std::string read_note(const AlertOptions& options, Screen& screen) {
  if (!options.note) return {};
  std::string note = ask_line(words().ask_note()).value_or("");
  if (note.size() <= note_bytes_max) return note;
  std::size_t end = note_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xC0) == 0x80) --end;
  note.resize(end);
  screen.say(words().note_cut(note_bytes_max));
  return note;
}

// Keeps the copies on the relays fresh while this command runs and its file of fixes grows.
class Refresher {
 public:
  Refresher(std::string fix_file, kept::PreparedAlert spare, Press press)
      : fix_file_(std::move(fix_file)), spare_(std::move(spare)), press_(std::move(press)) {}

  asio::awaitable<void> send_if_newer(const SendSlot& slot, const kept::RunningAlert& running) {
    if (fix_file_.empty()) co_return;
    const std::vector<Fix> fixes = fixes_in_file(fix_file_);
    if (fixes.empty() || fixes.front().at_s <= press_.track.newest().at_s()) co_return;
    press_.track = track_of(fixes);
    if (press_.pressed_again == 0 && pressed_again(slot, running)) {  // by another run of this command
      press_.pressed_again = 1;
      seq_ = pressed_again_seq;
    }
    ++seq_;
    for (int i = 0; i < std::min(spare_.vigils_size(), running.vigils_size()); ++i) {
      const kept::RunningVigil& vigil = running.vigils(i);
      const auto routes = Routes::read(view(vigil.routes()));
      auto copies = seal_fresh_copies(spare_, i, press_);
      if (!routes || !copies) continue;
      wire::Request request;
      wire::Refresh& refresh = *request.mutable_refresh();
      refresh.set_vigil_id(vigil.vigil_id());
      refresh.set_secret(vigil.refresh());
      refresh.set_seq(seq_);
      for (wire::StageEnvelope& copy : *copies) *refresh.add_copies() = std::move(copy);
      const Outcome<wire::Answer> answer = co_await ask_one(*routes, std::move(request));
      (void)answer;  // what was sealed before is still there
    }
  }

 private:
  static bool pressed_again(const SendSlot& slot, const kept::RunningAlert& running) {
    const auto now = running_with(slot, view(running.alert_id()));
    return now && now->pressed_again() != 0;
  }

  std::string fix_file_;
  kept::PreparedAlert spare_;
  Press press_;
  std::uint64_t seq_ = 0;
};

// Until one relay says that stage 0 has gone out, or that it is over.
asio::awaitable<void> look_until_out(const SendSlot& slot, Pressed& pressed, const kept::RunningAlert& running,
                                     std::uint64_t until_s, Refresher* refresher = nullptr) {
  while (wall_s() < until_s) {
    for (const kept::RunningVigil& vigil : running.vigils()) {
      const auto routes = Routes::read(view(vigil.routes()));
      if (!routes) continue;
      const Outcome<wire::Answer> answer = co_await ask_one(*routes, look_request(vigil));
      if (!answer) continue;
      if (answer->status() == wire::ENDED) co_return;
      if (answer->status() != wire::DONE || !answer->has_vigil()) continue;
      pressed.state().looked(view(vigil.vigil_id()), answer->vigil(), wall_s());
      pressed.show();
      if (answer->vigil().released()) co_return;
    }
    if (refresher != nullptr) co_await refresher->send_if_newer(slot, running);
    co_await wait_a_while(look_every);
  }
}

// Sends every part of the alert that is in the outbox, relays side by side. How many have it, and whether one refused.
struct Result {
  std::size_t on_relay = 0;
  std::size_t refused = 0;
  std::size_t pending = 0;
};
asio::awaitable<void> send_one(SendSlot& slot, Outbox::Claimed claimed, Pressed& pressed, std::uint32_t hold_s, Result& result) {
  const Outcome<Sent> sent = co_await send_item(std::move(claimed), wall_s());
  --result.pending;
  if (!sent) co_return;
  note_sent(slot, *sent, wall_s());
  if (sent->fate == Fate::refused || sent->fate == Fate::given_up || sent->fate == Fate::broken) ++result.refused;
  if (sent->fate != Fate::done) co_return;
  ++result.on_relay;
  on_a_relay = true;
  if (const auto about = read_about(sent->about)) pressed.state().on_relay(about->id, wall_s(), hold_s);
  pressed.show();
}

asio::awaitable<Result> send_all(SendSlot& slot, std::vector<Outbox::Claimed> items, Pressed& pressed, std::uint32_t hold_s) {
  Result result{.pending = items.size()};
  const auto executor = co_await asio::this_coro::executor;
  for (Outbox::Claimed& item : items) {
    // detached: result.pending counts them, and the loop below waits until none is left
    asio::co_spawn(executor, send_one(slot, std::move(item), pressed, hold_s, result), asio::detached);
  }
  while (result.pending != 0) co_await wait_a_while(milliseconds(20));
  co_return result;
}

struct Written {
  kept::RunningAlert running;
  kept::PreparedAlert spare;  // to seal fresh fixes from, with chains that have moved on; in memory only
  std::vector<Outbox::Claimed> items;
};

// Everything up to the disk: from here on the alert is not lost.
Written write_alert(const Home& home, kept::PreparedAlert prepared, const Press& press) {
  SendSlot slot(home);
  kept::PreparedAlert spare = prepared;
  auto sealed = seal_alert(std::move(prepared), press);
  if (!sealed) throw Stop{Exit::failed, words().no_prepared_alert()};
  kept::RunningAlert& running = sealed->running;
  Written written;
  Outbox outbox(home);
  for (const SealedVigil& vigil : sealed->vigils) {
    Outcome<Outbox::Claimed> item = outbox.put_claimed(
        {.routes = vigil.routes, .requests = vigil.keep, .urgent = true, .about = write_about(AboutKind::keep, vigil.id.view())},
        wall_s());
    if (!item) stop_with(trouble_of(item.error(), home.folder().string()));
    written.items.push_back(std::move(*item));
  }
  // The step of each chain that the alert itself was sealed with, and the next one. An alert goes out without them if it must.
  bool usable = true;
  for (int i = 0; i < spare.vigils_size(); ++i) usable = seal_fresh_copies(spare, i, press) && usable;
  if (!usable || !seal_pressed_again(spare, press, running)) spare.clear_vigils();
  if (const Outcome<void> kept = slot.add_running(running); !kept) stop_with(trouble_of(kept.error(), home.folder().string()));
  written.running = std::move(running);
  written.spare = std::move(spare);
  return written;
}

AlertState state_of(const kept::RunningAlert& running, std::uint64_t now_s) {
  AlertState state = AlertState::begin(view(running.alert_id()), {}, true, now_s);
  content::Alert alert;
  alert.set_pressed_s(running.pressed_s());
  alert.set_hold_s(running.hold_s());
  alert.set_drill(running.drill());
  state.pressed(alert);
  for (const kept::RunningVigil& vigil : running.vigils()) state.prepared(view(vigil.vigil_id()), view(vigil.root()), {}, now_s);
  return state;
}

asio::awaitable<Exit> go(const Home& home, Screen& screen, Written written, Press press, std::string fix_file) {
  const std::uint32_t hold_s = press.hold_s;
  SendSlot slot(home);
  Pressed pressed(screen, state_of(written.running, wall_s()));
  const Result result = co_await send_all(slot, std::move(written.items), pressed, hold_s);
  if (result.on_relay == 0) {
    pressed.show();  // NOT SENT YET
    co_return screen.fail(result.refused != 0 ? Exit::refused : Exit::not_sent,
                          result.refused != 0 ? words().refused_everywhere() : words().kept_in_outbox());
  }
  if (hold_s != 0) screen.say(words().cancel_within(hold_s));
  Refresher refresher(std::move(fix_file), std::move(written.spare), std::move(press));
  co_await look_until_out(slot, pressed, written.running, wall_s() + hold_s + look_until_s, &refresher);
  co_return Exit::done;
}

// Those whose copies have gone out already are told that she has pressed again. Whoever is not reached so learns it from the
// next round's copy.
asio::awaitable<void> tell_pressed_again(const kept::RunningVigil& vigil, const Routes& routes) {
  wire::Request refresh;
  if (!refresh.ParseFromString(vigil.again())) co_return;
  const Outcome<wire::Answer> looked = co_await ask_one(routes, look_request(vigil));
  if (!looked || looked->status() != wire::DONE || !looked->vigil().released()) co_return;
  const wire::VigilState& state = looked->vigil();
  std::vector<wire::Request> requests;
  for (int i = 0; i < refresh.refresh().copies_size(); ++i) {
    const wire::StageEnvelope& copy = refresh.refresh().copies(i);
    if (state.round() <= 1 && copy.stage() >= state.stage()) continue;
    wire::Deliver& deliver = *requests.emplace_back().mutable_deliver();
    deliver.set_id(std::string(text(random_id<CopyId>().view())));
    deliver.set_lane(wire::URGENT);
    deliver.set_lifetime(wire::ONE_DAY);
    deliver.set_envelope(copy.envelope());
    deliver.set_addresses(vigil.again_to().substr(static_cast<std::size_t>(i) * Address::length, Address::length));
  }
  if (requests.empty()) co_return;
  const Outcome<std::vector<wire::Answer>> answers = co_await ask(routes, std::move(requests));
  (void)answers;
}

// What one relay is shown at a second press: copies that say so, and that they are due now.
std::vector<wire::Request> again_requests(const kept::RunningVigil& vigil) {
  std::vector<wire::Request> requests;
  wire::Request refresh;
  if (!vigil.again().empty() && refresh.ParseFromString(vigil.again())) requests.push_back(std::move(refresh));
  wire::Hurry& hurry = *requests.emplace_back().mutable_hurry();
  hurry.set_vigil_id(vigil.vigil_id());
  hurry.set_secret(vigil.hurry());
  return requests;
}

// The second press: stage 0 is due now. Nothing when the relay says that this alert is over.
asio::awaitable<std::optional<Exit>> hurry(const Home& home, Screen& screen, const kept::RunningAlert& running) {
  Pressed pressed(screen, state_of(running, wall_s()));
  Outbox outbox(home);
  SendSlot slot(home);
  const auto press_again = [](kept::RunningAlert& newest) {
    newest.set_pressed_again(newest.pressed_again() + 1);  // what a `listen` that runs locks itself at
    return true;
  };
  if (const Outcome<void> noted = slot.change_running(view(running.alert_id()), press_again); !noted) throw Failed(noted.error());
  // What has not gone out yet goes first: the relay cannot hurry what it does not have.
  const std::vector<Sent> drained = co_await drain(outbox, wall_s());
  for (const Sent& sent : drained) note_sent(slot, sent, wall_s());
  bool over = false;
  bool on_relay = false;
  for (const kept::RunningVigil& vigil : running.vigils()) {
    const auto routes = Routes::read(view(vigil.routes()));
    if (!routes || vigil.ended()) continue;
    const std::vector<wire::Request> requests = again_requests(vigil);
    const Outcome<std::vector<wire::Answer>> answers = co_await ask(*routes, requests);
    const wire::Status said = answers ? answers->back().status() : wire::STATUS_UNSET;  // to the Hurry
    if (said == wire::ENDED) {
      over = true;
    } else if (said == wire::DONE) {
      on_relay = on_a_relay = true;
      pressed.state().on_relay(view(vigil.vigil_id()), wall_s(), 0);
      co_await tell_pressed_again(vigil, *routes);
    } else {
      const auto kept = outbox.put({.routes = *routes,
                                    .requests = requests,
                                    .urgent = true,
                                    .about = write_about(AboutKind::hurry, view(vigil.vigil_id()))},
                                   wall_s());
      if (!kept) throw Failed(kept.error());
    }
  }
  if (over && !on_relay) co_return std::nullopt;
  pressed.state().pressed_again(running.pressed_again() + 1, wall_s());
  if (on_relay) screen.say(words().you_pressed_again());
  pressed.show();
  if (!on_relay) co_return screen.fail(Exit::not_sent, words().kept_in_outbox());
  co_await look_until_out(slot, pressed, running, wall_s() + look_until_s);
  co_return Exit::done;
}

asio::awaitable<Exit> press_or_hurry(const Home& home, Screen& screen, Press press, std::string fix_file) {
  SendSlot slot(home);
  if (const auto running = newest_running(slot, wall_s(), again_within_s, press.drill)) {
    const std::optional<Exit> hurried = co_await hurry(home, screen, *running);
    if (hurried) co_return *hurried;
    (void)slot.forget_running(view(running->alert_id()));
  }
  Outcome<kept::PreparedAlert> prepared = slot.take();
  if (!prepared) stop_with(trouble_of(prepared.error(), home.folder().string()));
  Written written = write_alert(home, std::move(*prepared), press);
  const Exit code = co_await go(home, screen, std::move(written), press, std::move(fix_file));
  co_return code;
}

Exit run_alert(const Common& common, const AlertOptions& options) {
  Screen screen(common.json, common.plain);
  const Home home = need_profile(common);
  Press press;
  press.pressed_s = wall_s();
  press.hold_s = options.now ? 0 : limits::hold_s;
  press.drill = options.drill;
  press.track = read_fixes(options, screen);
  press.note = read_note(options, screen);
  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT);
  bool asked_twice = false;
  const std::function<void(boost::system::error_code, int)> on_interrupt = [&](boost::system::error_code error, int) {
    if (error) return;
    if (asked_twice) std::_Exit(static_cast<int>(on_a_relay ? Exit::done : Exit::not_sent));
    asked_twice = true;
    screen.say(words().ctrl_c_does_not_cancel());
    signals.async_wait(on_interrupt);
  };
  signals.async_wait(on_interrupt);
  screen.say(options.drill ? words().pressing_drill() : words().pressing());
  return run_to_end(io, press_or_hurry(home, screen, std::move(press), options.fix_file));
}

}  // namespace

Exit run_drill(const Common& common, bool now) {
  AlertOptions options;
  options.now = now;
  options.drill = true;
  return run_alert(common, options);
}

asio::awaitable<Exit> press_this(const Home& home, Screen& screen, kept::PreparedAlert prepared, Press press) {
  screen.say(press.drill ? words().pressing_drill() : words().pressing());
  Written written = write_alert(home, std::move(prepared), press);
  const Exit code = co_await go(home, screen, std::move(written), std::move(press), {});
  co_return code;
}

void add_alert(CLI::App& app, Common& common, Run& run) {
  const auto options = std::make_shared<AlertOptions>();
  CLI::App* command = app.add_subcommand("alert", "wake your people. Needs no PIN");
  command->add_flag("--now", options->now, "at once, without the 10 s in which it can be cancelled");
  CLI::Option* fix =
      command->add_option("--fix", options->fix_file, "where you are: a file of NMEA lines, as a GPS receiver writes them");
  CLI::Option* nmea = command->add_option("--nmea", options->nmea, "the same from standard input: --nmea -");
  command->add_flag("--note", options->note, "asks for a note (one line of standard input)")->excludes(nmea);
  command->add_flag("--drill", options->drill, "an exercise: everything real, marked as a drill");
  fix->excludes(nmea);
  command->footer(
      "Pressed twice within 10 minutes it is the same alert: it waits no longer, and says so to your people.\n"
      "Ctrl-C does not cancel it: vigil cancel does.");
  command->callback([&common, &run, options] { run = [&common, options] { return run_alert(common, *options); }; });
}

}  // namespace vigil::client::commands

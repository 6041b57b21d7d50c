// Check-ins: what a person's own one shows, when it reminds, and whether anybody keeps watch over others. The upper part is pure
// (time is an argument); CheckInKeeper is what `listen` and `checkin watch` run: it asks the relay, puts fresh places into the
// sealed copies, reminds. Needs no PIN. One io_context and thread.
//
// **Invariants:** what is shown counts from a relay's last answer, never from this phone's wish. Nothing here moves the hour:
// only a renewal with the PIN does (commands/checkin.cpp).
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "client/fix_feed.hpp"
#include "client/screen.hpp"
#include "client/send_slot.hpp"

namespace vigil::client {

inline constexpr std::uint32_t check_in_refresh_s = 5 * 60;  // fresh places into the copies, at most so often
inline constexpr std::uint32_t check_in_period_min_s = 10;   // shorter ones fire before a person can act
inline constexpr std::uint32_t check_in_period_max_s = 24 * 3600;
inline constexpr std::uint32_t check_in_lasts_max_s = 7 * 24 * 3600;
inline constexpr std::uint64_t watch_dark_s = 20 * 60;  // then nobody keeps watch

// ---- one's own

struct CheckInView {
  bool on_relay = false;      // a relay has said that it keeps watch
  bool fired = false;         // silence has been told
  bool stopping = false;      // an ending waits for a network
  std::uint64_t due_s = 0;    // silence counts from then on, by the relay that fires first; 0 = no relay has answered
  std::uint64_t heard_s = 0;  // when a relay last said so
  std::uint64_t ok_s = 0;     // the last sign of life
  std::uint64_t begun_s = 0;
  std::uint64_t until_s = 0;  // when she means to end it; 0 = she has not said
  std::uint32_t period_s = 0;
  std::size_t relays = 0;
  bool operator==(const CheckInView&) const = default;
};
CheckInView view_of(const kept::RunningCheckIn& check_in);
content::CheckIn content_of(const kept::RunningCheckIn& check_in, content::CheckIn::Kind kind);
// What its copies are sealed with: they say when she was last heard from, and where her phone was.
Press press_of(const kept::RunningCheckIn& check_in, const std::vector<Fix>& newest_first);

enum class Reminder : std::uint8_t { none, half, five_minutes, one_minute, passed };
// The last one whose moment has come: half of the period, 5 minutes, 1 minute before silence counts. The two fixed ones are for
// periods that are longer than twice of them.
Reminder reminder_of(const CheckInView& view, std::uint64_t now_s);

// Of the end that she has named: ten minutes before it (for those that last longer than an hour), and when it has come. Nothing
// ends by itself: without her PIN silence goes on to count.
enum class EndReminder : std::uint8_t { none, soon, come };
EndReminder end_reminder_of(const CheckInView& view, std::uint64_t now_s);

// ---- others'

struct Watched {
  Bytes checkin_id{}, person{};
  std::uint32_t every_s = 0, grace_s = 0;
  std::uint64_t begun_s = 0;
  std::uint64_t last_s = 0;         // her last sign of life
  std::uint64_t counts_from_s = 0;  // silence
  std::vector<PublicKey> roots{};   // the relays that keep watch
  bool forced = false, fired = false;
  std::uint64_t over_s = 0;
  bool running() const { return over_s == 0 && !fired; }
};
// How many people nobody keeps watch over: none of the relays that do has been heard for 'dark_after_s'. 'heard_s': of one's own
// relays, when they were last heard (0 = not since 'since_s'); others cannot be judged from here and say nothing.
std::size_t people_unwatched(const std::vector<Watched>& all, const std::map<PublicKey, std::uint64_t>& heard_s,
                             std::uint64_t since_s, std::uint64_t now_s, std::uint64_t dark_after_s);

// ---- keeping one

class CheckInKeeper {
 public:
  CheckInKeeper(const Home& home, Screen& screen, FixFeed* feed) : slot_(home), screen_(screen), feed_(feed) {}
  // Once a second: asks the relay and seals fresh places. False: none runs. Throws Failed when the slot cannot be written.
  asio::awaitable<bool> keep();
  // The same, and reminds. Not for a screen that is locked: whoever holds the phone then need not know.
  asio::awaitable<bool> step();

 private:
  asio::awaitable<void> look(const kept::RunningCheckIn& check_in);
  void remind_of_end(const CheckInView& view, std::uint64_t now_s);
  void remind(const CheckInView& view, std::uint64_t now_s);
  SendSlot slot_;
  Screen& screen_;
  FixFeed* feed_;
  std::uint64_t next_look_s_ = 0;
  std::uint64_t reminded_due_s_ = 0;
  Reminder reminded_ = Reminder::none;
  bool fired_said_ = false;
  std::uint64_t end_reminded_s_ = 0;  // of this end
  EndReminder end_reminded_ = EndReminder::none;
};

// Seals places into the copies on all relays: at most every 5 minutes (or a sixth of a short period), and only newer ones. The
// chains are moved durably first.
asio::awaitable<void> refresh_check_in(SendSlot& slot, const std::vector<Fix>& newest_first);
// What one relay has answered about the vigil of this id; the record is forgotten when it was the last one that had not ended.
void note_check_in(SendSlot& slot, View checkin_id, View vigil_id, const wire::Answer& answer, std::uint64_t now_s);
// After the outbox has sent something: the check-in is on the relay, or ended there.
void note_check_in_sent(SendSlot& slot, View vigil_id, bool ended, std::uint64_t now_s);

}  // namespace vigil::client

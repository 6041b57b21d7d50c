// The send-only slot: one small file that needs no PIN and no network. It holds the stock of prepared alerts and the few secrets
// of running ones; no names, no places, no history. Written durably under a lock, so any number of processes may use it.
// Blocking.
#pragma once

#include <functional>

#include "client/home.hpp"
#include "client/prepared.hpp"

namespace vigil::client {

class SendSlot {
 public:
  explicit SendSlot(const Home& home) : path_(home.send_slot()) {}

  // Takes the oldest prepared alert for good: when this returns, the file no longer has it, durably, and it is never handed out
  // again. no_prepared_alert, damaged, newer_version, disk_full, disk. An alert that is old (prepared_life_s) is better than
  // none: handed out.
  Outcome<kept::PreparedAlert> take();
  // How many there are, and when the oldest was made (0: none).
  struct Stock {
    std::size_t count = 0;
    std::uint64_t oldest_made_s = 0;
  };
  Outcome<Stock> stock() const;
  // Puts a new stock in place of the whole old one (tiers, bundles or age have changed).
  Outcome<void> replace_stock(const std::vector<kept::PreparedAlert>& fresh);

  // This list of ways to its relay in place of older ones, in stock and running: what is pressed next goes by it.
  Outcome<void> use_routes(const Routes& newest);
  // Another number after every change of the file: what a process that waits for a press looks at.
  std::uint64_t version() const;

  // Running alerts, the newest last: kept from before the first byte is sent until they are over.
  Outcome<void> add_running(const kept::RunningAlert& alert);
  Outcome<std::vector<kept::RunningAlert>> running() const;
  // The one with this alert_id, as it is now: other processes change it too. Stored if 'what' returns true.
  Outcome<void> change_running(View alert_id, const std::function<bool(kept::RunningAlert&)>& what);
  Outcome<void> forget_running(View alert_id);

  // The check-in that runs, if one does; kept from before the first byte is sent until it is over.
  Outcome<std::optional<kept::RunningCheckIn>> check_in() const;
  // busy: one runs already.
  Outcome<void> begin_check_in(const kept::RunningCheckIn& check_in);
  // Changes it under the lock, if 'what' says so; sealing fresh copies lies in 'what', so that no step of a chain seals twice.
  Outcome<void> change_check_in(View checkin_id, const std::function<bool(kept::RunningCheckIn&)>& what);
  Outcome<void> forget_check_in(View checkin_id);

 private:
  Outcome<kept::Slot> read() const;
  template <class Change>
  Outcome<void> change(Change what);
  Path path_;
};

}  // namespace vigil::client

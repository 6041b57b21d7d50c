// Showing others where this phone is: what `share start` runs until its end. Coarse before an alert, exact to those whom a
// running alert of one's own wakes, always with an end. Nothing a relay or another person says reaches it. One io_context and
// thread.
#pragma once

#include "client/account.hpp"
#include "client/fix_feed.hpp"
#include "client/screen.hpp"

namespace vigil::client {

class Sharer {
 public:
  // 'every_s': so long from one ping to the next while there are places; see ping_every_s(). 'ask': asks the person whether to go
  // on; false: no.
  Sharer(Account& account, Screen& screen, FixFeed& feed, OwnShare share, std::uint32_t every_s,
         std::function<asio::awaitable<bool>()> ask);
  // Until the share is over; tells everybody that it is.
  asio::awaitable<void> run(asio::any_io_executor executor);
  void stop() { stopped_ = true; }

 private:
  asio::awaitable<void> step();
  asio::awaitable<void> ping(const std::vector<ContactId>& to, View about, bool exact, const std::vector<Fix>& fixes);
  asio::awaitable<void> look_at_alert(const kept::RunningAlert& alert);
  asio::awaitable<bool> goes_on(asio::any_io_executor executor);
  std::optional<kept::RunningAlert> own_alert();

  Account& account_;
  Screen& screen_;
  FixFeed& feed_;
  OwnShare share_;
  std::function<asio::awaitable<bool>()> ask_;
  FixPicker coarse_, exact_;
  Bytes alert_id_;       // of the own alert that runs; empty = none
  Bytes over_alert_id_;  // that a relay said is over
  std::uint32_t every_s_;
  std::uint64_t next_look_s_ = 0;
  std::uint64_t alert_pinged_s_ = 0, share_pinged_s_ = 0;
  bool alert_owed_ = false, share_owed_ = false;
  bool stopped_ = false;
};

// Seconds from one ping to the next: as asked for, and at most a minute in the first hour after 'pressed_s', when an own alert
// began. A ping brings the last twelve fixes, so that a slower one leaves no hole in the trail, and a long night stays cheap on
// thin links.
std::uint32_t ping_every_s(std::uint32_t asked_s, std::uint64_t pressed_s, std::uint64_t now_s);

// Tells everybody of the share, in the normal lane: until when, how exactly, who else sees it; until_s 0 = it has ended.
asio::awaitable<void> tell_share(Account& account, const OwnShare& share, bool ended);

}  // namespace vigil::client

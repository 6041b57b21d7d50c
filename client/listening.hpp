// `listen`, and what `card` and `meet` do while they wait: one owner's link per relay, reconnected for ever; deliveries opened,
// shown and acknowledged; receipts and the outbox sent; states watched; keys and prepared alerts kept fresh. Everything on one
// io_context and thread.
//
// Each task is a loop of its own that waits on its own timer and never throws; a failing container ends run() with its fault.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <set>

#include "client/account.hpp"
#include "client/checkin.hpp"
#include "client/inbox.hpp"
#include "client/screen.hpp"
#include "client/screen_model.hpp"

namespace vigil::client {

struct ListenOptions {
  std::string on_alert{};                     // a command to start at every ring; nothing of the alert reaches it
  FixOptions fixes{};                         // where this phone is: keeps an own check-in's last places fresh
  std::uint64_t dark_after_s = watch_dark_s;  // a relay that keeps watch and is not heard for so long
  bool watch = true;                          // show alerts that were waiting, ring until a key is pressed
};

class Listening {
 public:
  Listening(asio::any_io_executor executor, Account& account, Screen& screen, ListenOptions options);
  ~Listening();

  // Until stop(). The fault when the container failed (then nothing that was not kept has been acknowledged). locked_by_press: an
  // alert of one's own was pressed, here or by another process, after run() began: whoever called ends the io_context and closes
  // the account now; tasks may still be waiting on it.
  asio::awaitable<Outcome<void>> run();
  void stop();
  // A person has pressed a key: what rings is seen.
  void key_pressed();

  // For a screen: when a relay was heard last, by this device's clock; 0 = not yet. Whether something rings. When the relay of
  // this vigil wakes people again.
  std::uint64_t heard_s() const { return heard_s_; }
  bool ringing() const { return !ringing_.empty(); }
  Rounds rounds_of(View root) const;

 private:
  asio::awaitable<void> guarded(asio::awaitable<void> task);
  asio::awaitable<void> hold_link(PublicKey root);
  asio::awaitable<void> read_link(OwnerLink& link, const Relay& relay);
  asio::awaitable<void> watch_press();
  asio::awaitable<void> send_outbox();
  asio::awaitable<void> send_receipts();
  asio::awaitable<void> watch_states();
  asio::awaitable<void> look_at_own();
  asio::awaitable<void> watch_undelivered();
  asio::awaitable<void> answer_elsewhere();
  asio::awaitable<void> ring();
  asio::awaitable<void> keep_fresh();
  asio::awaitable<void> keep_people();
  asio::awaitable<void> keep_check_in();
  asio::awaitable<void> watch_relays();
  asio::awaitable<void> pause(std::chrono::milliseconds for_so_long);

  void take(const PublicKey& root, const wire::Delivery& delivery);
  void show_waiting();
  void say_empty_tiers();
  void start_command();
  void note_clock(const Greeted& greeted, const PublicKey& root);

  asio::any_io_executor executor_;
  Account& account_;
  Screen& screen_;
  ListenOptions options_;
  InboxReader reader_;
  bool stopped_ = false;
  std::optional<Fault> failed_;
  std::set<OwnerLink*> links_;
  std::set<asio::steady_timer*> timers_;
  std::map<Bytes, AlertView> shown_;        // by alert: the state last shown
  std::map<Bytes, std::uint64_t> ringing_;  // alert and since when
  std::uint64_t heard_s_ = 0;
  std::map<PublicKey, std::uint64_t> heard_root_s_;  // relays, when they were last heard
  std::set<PublicKey> up_;                           // that are listened to right now
  std::unique_ptr<FixFeed> feed_;
  std::chrono::steady_clock::time_point last_delivery_{};
  std::size_t ready_ = 0;
  bool clock_said_ = false;
  bool people_changed_ = true;                   // alerts, plans and keys may have to be made anew
  std::vector<std::uint32_t> empty_tiers_said_;  // and nobody needs to hear it twice
  struct Told {
    std::int64_t ahead_s = 0;  // this device's clock, of the relay's
    Rounds rounds;
  };
  std::map<PublicKey, Told> told_;  // by root: what the newest greeting said
  std::size_t tasks_ = 0;
};

}  // namespace vigil::client

// Two tasks of `listen`: keeping one's own check-in (look, fresh places, reminders), and saying when nobody keeps watch over
// those of others.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "client/clock.hpp"
#include "client/listening.hpp"
#include "client/words/words.hpp"

namespace vigil::client {

asio::awaitable<void> Listening::keep_check_in() {
  CheckInKeeper keeper(account_.home, screen_, feed_.get());
  while (!stopped_) {
    const bool runs = co_await keeper.step();
    (void)runs;
    co_await pause(std::chrono::milliseconds(1'000));
  }
}

asio::awaitable<void> Listening::watch_relays() {
  const std::uint64_t since_s = wall_s();
  std::size_t said = 0;
  while (!stopped_) {
    const std::uint64_t now_s = wall_s();
    for (const PublicKey& root : up_) heard_root_s_[root] = now_s;
    const std::size_t people = people_unwatched(account_.watches.all(), heard_root_s_, since_s, now_s, options_.dark_after_s);
    if (people != said) {
      screen_.event(JsonLine("nobody_watches", now_s).number("people", static_cast<std::int64_t>(people)));
      if (people == 0) {
        screen_.say_now(words().watch_is_kept_again());
      } else {
        screen_.loud_now(words().nobody_keeps_watch(people));
        screen_.ring();
      }
      said = people;
    }
    co_await pause(std::chrono::milliseconds(1'000));
  }
}

}  // namespace vigil::client

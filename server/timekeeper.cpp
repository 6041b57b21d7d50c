// The timekeeper's one loop.
#include "server/timekeeper.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/log.hpp"

namespace vigil::server {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
constexpr milliseconds breath{10};         // between two releases, while very much is due
constexpr milliseconds look_again{50};     // while the second that is due has not quite come
constexpr std::uint32_t in_vain_max = 12;  // 4 s in all: no two clocks of this process differ by so much
constexpr milliseconds retry{250};         // after a store that could not
constexpr milliseconds retry_max{1000};
// The store's time may be ahead of ours, when the clock was set back while the relay was down: it is asked so often anyway.
constexpr milliseconds long_sleep{30'000};

}  // namespace

Timekeeper::Timekeeper(asio::io_context& context, storage::Store& store, const storage::Clock& clock, Counters& counters)
    : context_(context),
      store_(store),
      clock_(clock),
      counters_(counters),
      started_s_(clock.wall_s()),
      started_ms_(clock.monotonic_ms()),
      timer_(context) {}

void Timekeeper::next_due(storage::Instant due) noexcept {
  asio::post(context_, [this, due] {
    due_ = due;
    ++heard_;
    timer_.cancel();
  });
}

void Timekeeper::stop() {
  stopping_ = true;
  timer_.cancel();
}

asio::awaitable<void> Timekeeper::sleep(milliseconds time) {
  timer_.expires_after(time);
  co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Timekeeper::run() {
  ask_anyway_ms_ = clock_.monotonic_ms() + static_cast<std::uint64_t>(long_sleep.count());
  while (!stopping_) {
    const storage::Instant now = now_s();
    if ((due_ && *due_ <= now) || clock_.monotonic_ms() >= ask_anyway_ms_) {
      co_await release();
      continue;
    }
    // Whole seconds: aim one short of it, then look every 50 ms.
    milliseconds time = long_sleep;
    if (due_ && *due_ - now <= 30) time = std::max(look_again, milliseconds((*due_ - now - 1) * 1000));
    co_await sleep(time);
  }
}

asio::awaitable<void> Timekeeper::release() {
  const storage::Instant asked = now_s();
  const std::uint64_t heard = heard_;
  storage::ReleaseDue write;
  const storage::Outcome outcome = co_await storage::apply(store_, write);
  if (stopping_) co_return;
  if (outcome.status != wire::DONE) {
    ++failed_;
    if (failed_ == 1 || failed_ % 60 == 0) say(Say::release_retried, failed_);
    co_await sleep(std::min(retry_max, retry * failed_));
    co_return;
  }
  failed_ = 0;
  ask_anyway_ms_ = clock_.monotonic_ms() + static_cast<std::uint64_t>(long_sleep.count());
  if (!due_ || *due_ > asked) {
    if (heard_ != heard) counters_.releases.add();
    in_vain_ = 0;
    co_await sleep(breath);
    co_return;
  }
  // Still due: the store's second has not quite come, or its last vigil has gone and it has nothing more to say. Wait longer each
  // time.
  ++in_vain_;
  if (in_vain_ >= in_vain_max && heard_ == heard) due_.reset();
  co_await sleep(breath + look_again * std::min(in_vain_, in_vain_max));
}

}  // namespace vigil::server

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
constexpr milliseconds look_again{50};     // longer each time the moment that is due has not quite come by the store's clock
constexpr std::uint32_t in_vain_max = 12;  // over 3 s in all: no two clocks of this process differ by so much
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
      started_wall_ms_(clock.wall_ms()),
      started_ms_(clock.monotonic_ms()),
      timer_(context) {}

void Timekeeper::next_due(std::uint64_t due_ms) noexcept {
  asio::post(context_, [this, due_ms] {
    due_ms_ = due_ms;
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
    const std::uint64_t now = now_ms();
    if ((due_ms_ && *due_ms_ <= now) || clock_.monotonic_ms() >= ask_anyway_ms_) {
      co_await release();
      continue;
    }
    const std::uint64_t left = due_ms_ ? *due_ms_ - now : ~std::uint64_t{0};
    co_await sleep(milliseconds(std::min(left, static_cast<std::uint64_t>(long_sleep.count()))));
  }
}

asio::awaitable<void> Timekeeper::release() {
  const std::uint64_t asked = now_ms();
  const std::uint64_t due = std::min(due_ms_.value_or(asked), asked);
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
  if (!due_ms_ || *due_ms_ > asked) {
    if (heard_ != heard) {
      counters_.releases.add();
      counters_.release_times.add(milliseconds(now_ms() - due));
    }
    in_vain_ = 0;
    co_await sleep(breath);
    co_return;
  }
  // Still due: the store's moment has not quite come, mostly by a millisecond, or its last vigil has gone and it has nothing more
  // to say. A breath first, then longer each time.
  const std::uint32_t before = std::min(in_vain_++, in_vain_max);
  if (in_vain_ >= in_vain_max && heard_ == heard) due_ms_.reset();
  co_await sleep(breath + look_again * before);
}

}  // namespace vigil::server

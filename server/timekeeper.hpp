// Wakes the store when a vigil is due. Used by serve, on the main thread's io_context.
// It sleeps until the moment the store has named, asks it to release what is due, and asks again when the store could not.
// It knows no vigil: what is due, and by which clock, is the store's to say.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "server/counters.hpp"
#include "storage/store.hpp"

namespace vigil::server {

class Timekeeper {
 public:
  Timekeeper(boost::asio::io_context& context, storage::Store& store, const storage::Clock& clock, Counters& counters);

  // From Observer::next_due, any thread. The latest word is the truth.
  void next_due(std::uint64_t due_ms) noexcept;
  // Until stop(). Never asks the store more than a hundred times a second, however often it says »now«.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  // Wall time at the start plus monotonic time since: a clock that is set releases nothing early or late.
  std::uint64_t now_ms() const { return started_wall_ms_ + (clock_.monotonic_ms() - started_ms_); }
  boost::asio::awaitable<void> release();
  boost::asio::awaitable<void> sleep(std::chrono::milliseconds time);

  boost::asio::io_context& context_;
  storage::Store& store_;
  const storage::Clock& clock_;
  Counters& counters_;
  const std::uint64_t started_wall_ms_;
  const std::uint64_t started_ms_;
  boost::asio::steady_timer timer_;
  std::optional<std::uint64_t> due_ms_;
  std::uint64_t heard_ = 0;  // how often the store has said something
  std::uint64_t ask_anyway_ms_ = 0;
  std::uint32_t failed_ = 0, in_vain_ = 0;
  bool stopping_ = false;
};

}  // namespace vigil::server

// Several routes to one relay, side by side: the next starts after a silence, or at once when one fails; the first that completes
// wins and the others are broken off. Used by ask and owner_link only; one io_context and thread.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <functional>

#include "client/socket.hpp"

namespace vigil::client {

// Of several faults the one that tells people most: somebody in between before a wrong relay before silence.
Fault most_telling(const std::vector<Fault>& faults);

template <class T>
struct Raced {
  T won;
  std::size_t route;
};

// What the attempts of one race share. It outlives the race when a broken-off attempt still waits for the system's name lookup.
template <class T>
struct RaceState {
  explicit RaceState(const asio::any_io_executor& executor) : news(executor) {}
  asio::steady_timer news;
  std::deque<asio::cancellation_signal> running;
  std::vector<Fault> failed;
  std::optional<Raced<T>> winner;
};

template <class T>
struct RaceGuard {
  std::shared_ptr<RaceState<T>> state;
  ~RaceGuard() {
    for (asio::cancellation_signal& one : state->running) one.emit(asio::cancellation_type::terminal);
  }
};

template <class T>
using Attempt = std::function<asio::awaitable<Outcome<T>>(Route)>;

// 'T' is default constructible and movable.
template <class T>
asio::awaitable<Outcome<Raced<T>>> race(std::vector<Route> routes, std::chrono::milliseconds silence, Attempt<T> attempt) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<RaceState<T>>(executor);
  const RaceGuard<T> guard{state};
  auto next_start = std::chrono::steady_clock::now();
  while (!state->winner && state->failed.size() < routes.size()) {
    const bool more = state->running.size() < routes.size();
    const bool all_failed = state->failed.size() == state->running.size();
    if (more && (all_failed || std::chrono::steady_clock::now() >= next_start)) {
      const std::size_t index = state->running.size();
      asio::cancellation_signal& signal = state->running.emplace_back();
      auto finished = [state, index](const std::exception_ptr& thrown, Outcome<T> result) {
        if (thrown) result = std::unexpected(Fault::stopped);
        if (result && !state->winner) state->winner = Raced<T>{std::move(*result), index};
        if (!result) state->failed.push_back(result.error());
        state->news.cancel();
      };
      next_start = std::chrono::steady_clock::now() + silence;
      asio::co_spawn(executor, attempt(routes[index]), asio::bind_cancellation_slot(signal.slot(), std::move(finished)));
      continue;
    }
    state->news.expires_at(more ? next_start : std::chrono::steady_clock::time_point::max());
    [[maybe_unused]] const auto [woken] = co_await state->news.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (state->winner) co_return std::move(*state->winner);
  co_return std::unexpected(most_telling(state->failed));
}

}  // namespace vigil::client

#include "client/wait.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vigil::client {

namespace asio = boost::asio;

asio::awaitable<void> wait_a_while(std::chrono::milliseconds for_so_long) {
  asio::steady_timer timer(co_await asio::this_coro::executor, for_so_long);
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  (void)error;
}

}  // namespace vigil::client

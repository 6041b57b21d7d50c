// A pause in a coroutine. Everything in client/ that looks again and again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace vigil::client {

// Ends early when the executor's task is cancelled.
boost::asio::awaitable<void> wait_a_while(std::chrono::milliseconds for_so_long);

}  // namespace vigil::client

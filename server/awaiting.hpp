// How this room waits: `const auto [error, bytes] = co_await stream.async_read_some(buffer, as_result);`. Errors are values; the
// operation is started by the awaiting coroutine itself, without a coroutine of its own (that is what asio::deferred saves over
// use_awaitable).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

namespace vigil::server {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;

inline constexpr asio::as_tuple_t<asio::deferred_t> as_result{asio::deferred};

}  // namespace vigil::server

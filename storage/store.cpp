// The coroutine form of the seam's two asynchronous verbs.
#include "storage/store.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vigil::storage {}

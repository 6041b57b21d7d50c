// JSON for the console's lines and for --json: Boost.JSON under one name. Used by console, invite and status.
#pragma once

#include <boost/json.hpp>

namespace vigil::server {
namespace json = boost::json;
}

// `vigild setup`: three questions, then a relay. Whatever a flag answers is not asked; without a terminal flags answer
// everything. Used by its command only.
#pragma once

#include <iosfwd>
#include <string>

#include "server/init.hpp"

namespace vigil::server {

struct SetupOrder {
  InitOrder init;
  std::string strangers_see;  // "page", a folder, or "127.0.0.1:8080"; empty: ask
  bool yes = false;           // asks nothing: defaults, and warnings are only told
};

// Asks on 'in' and 'out', when 'asks' (somebody is there to answer); makes the relay; tells what to do next. An exit code.
int setup(SetupOrder order, std::istream& in, std::ostream& out, bool asks, std::uint64_t now_s);

// What a host name gives away to everybody who watches the network; nothing: nothing that is known.
std::optional<std::string> telling_word(const std::string& host);

}  // namespace vigil::server

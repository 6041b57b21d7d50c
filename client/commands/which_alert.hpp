// Which alert a responder means: the only one that is going on, or the one whose id starts with what was typed.
#pragma once

#include "client/commands/command.hpp"

namespace vigil::client::commands {

// Throws Stop: none, more than one, over.
AlertState which_alert(Account& account, const std::string& typed);

// A capability request at every vigil of this alert where this person has a place; the first answer that is not a refusal, and
// what all said. Throws Stop when no relay was reached.
struct AskedVigils {
  std::vector<std::pair<record::VigilRecord, wire::Answer>> answers;
};
asio::awaitable<AskedVigils> ask_vigils(Account& account, AlertState& alert,
                                        const std::function<wire::Request(record::VigilRecord&)>& make_request);

}  // namespace vigil::client::commands

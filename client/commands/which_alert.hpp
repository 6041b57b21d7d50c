// Which alert a responder means: the only one that is going on, or the one whose id starts with what was typed.
#pragma once

#include "client/commands/command.hpp"

namespace vigil::client::commands {

// Throws Stop: none, more than one, over.
AlertState which_alert(Account& account, const std::string& typed);

// A vigil as it was when the request went, and what its relay said.
using AskedVigils = std::vector<std::pair<record::VigilRecord, wire::Answer>>;

// A capability request at every vigil of this alert where this person has a place. What 'make_request' changes in the vigil is
// stored before anything is sent. Throws Stop when no relay was reached.
asio::awaitable<AskedVigils> ask_vigils(Account& account, Bytes alert_id,
                                        const std::function<wire::Request(record::VigilRecord&)>& make_request);

}  // namespace vigil::client::commands

// Which alert a responder means: the only one that is going on, or the one whose id starts with what was typed.
#pragma once

#include "client/commands/command.hpp"

namespace vigil::client::commands {

// Throws Stop: none, more than one, over.
AlertState which_alert(Account& account, const std::string& typed);

struct AskedVigils {
  // A vigil as it was when the request went, and what its relay said.
  std::vector<std::pair<record::VigilRecord, wire::Answer>> answers;
  // Relays that did not answer while the person waited.
  struct Unreached {
    Routes routes;
    VigilId vigil;
    wire::Request request;
  };
  std::vector<Unreached> unreached;
};

// A capability request at every vigil of this alert where this person has a place, at all relays at once: one that is dark holds
// up nobody for more than a moment. What 'make_request' changes in the vigil is stored before anything is sent.
asio::awaitable<AskedVigils> ask_vigils(Account& account, Bytes alert_id,
                                        const std::function<wire::Request(record::VigilRecord&)>& make_request);

}  // namespace vigil::client::commands

// The edge: what a relay sends becomes a checked value here or ends the link. Pure. Used by ask and owner_link only.
#pragma once

#include "client/fault.hpp"
#include "proto/ids.hpp"
#include "proto/wire.pb.h"

namespace vigil::client {

// Whether it is an answer of this protocol to a request of this kind: a known status, details of the right kind and lengths. What
// may be shown to people ('why') is cut and made printable.
bool check_answer(const wire::Request& request, wire::Answer& answer);

// Every length and enum of a delivery, and the number after 'last_number'.
bool check_delivery(const wire::Delivery& delivery, std::uint64_t last_number);

// The greeting of this relay: version, certificate by 'root', signature over exporter and challenge. wrong_greeting,
// not_this_protocol.
Outcome<void> check_greeting(const wire::Greeting& greeting, const PublicKey& root, const Exporter& exporter);

}  // namespace vigil::client

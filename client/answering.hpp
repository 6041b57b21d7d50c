// The steps of the own answer chain: "I am answering" and "I give it back", one step each, never shown twice. Used by the
// commands and by listening. One thread, the account's.
#pragma once

#include "client/account.hpp"
#include "client/alert_state.hpp"
#include "proto/wire.pb.h"

namespace vigil::client {

// The request that shows the next step at this vigil, and notes the step in 'vigil': store that before it is sent. Nothing: the
// chain has been used up. Throws Failed (damaged) for a record without its secret.
std::optional<wire::Request> next_step(record::VigilRecord& vigil, bool answers);

// Vigils of this alert at which this device's owner is not known to be answering although she is at another: an alert goes over
// all relays of a plan, and so does its answer. By vigil id.
std::vector<Bytes> answer_missing(const AlertState& alert, std::uint64_t now_s);

// The routes to a relay of this alert by its root: one's own, or those of the person it is about. Nothing: not known any more.
std::optional<Routes> routes_to(Account& account, const AlertState& alert, View root);

}  // namespace vigil::client

// What an answer of the relay means and what it asks of the client. One enum for the whole house: wire.Status.
// Expected failures are values: Result<T> holds a T or the Status that says why there is none.
#pragma once

#include <expected>
#include <string_view>

#include "proto/wire.pb.h"

namespace vigil {

using wire::Status;

template <class T>
using Result = std::expected<T, Status>;

enum class NextStep {
  none,         // it is done
  retry_soon,   // nothing happened: ask again after retry_after_s, over another route if there is one
  ask_again,    // it may have happened: the same request with the same id
  try_for_2_h,  // the address does not take it: keep the copy, every 10 minutes for 2 hours, then say so
  show_ended,   // the vigil is over
  fix_client,   // our bug or another version: say so, never loop
  look_each,    // see Answer.each, or send the missing parts
};

// One line of meaning each. For people's screens the client has its own words.
constexpr std::string_view meaning(Status status) {
  switch (status) {
    case wire::STATUS_UNSET:
      return "no status: not an answer of this protocol";
    case wire::DONE:
      return "done, and durable";
    case wire::REFUSED:
      return "this address, secret or invite is not accepted (unknown, withdrawn, used: one answer for all)";
    case wire::FULL:
      return "the room of this address is full until its reader fetches";
    case wire::ENDED:
      return "this vigil has ended";
    case wire::INVALID:
      return "the request breaks the protocol: see 'why'";
    case wire::TOO_LARGE:
      return "larger than this relay's limits";
    case wire::NOT_PROVED:
      return "needs proof of ownership on this connection first";
    case wire::WRONG_ROLE:
      return "a connection is an owner's or a sender's, never both: use another one";
    case wire::SLOW_DOWN:
      return "too fast: again after retry_after_s";
    case wire::UNAVAILABLE:
      return "the relay could not store it; nothing happened; again after retry_after_s";
    case wire::UNKNOWN:
      return "the relay does not know whether it is durable: ask again with the same id";
    case wire::CONFLICT:
      return "an id was used for something else";
    case wire::UNSUPPORTED:
      return "this relay does not know this version or request";
    case wire::PARTIAL:
      return "not all of it: see 'each', or send the missing parts";
    case wire::Status_INT_MIN_SENTINEL_DO_NOT_USE_:
    case wire::Status_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "not a status";
}

constexpr NextStep next_step(Status status) {
  switch (status) {
    case wire::DONE:
      return NextStep::none;
    case wire::REFUSED:
    case wire::FULL:
      return NextStep::try_for_2_h;
    case wire::ENDED:
      return NextStep::show_ended;
    case wire::SLOW_DOWN:
    case wire::UNAVAILABLE:
      return NextStep::retry_soon;
    case wire::UNKNOWN:
      return NextStep::ask_again;
    case wire::PARTIAL:
      return NextStep::look_each;
    case wire::STATUS_UNSET:
    case wire::INVALID:
    case wire::TOO_LARGE:
    case wire::NOT_PROVED:
    case wire::WRONG_ROLE:
    case wire::CONFLICT:
    case wire::UNSUPPORTED:
    case wire::Status_INT_MIN_SENTINEL_DO_NOT_USE_:
    case wire::Status_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return NextStep::fix_client;
}

}  // namespace vigil

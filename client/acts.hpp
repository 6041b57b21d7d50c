// What an act in a vigil's record says: whether it is an answer, and until when it counts. Used by the two halves of AlertState
// and by answering. Pure.
#pragma once

#include "client/alert_record.pb.h"

namespace vigil::client {

inline bool answers(const record::ActRecord& act) {
  return act.step() % 2 == 1;
}

inline std::uint64_t end_of(const record::ActRecord& act) {
  return act.from_s() + act.lease_s();
}

}  // namespace vigil::client

// The numbers of `vigild status`, gathered from a running relay. Used by serve; any thread.
#pragma once

#include "server/counters.hpp"
#include "server/relay.hpp"
#include "server/status.hpp"
#include "storage/store.hpp"

namespace vigil::server {

StatusNumbers status_numbers(const storage::Store& store, const Counters& counters, const Serving& serving,
                             storage::Instant now_s, storage::Instant started_s);

}  // namespace vigil::server

// The numbers of `vigild status` and of the metrics, gathered from a running relay. Used by serve; any thread.
#pragma once

#include "server/backup.hpp"
#include "server/canary.hpp"
#include "server/counters.hpp"
#include "server/metrics_page.hpp"
#include "server/relay.hpp"
#include "server/status.hpp"
#include "storage/store.hpp"

namespace vigil::server {

// What is known of the relay beside its store and its counters.
struct Beside {
  storage::Instant now_s = 0, started_s = 0;
  CanarySeen canary;
  BackupSeen backup;
};
StatusNumbers status_numbers(const storage::Store& store, const Counters& counters, const Serving& serving, const Beside& beside);
// The same and the durations, for metrics.
Measured measure(const Relay& relay, const Beside& beside);

}  // namespace vigil::server

#include "server/pulse.hpp"

namespace vigil::server {

Pulse::Pulse(storage::Store& store, std::vector<Executor> shards) : store_(store), shards_(std::move(shards)) {
  for (std::size_t i = 0; i < shards_.size(); ++i) asked_.emplace_back(Asked::waiting);
  for (std::size_t i = 0; i < shards_.size(); ++i) ask(i);
}

bool Pulse::beat() {
  bool alive = true;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const Asked state = asked_[i];
    alive = alive && state == Asked::answered;
    // A full inbox turned it away without the committer: that says nothing, so it is asked again.
    if (state == Asked::turned_away) ask(i);
  }
  if (alive)
    for (std::size_t i = 0; i < shards_.size(); ++i) ask(i);
  return alive;
}

void Pulse::ask(std::size_t shard) {
  asked_[shard] = Asked::waiting;
  store_.submit(storage::ReleaseDue{}, shards_[shard], *this, shard);
}

// A disk that takes nothing is no reason to be killed: whoever answers, answers.
void Pulse::done(std::uint64_t tag, storage::Outcome outcome) {
  asked_[tag] = outcome.status == wire::SLOW_DOWN ? Asked::turned_away : Asked::answered;
}

}  // namespace vigil::server

// What the `vigil` command says with its exit code. Scripts and the journeys rely on it; `vigil --help` prints the same table.
#pragma once

namespace vigil::client {

enum class Exit : int {
  done = 0,       // done; for `alert`: the sealed alert is on at least one relay
  usage = 1,      // the command was not understood; nothing happened
  not_sent = 2,   // NOT SENT YET: kept in the outbox; `vigil listen` and every later command try again
  wrong_pin = 3,  // this PIN opens nothing here
  refused = 4,    // the relay or the person cannot be reached that way: used invite, old card, withdrawn address, not accepted
  profile = 5,    // no profile here, or it is damaged, or another process is using it
  no_route = 6,   // no relay answered and nothing was kept, because this command cannot be done later
  not_confirmed = 7,  // the three words differ, or a question was answered with no
  somebody_else = 8,  // `answer`: somebody else is answering already
  ended = 9,          // this alert is over
  failed = 10,        // anything else; the sentence on the screen says what
  not_ready = 11,     // `ready`, `plan check`: something is missing; each red line says what to do
};

}  // namespace vigil::client

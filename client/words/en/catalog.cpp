// English: its topics, one file each, made one. Nothing here runs: it is data of the program.
#include "client/words/catalogs.hpp"
#include "client/words/en/alert.hpp"
#include "client/words/en/consent.hpp"
#include "client/words/en/listening.hpp"
#include "client/words/en/people.hpp"
#include "client/words/en/ready.hpp"
#include "client/words/en/screen.hpp"
#include "client/words/en/state.hpp"
#include "client/words/en/timeline.hpp"
#include "client/words/en/trouble.hpp"
#include "client/words/en/units.hpp"
#include "client/words/en/watch.hpp"

namespace vigil::client::catalog::en {

constinit const Words english{units, state, alert, people, consent, ready, watch, screen, timeline, listening, trouble};

}  // namespace vigil::client::catalog::en

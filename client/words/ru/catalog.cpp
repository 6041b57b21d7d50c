// Russian: its topics, one file each, made one. Nothing here runs: it is data of the program.
#include "client/words/catalogs.hpp"
#include "client/words/ru/alert.hpp"
#include "client/words/ru/consent.hpp"
#include "client/words/ru/listening.hpp"
#include "client/words/ru/people.hpp"
#include "client/words/ru/ready.hpp"
#include "client/words/ru/screen.hpp"
#include "client/words/ru/state.hpp"
#include "client/words/ru/timeline.hpp"
#include "client/words/ru/trouble.hpp"
#include "client/words/ru/units.hpp"
#include "client/words/ru/watch.hpp"

namespace vigil::client::catalog::ru {

constinit const Words russian{units, state, alert, people, consent, ready, watch, screen, timeline, listening, trouble};

}  // namespace vigil::client::catalog::ru

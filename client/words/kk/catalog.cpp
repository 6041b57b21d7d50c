// Kazakh in Cyrillic letters: its topics, one file each, made one. Nothing here runs: it is data of the program.
#include "client/words/catalogs.hpp"
#include "client/words/kk/alert.hpp"
#include "client/words/kk/consent.hpp"
#include "client/words/kk/listening.hpp"
#include "client/words/kk/people.hpp"
#include "client/words/kk/ready.hpp"
#include "client/words/kk/screen.hpp"
#include "client/words/kk/state.hpp"
#include "client/words/kk/timeline.hpp"
#include "client/words/kk/trouble.hpp"
#include "client/words/kk/units.hpp"
#include "client/words/kk/watch.hpp"

namespace vigil::client::catalog::kk {

constinit const Words kazakh{units, state, alert, people, consent, ready, watch, screen, timeline, listening, trouble};

}  // namespace vigil::client::catalog::kk

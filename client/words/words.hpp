// Every sentence that people read, in the language in use: words().all_clear(). No other file of client/ holds a sentence for a
// screen. The topics say what there is to say, client/words/en/ and its neighbours how each language says it. Any thread.
//
// Rules for every language. The states of an alert are those of the design, word for word. Never *taken, held, released, stored*:
// to these readers they mean arrest and prison. Names are printable already (printable.hpp). A sentence is whole: none is glued
// from halves, because another language puts them elsewhere.
#pragma once

#include "client/words/alert.hpp"
#include "client/words/consent.hpp"
#include "client/words/listening.hpp"
#include "client/words/people.hpp"
#include "client/words/ready.hpp"
#include "client/words/screen.hpp"
#include "client/words/state.hpp"
#include "client/words/timeline.hpp"
#include "client/words/trouble.hpp"
#include "client/words/units.hpp"
#include "client/words/watch.hpp"

namespace vigil::client {

namespace catalog {
struct Words : UnitWords,
               StateWords,
               AlertWords,
               PeopleWords,
               ConsentWords,
               ReadyWords,
               WatchWords,
               ScreenWords,
               TimelineWords,
               ListeningWords,
               TroubleWords {};
}  // namespace catalog

const catalog::Words& words();
// Those of JSON lines outside their "words": always English, so that no script depends on a language.
const catalog::Words& words_for_scripts();

}  // namespace vigil::client

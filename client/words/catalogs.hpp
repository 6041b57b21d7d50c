// The catalogs that this program has, one folder and namespace a language. Used by language.cpp and by the catalogs only.
//
// Another language: copy en/ to its code, say 'xx', write its namespace catalog::xx and its sentences, declare its whole below,
// and give language.hpp its code and language.cpp its line (with its rule of numbers, plural.hpp), people.cmake its catalog.cpp.
#pragma once

#include "client/words/words.hpp"

namespace vigil::client::catalog::en {
extern constinit const Words english;
}
namespace vigil::client::catalog::ru {
extern constinit const Words russian;
}
namespace vigil::client::catalog::kk {
extern constinit const Words kazakh;
}

// The catalogs that this program has, one namespace a language. Used by language.cpp and by the catalogs only.
#pragma once

#include "client/words/words.hpp"

namespace vigil::client::catalog::en {
extern constinit const Words english;
}

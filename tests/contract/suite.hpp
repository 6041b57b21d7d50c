// What every file of the contract suite uses. Tests only.
#pragma once

#include <catch2/catch.hpp>

#include "tests/contract/people.hpp"
#include "tests/contract/store_under_test.hpp"

namespace vigil::storage::testing {

inline Status status_of(World& world, Write write) {
  return world.driver().apply(std::move(write)).status;
}

using Texts = std::vector<std::string>;

inline Texts waiting(World& world, const Person& who) {
  return texts_of(world.driver().list(who.mailbox));
}
inline Texts waiting(World& world, const Person& who, Lane lane) {
  return texts_of(world.driver().list(who.mailbox, lane));
}

}  // namespace vigil::storage::testing

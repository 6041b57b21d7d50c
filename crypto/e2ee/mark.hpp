// A mark in every object file of this room, forced into each of its sources by CMakeLists.txt: it survives stripping and the
// linker's sweeping, so that tests/tidy/link_map.py can tell from any binary whether end-to-end code was linked into it.
#pragma once

namespace vigil::e2ee {
namespace {
[[gnu::used, gnu::retain]] constexpr char room_mark[] = "Vigil end-to-end room: never part of a relay";
}
}  // namespace vigil::e2ee

// `vigild destroy`: nothing is left for an intruder to find on this relay's disk. Used by main.
#pragma once

#include <filesystem>

namespace vigil::server {

struct DestroyOrder {
  bool everything = false;  // the relay's own keys and configuration, too
  bool yes = false;         // does not ask
};
// Makes the store unreadable for everybody and for good, then removes its files; a running relay dies with it.
int destroy(const std::filesystem::path& config, const DestroyOrder& order);

}  // namespace vigil::server

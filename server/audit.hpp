// `vigild audit`: what an intruder finds on this relay's disk. Used by main.
#pragma once

#include <filesystem>

namespace vigil::server {

struct AuditOrder {
  bool json = false;
  bool find = false;       // only search: for what is given on standard input, one text a line
  int passphrase_fd = -1;  // as for serve
};
// Leaves marks with the running relay, finds them on its disk, waits until one has expired, has the others forgotten, waits as
// long as the relay promises each time, and searches again: every file, raw and through the keys that lie beside it. Prints what
// it saw. Returns an exit code; exit_found when something is still there that should be gone, or was never found.
int audit(const std::filesystem::path& config, const AuditOrder& order);

}  // namespace vigil::server

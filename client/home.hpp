// Where a member's files lie on this device: `--home DIR`, else $VIGIL_HOME, else ~/.local/share/vigil. Names of files, nothing
// else.
#pragma once

#include "client/files.hpp"

namespace vigil::client {

class Home {
 public:
  // 'flag' = what --home said, or empty. Makes the folder (0700) when it is not there.
  static Outcome<Home> find(const Path& flag);

  const Path& folder() const { return folder_; }
  Path profile() const { return folder_ / "profile"; }  // two slots, opened by a PIN
  Path container(unsigned which) const { return folder_ / (which == 0 ? "container.a" : "container.b"); }
  Path send_slot() const { return folder_ / "send.slot"; }  // needs no PIN
  Path outbox() const { return folder_ / "outbox"; }        // folder: what is NOT SENT YET
  Path lock() const { return folder_ / "lock"; }            // held by the one that listens
  bool has_profile() const;

 private:
  explicit Home(Path folder) : folder_(std::move(folder)) {}
  Path folder_;
};

}  // namespace vigil::client

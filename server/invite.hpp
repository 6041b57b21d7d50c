// `vigild invite`: asks the running relay to keep the hashes of fresh rights, then prints the invites. Used by main.
#pragma once

#include <filesystem>
#include <string>

#include "proto/ids.hpp"
#include "proto/wire.pb.h"

namespace vigil::server {

struct InviteOrder {
  unsigned count = 1, days = 7;
  bool qr = false, json = false;
};

// Prints to standard output; returns an exit code (exit_codes.hpp). Nothing is printed that the relay has not durably accepted.
int print_invites(const std::filesystem::path& config, const InviteOrder& order, std::uint64_t now_s);

// "vigil:join:" and base64url of the invite.
std::string invite_text(const wire::RouteList& routes, const PublicKey& root, const Secret& right, std::uint64_t not_after_s);
// The text as a QR code in half-block characters, dark on light, with its quiet zone; empty if it is too long for one.
std::string qr_code(const std::string& text);

}  // namespace vigil::server

// The id of a vigil: a hash of everything that decides who may act on it. Used by relay (checks) and client (makes). Any thread.
#pragma once

#include "proto/ids.hpp"
#include "proto/wire.pb.h"

namespace vigil {

// H("vigil vigil", be32 kind | hurry_hash | refresh_hash | E | R | A | nonce), seven parts, each framed as in hash.hpp:
// E = the hashes of the endings in order, one after the other (64 bytes or none), R = those of the renewals in the same way,
// A = head and close_hash of every answer in order (64 bytes each). Copies, delays and addresses are not part of it: they are
// refreshed and dropped while the id stays. Lengths are not checked here; the relay refuses wrong ones first.
VigilId vigil_id(const wire::Vigil& vigil);

}  // namespace vigil

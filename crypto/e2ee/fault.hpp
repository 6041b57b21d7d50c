// Why something could not be sealed, opened or verified. Expected on hostile or old input, so values and not exceptions.
// Used by the whole room and by the client; client only, any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "proto/ids.hpp"

namespace vigil::e2ee {

enum class Fault : std::uint8_t {
  malformed,        // not of this protocol: lengths, versions, points, padding
  bad_signature,    // the identity did not sign this
  wrong_identity,   // a bundle of somebody else than the pinned contact
  rolled_back,      // an older bundle than one already seen
  expired,          // a bundle past its not-after
  from_the_future,  // issued more than two days ahead of this phone's clock: look at the clock
  not_trusted,      // not a contact (any more): nothing is sealed to it
  too_large,        // the content does not fit the envelope asked for, or any
  cannot_open,      // not for us, damaged, or its keys are gone: ask for it again
  replay,           // opened before; see OpenFailure.content_id
  wrong_sender,     // sealed by somebody else than the contact of this address, or its parts disagree on who sent it
  wrong_recipient,  // sealed for somebody else and forwarded to us
  not_kept,         // the caller's own keeping failed: nothing has changed, open it again later
};

// One line of meaning for developers and logs; never holds input. People's screens have their own words.
std::string_view meaning(Fault fault);

template <class T>
using Outcome = std::expected<T, Fault>;

}  // namespace vigil::e2ee

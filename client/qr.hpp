// A QR code drawn with half blocks, for cards and invites on a terminal. Client only; pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vigil::client {

// Lines of half blocks, dark on light as scanners want it (colours are set explicitly, so that it works on dark terminals), with
// the quiet zone around it. Nothing when 'text' is too long for a QR code.
std::optional<std::string> draw_qr(std::string_view text);

}  // namespace vigil::client

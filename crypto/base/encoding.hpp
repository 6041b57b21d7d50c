// Text forms of bytes: base64url without padding (RFC 4648, 5) for invites and cards, hex for people and vectors.
#pragma once

#include <string>
#include <string_view>

#include "proto/ids.hpp"

namespace vigil {

std::string base64url(View bytes);
std::optional<Bytes> from_base64url(std::string_view text);  // nothing on any foreign character or impossible length
std::string hex(View bytes);
std::optional<Bytes> from_hex(std::string_view text);

inline View view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view text(View bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace vigil

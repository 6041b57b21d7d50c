// What an item of the outbox is about, so that whoever sends it later can say so: a content, an alert's vigil, or the end of one
// (hers, or a responder's half of it).
// No names.
#pragma once

#include <optional>

#include "proto/ids.hpp"

namespace vigil::client {

enum class AboutKind : std::uint8_t { content = 'c', keep = 'k', end = 'e', hurry = 'h', close = 'x' };
struct About {
  AboutKind kind = AboutKind::content;
  Bytes id;  // content id or vigil id
};

inline Bytes write_about(AboutKind kind, View id) {
  Bytes about{static_cast<std::uint8_t>(kind)};
  about.insert(about.end(), id.begin(), id.end());
  return about;
}
inline std::optional<About> read_about(View about) {
  if (about.size() < 2) return std::nullopt;
  switch (const auto kind = static_cast<AboutKind>(about[0])) {
    case AboutKind::content:
    case AboutKind::keep:
    case AboutKind::end:
    case AboutKind::hurry:
    case AboutKind::close:
      return About{.kind = kind, .id = Bytes(about.begin() + 1, about.end())};
  }
  return std::nullopt;
}

}  // namespace vigil::client

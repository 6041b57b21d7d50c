#include "client/json_events.hpp"

#include <fmt/format.h>

#include "client/printable.hpp"
#include "crypto/base/encoding.hpp"

namespace vigil::client {

namespace {

// Control and invisible characters, so that a terminal that shows a line for scripts does nothing but show it.
std::string escaped(std::uint32_t point) {
  if (point < 0x10000) return fmt::format("\\u{:04x}", point);
  const std::uint32_t rest = point - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
}

}  // namespace

std::string json_string(std::string_view value) {
  std::string out = "\"";
  for (const std::uint32_t point : code_points(value)) {
    switch (point) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (is_hidden(point)) {
          out += escaped(point);
        } else {
          append_utf8(out, point);
        }
    }
  }
  return out + "\"";
}

std::string degrees(std::int32_t e7) {
  const std::int64_t magnitude = e7 < 0 ? -static_cast<std::int64_t>(e7) : e7;
  return fmt::format("{}{}.{:07}", e7 < 0 ? "-" : "", magnitude / 10'000'000, magnitude % 10'000'000);
}

std::string coordinates(std::int32_t latitude_e7, std::int32_t longitude_e7) {
  return fmt::format("{}, {}", degrees(latitude_e7), degrees(longitude_e7));
}

JsonLine::JsonLine(std::string_view event, std::uint64_t at_s)
    : made_(fmt::format("{{\"event\":{},\"at_s\":{}", json_string(event), at_s)) {}

JsonLine& JsonLine::raw(std::string_view key, std::string_view value) {
  made_ += fmt::format(",{}:{}", json_string(key), value);
  return *this;
}
JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  return raw(key, json_string(value));
}
JsonLine& JsonLine::number(std::string_view key, std::int64_t value) {
  return raw(key, fmt::format("{}", value));
}
JsonLine& JsonLine::flag(std::string_view key, bool value) {
  return raw(key, value ? "true" : "false");
}
JsonLine& JsonLine::id(std::string_view key, View bytes) {
  return text(key, hex(bytes));
}

JsonLine& JsonLine::texts(std::string_view key, const std::vector<std::string>& values) {
  std::string list = "[";
  for (const std::string& value : values) {
    if (list.size() > 1) list += ',';
    list += json_string(value);
  }
  return raw(key, list + "]");
}

std::string JsonLine::line() const {
  return made_ + "}";
}

}  // namespace vigil::client

// The responder's screen as lines: model -> render(model, width, height) -> what stands in each row. Client only; pure (no
// terminal, no clock); any thread. Golden files in tests/golden/ hold every state at 80x24 and 40x20.
//
// Order, so that whatever a small screen cuts off matters less than what stays: state, who, where, how old, who answers, next,
// safe; then what waits for a key, the other alerts, what to do, marks, people, news.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/screen_model.hpp"

namespace vigil::client {

enum class Look : std::uint8_t { plain, loud, dim };
struct Line {
  std::string text;
  Look look = Look::plain;
};

// Exactly 'height' lines, none wider than 'width' columns; nothing when either is 0.
std::vector<Line> render(const ScreenModel& model, std::size_t width, std::size_t height);

// Columns of a terminal that 'text' takes (wide and combining characters counted), and its pieces of at most 'width' columns,
// broken at spaces where there are any. Also used for plain exports.
std::size_t columns_of(std::string_view text);
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace vigil::client

// Counted and chunked bodies (ngx_http_parse_chunked).
#include "server/decoy_body.hpp"

#include <algorithm>
#include <cctype>

namespace vigil::server {

std::size_t DecoyBody::skip(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !done() && !broken()) {
    if (state_ == State::counted || state_ == State::data) {
      const std::uint64_t many = std::min<std::uint64_t>(left_, bytes.size() - used);
      used += static_cast<std::size_t>(many);
      left_ -= many;
      if (left_ == 0) state_ = state_ == State::counted ? State::done : State::data_end;
      continue;
    }
    state_ = next(static_cast<unsigned char>(bytes[used++]));
  }
  return used;
}

DecoyBody::State DecoyBody::next(unsigned char byte) {
  switch (state_) {
    case State::size:
      if (std::isxdigit(byte) != 0) {
        if (left_ > (std::uint64_t{1} << 58)) return State::broken;
        left_ = left_ * 16 + static_cast<unsigned>(std::isdigit(byte) != 0 ? byte - '0' : (byte | 0x20) - 'a' + 10);
        any_digit_ = true;
        return State::size;
      }
      if (!any_digit_) return State::broken;
      if (byte == '\r') return State::size_end;
      if (byte == ';' || byte == ' ' || byte == '\t') return State::extension;
      if (byte != '\n') return State::broken;
      return left_ == 0 ? State::trailer : State::data;
    case State::extension:
      if (byte == '\r') return State::size_end;
      if (byte != '\n') return State::extension;
      return left_ == 0 ? State::trailer : State::data;
    case State::size_end:
      if (byte != '\n') return State::broken;
      return left_ == 0 ? State::trailer : State::data;
    case State::data_end:
      any_digit_ = false;
      if (byte == '\r') return State::data_end_feed;
      return byte == '\n' ? State::size : State::broken;
    case State::data_end_feed:
      return byte == '\n' ? State::size : State::broken;
    case State::trailer:
      if (byte == '\r') return State::last_feed;
      return byte == '\n' ? State::done : State::trailer_line;
    case State::trailer_line:
      return byte == '\n' ? State::trailer : State::trailer_line;
    case State::last_feed:
      return byte == '\n' ? State::done : State::broken;
    case State::counted:
    case State::data:
    case State::done:
    case State::broken:
      break;
  }
  return state_;
}

}  // namespace vigil::server

// Reads a request's body past, as nginx discards it. Used by decoy only. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace vigil::server {

class DecoyBody {
 public:
  DecoyBody(std::uint64_t bytes, bool chunked)
      : left_(bytes),
        state_(chunked     ? State::size
               : bytes > 0 ? State::counted
                           : State::done) {}
  // How many of 'bytes' belong to the body. Stops at its end.
  std::size_t skip(std::string_view bytes);
  bool done() const { return state_ == State::done; }
  bool broken() const { return state_ == State::broken; }

 private:
  enum class State {
    counted,
    size,
    extension,
    size_end,
    data,
    data_end,
    data_end_feed,
    trailer,
    trailer_line,
    last_feed,
    done,
    broken
  };
  State next(unsigned char byte);

  std::uint64_t left_;
  State state_;
  bool any_digit_ = false;
};

}  // namespace vigil::server

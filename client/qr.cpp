#include "client/qr.hpp"

#include <qrencode.h>

#include <memory>

namespace vigil::client {

std::optional<std::string> draw_qr(std::string_view text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L),
      QRcode_free);
  if (!code) return std::nullopt;
  constexpr int quiet = 2;
  const int width = code->width;
  const auto dark = [&](int row, int column) {
    if (row < 0 || column < 0 || row >= width || column >= width) return false;
    return (code->data[row * width + column] & 1) != 0;
  };
  std::string out;
  for (int row = -quiet; row < width + quiet; row += 2) {
    out += "\033[30;107m";  // black on bright white, whatever the terminal's theme
    for (int column = -quiet; column < width + quiet; ++column) {
      const bool upper = dark(row, column);
      const bool lower = dark(row + 1, column);
      out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    out += "\033[0m\n";
  }
  return out;
}

}  // namespace vigil::client

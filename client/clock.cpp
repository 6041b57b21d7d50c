#include "client/clock.hpp"

#include <array>
#include <ctime>

#include "client/words/words.hpp"

namespace vigil::client {
namespace {

std::tm local(std::uint64_t at_s) {
  const auto time = static_cast<std::time_t>(at_s);
  std::tm parts{};
  localtime_r(&time, &parts);
  return parts;
}

std::string as(const char* format, const std::tm& parts) {
  std::array<char, 40> out{};
  const std::size_t length = std::strftime(out.data(), out.size(), format, &parts);
  return {out.data(), length};
}

}  // namespace

std::string clock_text(std::uint64_t at_s, std::uint64_t now_s) {
  const std::tm at = local(at_s);
  const std::tm now = local(now_s);
  const bool today = at.tm_year == now.tm_year && at.tm_yday == now.tm_yday;
  std::string clock = as("%H:%M", at);
  if (today) return clock;
  return words().date(static_cast<std::uint32_t>(at.tm_mday), static_cast<std::uint32_t>(at.tm_mon), clock);
}

std::int32_t utc_offset_min(std::uint64_t at_s) {
  return static_cast<std::int32_t>(local(at_s).tm_gmtoff / 60);
}

std::string clock_seconds(std::uint64_t at_s) {
  return as("%H:%M:%S", local(at_s));
}

}  // namespace vigil::client

#include "server/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

namespace vigil::server {
namespace {

// ustar's header, by offset. Numbers are octal digits.
constexpr std::size_t block = 512, name_bytes = 100, mode_at = 100, uid_at = 108, gid_at = 116, size_at = 124, time_at = 136,
                      sum_at = 148, kind_at = 156, magic_at = 257, size_digits = 11, sum_digits = 6;

// The header's bytes with eight blanks where the sum stands.
unsigned sum_of(std::string header) {
  header.replace(sum_at, 8, 8, ' ');
  return std::accumulate(header.begin(), header.end(), 0u,
                         [](unsigned sum, char byte) { return sum + static_cast<unsigned char>(byte); });
}

std::optional<std::size_t> octal(std::string_view digits) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string tar_of(const TarFiles& files) {
  std::string out;
  for (const auto& [name, content] : files) {
    std::string header(block, '\0');
    const auto put = [&header](std::size_t at, std::string_view text) {
      std::ranges::copy(text, header.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, std::string_view(name).substr(0, name_bytes - 1));
    put(mode_at, "0000600");
    put(uid_at, "0000000");
    put(gid_at, "0000000");
    put(size_at, fmt::format("{:011o}", content.size()));
    put(time_at, "00000000000");
    put(kind_at, "0");
    put(magic_at, std::string_view("ustar\0"
                                   "00",
                                   8));
    put(sum_at, fmt::format("{:06o}", sum_of(header)));
    header[sum_at + sum_digits + 1] = ' ';
    out += header + content;
    out.append((block - content.size() % block) % block, '\0');
  }
  return out.append(2 * block, '\0');
}

std::expected<TarFiles, std::string> files_of_tar(std::string_view tar) {
  TarFiles out;
  for (std::size_t at = 0; at + block <= tar.size();) {
    const std::string header(tar.substr(at, block));
    if (header.find_first_not_of('\0') == std::string::npos) return out;
    at += block;
    const std::optional<std::size_t> sum = octal(std::string_view(header).substr(sum_at, sum_digits)),
                                     size = octal(std::string_view(header).substr(size_at, size_digits));
    if (!sum || *sum != sum_of(header) || !size || header.compare(magic_at, 5, "ustar") != 0)
      return std::unexpected("is no archive of files");
    if (header[kind_at] != '0') return std::unexpected("holds something else than plain files");
    if (*size > tar.size() - at) return std::unexpected("ends in the middle of a file");
    const std::string name = header.substr(0, std::min(header.find('\0'), name_bytes));
    if (!out.emplace(name, tar.substr(at, *size)).second) return std::unexpected("holds a file twice");
    at += (*size + block - 1) / block * block;
  }
  return std::unexpected("ends too early");
}

}  // namespace vigil::server

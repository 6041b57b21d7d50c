// What may stand on a screen, whoever wrote it: valid UTF-8 without control characters, escape sequences, direction overrides or
// invisible characters. Fuzzers of the client only.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "client/printable.hpp"
#include "tests/fuzz/must.hpp"

namespace vigil::fuzz {

inline void must_be_line(std::string_view line, const char* what) {
  if (client::printable(line, line.size() + 1) == line) return;
  std::fprintf(stderr, "not a line: ");
  for (const char c : line) std::fprintf(stderr, c >= ' ' && c <= '~' ? "%c" : "\\x%02x", static_cast<unsigned char>(c));
  std::fprintf(stderr, "\n");
  must(false, what);
}

// Lines that our own words break; each by itself.
inline void must_be_lines(std::string_view lines, const char* what) {
  for (std::size_t at = 0; at <= lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    must_be_line(lines.substr(at, end - at), what);
    at = end + 1;
  }
}

// Standard output into memory, for as long as this lives.
class Caught {
 public:
  Caught() : before_(stdout) { stdout = ::open_memstream(&data_, &size_); }
  ~Caught() {
    std::fclose(stdout);
    stdout = before_;
    std::free(data_);
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  std::string_view text() {
    std::fflush(stdout);
    return {data_, size_};
  }

 private:
  std::FILE* before_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace vigil::fuzz

// What prepared.cpp and press.cpp share: the small things of sealing contents ahead and at the press. Used by nobody else; pure.
#pragma once

#include <expected>
#include <string>

#include "crypto/base/encoding.hpp"
#include "crypto/base/random.hpp"
#include "crypto/e2ee/one_shot.hpp"
#include "proto/content.pb.h"

namespace vigil::client::sealing {

template <class T>
using Sealed = std::expected<T, e2ee::Fault>;

inline std::string as_string(View bytes) {
  return std::string(text(bytes));
}

// At most 'bytes_max' bytes, cut at the edge of a character (UTF-8).
inline std::string cut(const std::string& words, std::size_t bytes_max) {
  if (words.size() <= bytes_max) return words;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0) == 0x80) --end;
  return words.substr(0, end);
}

inline content::Content new_content(std::uint64_t written_s) {
  content::Content content;
  content.set_id(as_string(random_bytes(16)));
  content.set_written_s(written_s);
  return content;
}

}  // namespace vigil::client::sealing

#include "server/head.hpp"

#include <algorithm>
#include <charconv>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "proto/limits.hpp"

namespace vigil::server {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_word(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool parse_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return false;
  head.method = line.substr(0, first);
  head.path = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  head.http_1_1 = version == "HTTP/1.1";
  return !head.method.empty() && !head.path.empty() && version.starts_with("HTTP/");
}

// What a request for a WebSocket must have, each once. Whoever asks otherwise is answered as everybody else: a WebSocket's own
// refusal would say that there is one.
class Handshake {
 public:
  void field(std::string_view name, std::string_view value) {
    constexpr std::size_t key_characters = 24;  // sixteen bytes in base64
    if (same_word(name, "host")) note(host_, true);
    if (same_word(name, "upgrade")) note(upgrade_, has_token(value, "websocket"));
    if (same_word(name, "connection")) note(connection_, has_token(value, "upgrade"));
    if (same_word(name, "sec-websocket-version")) note(version_, value == "13");
    if (same_word(name, "sec-websocket-key")) note(key_, value.size() == key_characters);
  }
  bool good() const { return good_ && host_ && upgrade_ && connection_ && version_ && key_; }

 private:
  void note(bool& seen, bool right) {
    if (seen || !right) good_ = false;
    seen = true;
  }
  bool good_ = true, host_ = false, upgrade_ = false, connection_ = false, version_ = false, key_ = false;
};

bool parse_field(std::string_view line, Head& head, Handshake& handshake) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  handshake.field(name, value);
  if (same_word(name, "connection") && has_token(value, "close")) head.keep_alive = false;
  if (same_word(name, "transfer-encoding")) head.chunked = true;
  if (same_word(name, "expect")) head.expects_continue = same_word(value, "100-continue");
  if (!same_word(name, "content-length")) return true;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (head.content_length || value.empty() || error != std::errc{} || end != value.data() + value.size()) return false;
  head.content_length = length;
  return true;
}

}  // namespace

HeadState parse_head(View bytes, Head& head) {
  head = {};
  const std::string_view all = text(bytes.first(std::min(bytes.size(), limits::request_head_bytes_max)));
  const std::size_t end = all.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return bytes.size() >= limits::request_head_bytes_max ? HeadState::unreadable : HeadState::incomplete;
  head.bytes = end + 4;
  std::string_view rest = all.substr(0, end);
  bool first = true;
  Handshake handshake;
  while (!rest.empty()) {
    const std::size_t line_end = std::min(rest.find("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(std::min(line_end + 2, rest.size()));
    const bool good = first ? parse_request_line(line, head) : parse_field(line, head, handshake);
    if (!good) return HeadState::unreadable;
    first = false;
  }
  head.upgrade = handshake.good();
  return first ? HeadState::unreadable : HeadState::whole;
}

SecretPaths::SecretPaths(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) hashes_.push_back(hash("vigil relay path", {view(path)}));
}

// Hashes have one length and are compared whole, and all of them: time tells neither how much of a path was right nor which one
// it was.
bool SecretPaths::contain(std::string_view path) const {
  const Hash asked = hash("vigil relay path", {view(path)});
  bool found = false;
  for (const Hash& one : hashes_) found |= equal_secret(one.view(), asked.view());
  return found;
}

}  // namespace vigil::server

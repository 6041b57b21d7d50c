// nginx's request line and header parsers (ngx_http_parse.c, ngx_http_request.c), state by state.
#include "server/decoy_head.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>
#include <vector>

namespace vigil::server {
namespace {

constexpr std::size_t large_bytes = 8192, large_max = 4;
constexpr std::string_view protocol = "HTTP/";

bool is_digit(unsigned char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_letter(unsigned char byte) {
  return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}
bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

std::string lower(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

// ngx_http_validate_host: what is left after port and final dot must not be empty.
bool is_valid_host(const std::string& host) {
  enum { usual, literal, rest } state = usual;
  std::size_t length = host.size(), last_dot = host.size();
  for (std::size_t i = 0; i < host.size(); ++i) {
    const auto byte = static_cast<unsigned char>(host[i]);
    if (byte == '.') {
      if (i > 0 && last_dot == i - 1) return false;
      last_dot = i;
    } else if (byte == ':' && state == usual) {
      length = i;
      state = rest;
    } else if (byte == '[' && i == 0) {
      state = literal;
    } else if (byte == ']' && state == literal) {
      length = i + 1;
      state = rest;
    } else if (byte == '/' || byte <= 0x20 || byte == 0x7f) {
      return false;
    }
  }
  if (length > 0 && last_dot == length - 1) --length;
  return length > 0;
}

// Headers of which nginx refuses a second one. Of the others it looks at the first.
bool is_unique(const std::string& name) {
  static const std::set<std::string> names{
      "host",          "if-modified-since", "if-unmodified-since", "if-match", "if-none-match", "if-range",
      "content-range", "content-length",    "transfer-encoding",   "expect",   "authorization"};
  return names.contains(name);
}

bool contains(const std::string& text, std::string_view word) {
  return lower(text).find(word) != std::string::npos;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char small = static_cast<char>(digit | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

const std::string* DecoyRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

bool DecoyRequest::wants_padding() const {
  const std::string* agent = header("user-agent");
  if (agent == nullptr || version < 10) return false;
  const std::size_t explorer = agent->find("MSIE ");
  if (agent->find("Opera") != std::string::npos) return false;
  if (explorer != std::string::npos && explorer + 7 < agent->size()) return true;
  return agent->find("Gecko/") == std::string::npos && agent->find("Chrome/") != std::string::npos;
}

std::optional<std::string> resolve_path(const std::string& raw) {
  // First decode: an encoded slash or dot counts as one, an encoded '?' or '#' does not end the path.
  std::string decoded;
  for (std::size_t i = 0; i < raw.size() && raw[i] != '?' && raw[i] != '#'; ++i) {
    if (raw[i] != '%') {
      decoded += raw[i];
      continue;
    }
    const int high = i + 1 < raw.size() ? hex_digit(raw[i + 1]) : -1, low = i + 2 < raw.size() ? hex_digit(raw[i + 2]) : -1;
    if (high < 0 || low < 0 || high * 16 + low == 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  std::vector<std::string> parts;
  bool ends_open = true;  // with a slash
  for (std::size_t at = 0; at < decoded.size();) {
    const std::size_t slash = std::min(decoded.find('/', at), decoded.size());
    const std::string part = decoded.substr(at, slash - at);
    ends_open = slash < decoded.size();
    at = slash + 1;
    if (part == "..") {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    }
    if (part.empty() || part == "." || part == "..") {
      ends_open = true;
      continue;
    }
    parts.push_back(part);
  }
  std::string path;
  for (const std::string& part : parts) path += "/" + part;
  return path + (ends_open || parts.empty() ? "/" : "");
}

DecoyHead::State DecoyHead::refuse(unsigned status) {
  refusal_ = status;
  return State::refused;
}
DecoyHead::State DecoyHead::go(Line next) {
  line_ = next;
  return State::more;
}
DecoyHead::State DecoyHead::go(Header next) {
  header_ = next;
  return State::more;
}

// A line that fills its buffer moves into a fresh large one; a line larger than that, or a fifth one, is too large.
bool DecoyHead::account() {
  if (used_bytes_ < buffer_bytes_) return true;
  if (line_bytes_ >= large_bytes || large_buffers_ == large_max) return false;
  ++large_buffers_;
  buffer_bytes_ = large_bytes;
  used_bytes_ = line_bytes_;
  return true;
}

DecoyHead::State DecoyHead::feed(char byte) {
  ++used_bytes_;
  ++line_bytes_;
  const Part before = part_;
  const State state =
      part_ == Part::line ? feed_line(static_cast<unsigned char>(byte)) : feed_header(static_cast<unsigned char>(byte));
  if (before == Part::line && line_ == Line::start) line_bytes_ = 0;  // empty lines in front do not count
  if (state != State::more || account()) return state;
  return refuse(before == Part::line ? 414 : status_head_too_large);
}

DecoyHead::State DecoyHead::feed_line(unsigned char byte) {
  const bool of_method = (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-';
  if (line_ == Line::start || line_ == Line::method) {
    if (line_ == Line::start && (byte == '\r' || byte == '\n')) return State::more;
    if (line_ == Line::method && byte == ' ') return go(Line::spaces);
    if (!of_method) return refuse(400);
    request_.method += static_cast<char>(byte);
    return go(Line::method);
  }
  return line_ <= Line::path ? feed_target(byte) : feed_version(byte);
}

DecoyHead::State DecoyHead::feed_target(unsigned char byte) {
  switch (line_) {
    case Line::spaces:
      if (byte == ' ') return State::more;
      if (byte == '/') return raw_path_ = "/", go(Line::path);
      return is_letter(byte) ? go(Line::scheme) : refuse(400);
    case Line::scheme:
      if (is_letter(byte) || is_digit(byte) || byte == '+' || byte == '-' || byte == '.') return State::more;
      return byte == ':' ? go(Line::scheme_slash) : refuse(400);
    case Line::scheme_slash:
      return byte == '/' ? go(Line::scheme_slashes) : refuse(400);
    case Line::scheme_slashes:
      return byte == '/' ? go(Line::host_start) : refuse(400);
    case Line::literal:
      host_ += static_cast<char>(byte);
      if (byte == ']') return go(Line::host_end);
      return is_letter(byte) || is_digit(byte) || (byte != 0 && std::strchr(":-._~!$&'()*+,;=", byte) != nullptr) ? State::more
                                                                                                                  : refuse(400);
    case Line::host_start:
      if (byte == '[') return host_ += '[', go(Line::literal);
      [[fallthrough]];
    case Line::host:
      if (is_letter(byte) || is_digit(byte) || byte == '.' || byte == '-')
        return host_ += static_cast<char>(byte), go(Line::host);
      [[fallthrough]];
    case Line::host_end:
      if (byte == ':') return go(Line::port);
      return end_target(byte);
    case Line::port:
      return is_digit(byte) ? State::more : end_target(byte);
    case Line::path:
      if (byte == ' ') return begin_version();
      if (byte == '\r') return go(Line::line_feed);
      if (byte == '\n') return end_line();
      if (is_control(byte)) return refuse(400);
      raw_path_ += static_cast<char>(byte);
      return State::more;
    default:
      return refuse(400);
  }
}

// Behind the host of an absolute target.
DecoyHead::State DecoyHead::end_target(unsigned char byte) {
  raw_path_ = byte == '?' ? "/?" : "/";
  if (byte == '/' || byte == '?') return go(Line::path);
  return byte == ' ' ? begin_version() : refuse(400);
}

DecoyHead::State DecoyHead::begin_version() {
  protocol_at_ = 0;
  return go(Line::before_version);
}

DecoyHead::State DecoyHead::feed_version(unsigned char byte) {
  const unsigned digit = byte - unsigned{'0'};
  switch (line_) {
    case Line::before_version:
      if (byte == ' ') return State::more;
      if (byte == '\r') return go(Line::line_feed);
      if (byte == '\n') return end_line();
      [[fallthrough]];
    case Line::protocol:
      if (byte != static_cast<unsigned char>(protocol[protocol_at_])) return refuse(400);
      return go(++protocol_at_ == protocol.size() ? Line::major_first : Line::protocol);
    case Line::major_first:
      if (byte < '1' || byte > '9') return refuse(400);
      major_ = digit;
      return major_ > 1 ? refuse(505) : go(Line::major);
    case Line::major:
      if (byte == '.') return go(Line::minor_first);
      return is_digit(byte) ? refuse(505) : refuse(400);
    case Line::minor_first:
      if (!is_digit(byte)) return refuse(400);
      minor_ = digit;
      return go(Line::minor);
    case Line::minor:
    case Line::spaces_behind:
      if (byte == '\r') return go(Line::line_feed);
      if (byte == '\n') return end_line();
      if (byte == ' ') return go(Line::spaces_behind);
      if (line_ == Line::spaces_behind || !is_digit(byte) || minor_ > 99) return refuse(400);
      minor_ = minor_ * 10 + digit;
      return State::more;
    case Line::line_feed:
      return byte == '\n' ? end_line() : refuse(400);
    default:
      return refuse(400);
  }
}

DecoyHead::State DecoyHead::end_line() {
  request_.version = major_ == 0 ? 9 : std::min(10 + minor_, 11u);
  std::optional<std::string> path = resolve_path(raw_path_);
  if (!path || (!host_.empty() && !is_valid_host(host_))) return refuse(400);
  request_.path = std::move(*path);
  part_ = Part::headers;
  line_bytes_ = 0;
  return request_.version == 9 ? State::done : State::more;
}

DecoyHead::State DecoyHead::feed_header(unsigned char byte) {
  const bool of_name = is_letter(byte) || is_digit(byte) || byte == '-';
  switch (header_) {
    case Header::start:
      name_.clear();
      value_.clear();
      name_is_odd_ = false;
      if (byte == '\r') return go(Header::end_line_feed);
      if (byte == '\n') return end_head();
      if (!of_name && (byte <= 0x20 || byte == 0x7f || byte == ':')) return refuse(400);
      [[fallthrough]];
    case Header::name:
      if (header_ == Header::name && byte == ':') return go(Header::before_value);
      if (header_ == Header::name && byte == '\r') return go(Header::line_feed);
      if (header_ == Header::name && byte == '\n') return end_header();
      if (!of_name && byte != '_' && (byte <= 0x20 || byte == 0x7f)) return refuse(400);
      if (!of_name) name_is_odd_ = true;
      name_ += static_cast<char>(std::tolower(byte));
      return go(Header::name);
    case Header::before_value:
    case Header::value:
    case Header::behind_value:
      if (byte == '\r') return go(Header::line_feed);
      if (byte == '\n') return end_header();
      if (byte == '\0') return refuse(400);
      if (byte == ' ') {
        if (header_ != Header::before_value) value_ += ' ';
        return header_ == Header::before_value ? State::more : go(Header::behind_value);
      }
      value_ += static_cast<char>(byte);
      return go(Header::value);
    case Header::line_feed:
      if (byte == '\r') return State::more;
      return byte == '\n' ? end_header() : refuse(400);
    case Header::end_line_feed:
      return byte == '\n' ? end_head() : refuse(400);
  }
  return refuse(400);
}

DecoyHead::State DecoyHead::end_header() {
  header_ = Header::start;
  line_bytes_ = 0;
  while (!value_.empty() && value_.back() == ' ') value_.pop_back();
  if (name_is_odd_) return State::more;  // ignored, as ignore_invalid_headers has it
  if (name_ == "connection") {
    request_.says_close = contains(value_, "close");
    request_.says_keep_alive = !request_.says_close && contains(value_, "keep-alive");
    return State::more;
  }
  if (!request_.headers.emplace(name_, value_).second && is_unique(name_)) return refuse(400);
  if (name_ == "host" && !is_valid_host(value_)) return refuse(400);
  return State::more;
}

DecoyHead::State DecoyHead::end_head() {
  if (request_.version > 10 && request_.header("host") == nullptr) return refuse(400);
  if (const State state = read_transfer(); state != State::done) return state;
  if (request_.method == "TRACE" || request_.method == "CONNECT") return refuse(405);
  return State::done;
}

DecoyHead::State DecoyHead::read_transfer() {
  const std::string *length = request_.header("content-length"), *coding = request_.header("transfer-encoding");
  if (length != nullptr) {
    if (length->empty() || length->size() > 19 || length->find_first_not_of("0123456789") != std::string::npos)
      return refuse(400);
    request_.body_bytes = std::stoull(*length);
    if (request_.body_bytes > static_cast<std::uint64_t>(INT64_MAX)) return refuse(400);
  }
  if (coding != nullptr) {
    if (request_.version < 11) return refuse(400);
    if (lower(*coding) != "chunked") return refuse(501);
    if (length != nullptr) return refuse(400);
    request_.chunked = true;
  }
  return State::done;
}

}  // namespace vigil::server

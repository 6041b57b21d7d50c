// The head of a stranger's request, read byte by byte exactly as nginx 1.22.1 reads it: the same states, the same moments of
// refusal, the same buffer limits (1 KiB, then four of 8 KiB). Used by decoy only. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace vigil::server {

// What nginx keeps of a head; header names in lower case.
struct DecoyRequest {
  std::string method;
  std::string path;       // decoded, dots and double slashes resolved
  unsigned version = 10;  // 9, 10, or 11 and above; 10 until the line is whole
  std::map<std::string, std::string> headers;
  bool says_close = false, says_keep_alive = false;
  std::uint64_t body_bytes = 0;
  bool chunked = false;
  // Internet Explorer and Chrome get longer error pages.
  bool wants_padding() const;
  const std::string* header(const std::string& name) const;
};

// nginx's own numbers for two kinds of 400.
inline constexpr unsigned status_head_too_large = 494, status_plain_to_tls = 497;

class DecoyHead {
 public:
  enum class State { more, done, refused };
  // After done or refused feed no more.
  State feed(char byte);
  // Whether any byte of a request has come.
  bool begun() const { return line_bytes_ > 0 || part_ != Part::line; }
  const DecoyRequest& request() const { return request_; }
  unsigned refusal() const { return refusal_; }

 private:
  enum class Part { line, headers };
  enum class Line {
    start,
    method,
    spaces,
    scheme,
    scheme_slash,
    scheme_slashes,
    host_start,
    host,
    literal,
    host_end,
    port,
    path,
    before_version,
    protocol,
    major_first,
    major,
    minor_first,
    minor,
    spaces_behind,
    line_feed
  };
  enum class Header { start, name, before_value, value, behind_value, line_feed, end_line_feed };

  State feed_line(unsigned char byte);
  State feed_target(unsigned char byte);
  State feed_version(unsigned char byte);
  State feed_header(unsigned char byte);
  State end_target(unsigned char byte);
  State begin_version();
  State end_line();
  State end_header();
  State end_head();
  State read_transfer();
  State refuse(unsigned status);
  State go(Line next);
  State go(Header next);
  bool account();

  Part part_ = Part::line;
  Line line_ = Line::start;
  Header header_ = Header::start;
  DecoyRequest request_;
  std::string raw_path_, host_, name_, value_;
  bool name_is_odd_ = false;
  unsigned major_ = 0, minor_ = 0;
  std::size_t protocol_at_ = 0;
  unsigned refusal_ = 0;
  // nginx's buffers
  std::size_t buffer_bytes_ = 1024, used_bytes_ = 0, line_bytes_ = 0, large_buffers_ = 0;
};

// The path after decoding and resolving, or nothing where nginx answers 400.
std::optional<std::string> resolve_path(const std::string& raw);

}  // namespace vigil::server

// nginx's answers, byte for byte: special pages, conditions, ranges, zipping, the order of headers. Used by decoy only. Pure: no
// I/O; the time is an argument.
#pragma once

#include <cstdint>
#include <string>

#include "server/decoy_head.hpp"
#include "server/decoy_site.hpp"

namespace vigil::server {

struct DecoyAnswer {
  std::string bytes;    // head and body
  bool closes = false;  // the connection ends with it, whatever its head says
};

struct DecoyMoment {
  std::int64_t now_s = 0;
  bool may_keep_alive = true;
};

// The answer to a whole request. 'body_is_broken': what came of its body so far is no body.
DecoyAnswer answer_request(const DecoySite& site, const DecoyRequest& request, bool body_is_broken, const DecoyMoment& at);
// The answer to a head that was refused while being read.
DecoyAnswer answer_refused(const DecoyRequest& request, unsigned status, const DecoyMoment& at);

// "Sun, 06 Nov 1994 08:49:37 GMT" and the two older spellings; -1 for anything else.
std::int64_t parse_http_date(const std::string& text);
std::string http_date(std::int64_t at_s);

// Larger bodies are answered 413.
inline constexpr std::uint64_t decoy_body_bytes_max = 1 << 20;

}  // namespace vigil::server

// nginx's header filters in their order: conditions, zipping, ranges, the head.
#include "server/decoy_answer.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <ctime>
#include <optional>
#include <vector>

namespace vigil::server {
namespace {

struct Reply {
  unsigned status = 200;
  std::string type, location, body;
  std::optional<std::int64_t> modified_s;
  std::vector<std::string> more;  // headers behind Connection
  bool has_length = true, zipped = false;
};

std::string_view title(unsigned status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 206:
      return "206 Partial Content";
    case 301:
      return "301 Moved Permanently";
    case 304:
      return "304 Not Modified";
    case 403:
      return "403 Forbidden";
    case 404:
      return "404 Not Found";
    case 405:
      return "405 Not Allowed";
    case 412:
      return "412 Precondition Failed";
    case 413:
      return "413 Request Entity Too Large";
    case 414:
      return "414 Request-URI Too Large";
    case 416:
      return "416 Requested Range Not Satisfiable";
    case 501:
      return "501 Not Implemented";
    case 505:
      return "505 HTTP Version Not Supported";
    default:
      return "400 Bad Request";
  }
}

std::string special_page(unsigned status, bool padded) {
  std::string_view head = title(status), why;
  if (status == status_head_too_large)
    head = "400 Request Header Or Cookie Too Large", why = "Request Header Or Cookie Too Large";
  if (status == status_plain_to_tls)
    head = "400 The plain HTTP request was sent to HTTPS port", why = "The plain HTTP request was sent to HTTPS port";
  std::string page =
      fmt::format("<html>\r\n<head><title>{}</title></head>\r\n<body>\r\n<center><h1>{}</h1></center>\r\n", head, title(status));
  if (!why.empty()) page += fmt::format("<center>{}</center>\r\n", why);
  page += "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";
  if (padded && status >= 400)
    for (int i = 0; i < 6; ++i) page += "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n";
  return page;
}

// Statuses after which nginx always closes.
bool ends_connection(unsigned status) {
  return status == 400 || status == 413 || status == 414 || status == status_head_too_large || status == status_plain_to_tls ||
         status == 501;
}

std::string compose(const DecoyRequest& request, const Reply& reply, bool keep_alive, std::int64_t now_s) {
  const bool head_only = request.method == "HEAD" || reply.status == 304;
  if (request.version < 10) return head_only ? "" : reply.body;
  std::string out = fmt::format("HTTP/1.1 {}\r\nServer: nginx/1.22.1\r\nDate: {}\r\n", title(reply.status), http_date(now_s));
  if (!reply.type.empty()) out += fmt::format("Content-Type: {}\r\n", reply.type);
  if (reply.has_length) out += fmt::format("Content-Length: {}\r\n", reply.body.size());
  if (reply.modified_s) out += fmt::format("Last-Modified: {}\r\n", http_date(*reply.modified_s));
  if (!reply.location.empty()) out += fmt::format("Location: {}\r\n", reply.location);
  if (reply.zipped && !head_only) out += "Transfer-Encoding: chunked\r\n";
  out += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  for (const std::string& header : reply.more) out += header + "\r\n";
  out += "\r\n";
  if (head_only) return out;
  if (!reply.zipped) return out + reply.body;
  return out + fmt::format("{:x}\r\n", reply.body.size()) + reply.body + "\r\n0\r\n\r\n";
}

// ngx_http_gzip_accept_encoding: a word »gzip« that is not given q=0.
bool accepts_zip(const DecoyRequest& request) {
  const std::string* accepts = request.header("accept-encoding");
  if (accepts == nullptr || request.version < 11 || request.header("via") != nullptr) return false;
  std::string text = *accepts;
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  std::size_t at = text.find("gzip");
  while (at != std::string::npos && at > 0 && text[at - 1] != ',' && text[at - 1] != ' ') at = text.find("gzip", at + 4);
  if (at == std::string::npos) return false;
  at = text.find_first_not_of(' ', at + 4);
  if (at == std::string::npos || text[at] == ',') return true;
  if (text[at] != ';') return false;
  at = text.find_first_not_of(' ', at + 1);
  if (at == std::string::npos || text.compare(at, 2, "q=") != 0) return at != std::string::npos && text[at] != 'q';
  const std::string quantity = text.substr(at + 2, 5);
  return quantity.starts_with('1') || (quantity.starts_with("0.") && quantity.find_first_of("123456789", 2) < 5);
}

void zip(const DecoyRequest& request, Reply& reply, const std::string& zipped) {
  if (zipped.empty() || !accepts_zip(request)) return;
  reply.body = zipped;
  reply.zipped = true;
  reply.has_length = false;
}

DecoyAnswer special(const DecoyRequest& request, unsigned status, bool keep_alive, std::int64_t now_s, Reply reply = {}) {
  reply.status = status;
  reply.type = "text/html";
  reply.body = special_page(status, request.wants_padding());
  if (status == 403 || status == 404) zip(request, reply, accepts_zip(request) ? zip_like_nginx(reply.body) : "");
  if (reply.zipped) reply.more.emplace_back("Content-Encoding: gzip");
  const bool stays = keep_alive && !ends_connection(status);
  return {compose(request, reply, stays, now_s), !stays};
}

// ngx_http_test_if_match over a list of tags.
bool matches(const std::string& list, const std::string& tag, bool weakly) {
  if (list == "*") return true;
  for (std::size_t at = 0; at < list.size();) {
    if (weakly && list.compare(at, 2, "W/") == 0) at += 2;
    if (list.compare(at, tag.size(), tag) == 0) {
      const std::size_t behind = list.find_first_not_of(" \t", at + tag.size());
      if (behind == std::string::npos || list[behind] == ',') return true;
    }
    at = list.find(',', at);
    if (at == std::string::npos) return false;
    at = std::min(list.find_first_not_of(", \t", at), list.size());
  }
  return false;
}

enum class Condition { go_on, failed, not_modified };

Condition condition(const DecoyRequest& request, const DecoyPage& page) {
  const std::string *unmodified = request.header("if-unmodified-since"), *match = request.header("if-match");
  const std::string *modified = request.header("if-modified-since"), *none = request.header("if-none-match");
  if (unmodified != nullptr && parse_http_date(*unmodified) < page.modified_s) return Condition::failed;
  if (match != nullptr && !matches(*match, page.tag(), false)) return Condition::failed;
  if (modified == nullptr && none == nullptr) return Condition::go_on;
  if (modified != nullptr && parse_http_date(*modified) != page.modified_s) return Condition::go_on;
  if (none != nullptr && !matches(*none, page.tag(), true)) return Condition::go_on;
  return Condition::not_modified;
}

struct Range {
  std::uint64_t from, until;  // until: behind the last
};
enum class Ranges { all, some, wrong };

// One number of a range, or nothing.
std::optional<std::uint64_t> number(const std::string& text, std::size_t& at) {
  if (at >= text.size() || !std::isdigit(static_cast<unsigned char>(text[at]))) return std::nullopt;
  std::uint64_t value = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at) {
    if (value > static_cast<std::uint64_t>(INT64_MAX) / 10 - 1) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[at] - '0');
  }
  return value;
}

// ngx_http_range_parse.
Ranges parse_ranges(const std::string& text, std::uint64_t length, std::vector<Range>& out) {
  std::uint64_t size = 0;
  std::size_t at = 6;  // behind "bytes="
  const auto skip_spaces = [&text, &at] { at = std::min(text.find_first_not_of(' ', at), text.size()); };
  for (;;) {
    skip_spaces();
    std::uint64_t from = 0, until = length;
    const bool of_the_end = at < text.size() && text[at] == '-';
    if (!of_the_end) {
      const std::optional<std::uint64_t> first = number(text, at);
      skip_spaces();
      if (!first || at >= text.size() || text[at] != '-') return Ranges::wrong;
      from = *first;
    }
    ++at;
    skip_spaces();
    if (of_the_end || (at < text.size() && text[at] != ',')) {
      const std::optional<std::uint64_t> last = number(text, at);
      skip_spaces();
      if (!last || (at < text.size() && text[at] != ',')) return Ranges::wrong;
      if (of_the_end) from = *last < length ? length - *last : 0;
      until = of_the_end || *last >= length ? length : *last + 1;
    }
    if (from < until) {
      out.push_back({from, until});
      size += until - from;
    } else if (from == 0) {
      return Ranges::all;
    }
    if (at >= text.size()) break;
    ++at;
  }
  if (out.empty()) return Ranges::wrong;
  return size > length ? Ranges::all : Ranges::some;
}

Ranges ranges_of(const DecoyRequest& request, const DecoyPage& page, std::vector<Range>& out) {
  const std::string *range = request.header("range"), *condition = request.header("if-range");
  if (range == nullptr || range->size() < 7 || range->compare(0, 6, "bytes=") != 0) return Ranges::all;
  if (condition != nullptr) {
    const bool is_tag = condition->size() >= 2 && condition->back() == '"';
    if (is_tag ? *condition != page.tag() : parse_http_date(*condition) != page.modified_s) return Ranges::all;
  }
  return parse_ranges(*range, page.content.size(), out);
}

void cut_ranges(const DecoyPage& page, const std::vector<Range>& ranges, Reply& reply) {
  reply.status = 206;
  const auto where = [&page](const Range& range) {
    return fmt::format("Content-Range: bytes {}-{}/{}", range.from, range.until - 1, page.content.size());
  };
  if (ranges.size() == 1) {
    reply.body = page.content.substr(ranges[0].from, ranges[0].until - ranges[0].from);
    reply.more.push_back(where(ranges[0]));
    return;
  }
  static std::atomic<std::uint64_t> boundaries{0};
  const std::string boundary = fmt::format("{:020}", ++boundaries);
  reply.type = "multipart/byteranges; boundary=" + boundary;
  reply.body.clear();
  for (const Range& range : ranges)
    reply.body += fmt::format("\r\n--{}\r\nContent-Type: {}\r\n{}\r\n\r\n{}", boundary, page.type, where(range),
                              page.content.substr(range.from, range.until - range.from));
  reply.body += fmt::format("\r\n--{}--\r\n", boundary);
}

DecoyAnswer page_answer(const DecoyRequest& request, const DecoyPage& page, bool keep_alive, std::int64_t now_s) {
  Reply reply;
  switch (condition(request, page)) {
    case Condition::failed: {
      // nginx says keep-alive here, and closes.
      DecoyAnswer answer = special(request, 412, keep_alive, now_s);
      answer.closes = true;
      return answer;
    }
    case Condition::not_modified:
      reply.status = 304;
      reply.has_length = false;
      reply.modified_s = page.modified_s;
      reply.more.push_back("ETag: " + page.tag());
      return {compose(request, reply, keep_alive, now_s), !keep_alive};
    case Condition::go_on:
      break;
  }
  reply.type = page.type;
  reply.modified_s = page.modified_s;
  reply.body = page.content;
  zip(request, reply, page.zipped);
  if (reply.zipped) {
    reply.more = {"ETag: W/" + page.tag(), "Content-Encoding: gzip"};
    return {compose(request, reply, keep_alive, now_s), !keep_alive};
  }
  reply.more = {"ETag: " + page.tag()};
  std::vector<Range> ranges;
  switch (request.version < 10 ? Ranges::all : ranges_of(request, page, ranges)) {
    case Ranges::all:
      reply.more.emplace_back("Accept-Ranges: bytes");
      break;
    case Ranges::some:
      cut_ranges(page, ranges, reply);
      break;
    case Ranges::wrong: {
      Reply wrong;
      wrong.more.push_back(fmt::format("Content-Range: bytes */{}", page.content.size()));
      return special(request, 416, keep_alive, now_s, wrong);
    }
  }
  return {compose(request, reply, keep_alive, now_s), !keep_alive};
}

// Internet Explorer up to 6 gets no kept-alive connection after a POST, as keepalive_disable has it.
bool wants_keep_alive(const DecoyRequest& request) {
  if (request.says_close || request.version < 10) return false;
  return request.version > 10 || request.says_keep_alive;
}

}  // namespace

std::string http_date(std::int64_t at_s) {
  std::tm parts{};
  const std::time_t at = at_s;
  gmtime_r(&at, &parts);
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                     months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                     parts.tm_sec);
}

std::int64_t parse_http_date(const std::string& text) {
  for (const char* spelling : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* end = strptime(text.c_str(), spelling, &parts);
    if (end != nullptr) return timegm(&parts);
  }
  return -1;
}

DecoyAnswer answer_refused(const DecoyRequest& request, unsigned status, const DecoyMoment& at) {
  DecoyAnswer answer = special(request, status, false, at.now_s);
  answer.closes = true;
  return answer;
}

DecoyAnswer answer_request(const DecoySite& site, const DecoyRequest& request, bool body_is_broken, const DecoyMoment& at) {
  const bool keep_alive = at.may_keep_alive && wants_keep_alive(request);
  if (request.body_bytes > decoy_body_bytes_max) return special(request, 413, keep_alive, at.now_s);
  const DecoySite::Found found = site.find(request.path);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  // An error page that meets a broken body only closes; the page itself becomes a 400.
  if (found.status == 404) return special(request, 404, keep_alive && !body_is_broken, at.now_s);
  if (!reads && (request.method != "POST" || found.page != nullptr))
    return special(request, 405, keep_alive && !body_is_broken, at.now_s);
  if (found.status == 301) {
    const std::string* host = request.header("host");
    Reply reply;
    reply.location = fmt::format("https://{}{}/", host != nullptr ? *host : "localhost", request.path);
    return special(request, 301, keep_alive && !body_is_broken, at.now_s, reply);
  }
  if (found.page == nullptr) return special(request, found.status, keep_alive && !body_is_broken, at.now_s);
  if (body_is_broken) return special(request, 400, false, at.now_s);
  return page_answer(request, *found.page, keep_alive, at.now_s);
}

}  // namespace vigil::server

// The head of an HTTP request, read raw: just enough to tell a member's request from everybody else's. Used by arrival and post.
// Views point into the bytes that were parsed. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/ids.hpp"

namespace vigil::server {

struct Head {
  std::string_view method, path;  // path as sent, with query
  bool http_1_1 = false;          // of version 1.1, the only one that members use
  bool upgrade = false;           // wants a WebSocket, and asks for it as RFC 6455, 4.2.1 says
  bool keep_alive = true;
  bool chunked = false;  // any Transfer-Encoding
  bool expects_continue = false;
  std::optional<std::uint64_t> content_length;
  std::size_t bytes = 0;  // of the head, with its empty line
};

enum class HeadState { incomplete, whole, unreadable };

// Reads 'bytes', which begin with a request. unreadable: not HTTP, or two lengths, or larger than limits::request_head_bytes_max.
HeadState parse_head(View bytes, Head& head);

// The paths that members use. Comparing takes as long for a stranger's path as for a member's.
class SecretPaths {
 public:
  explicit SecretPaths(const std::vector<std::string>& paths);
  bool contain(std::string_view path) const;

 private:
  std::vector<Hash> hashes_;  // bounded: as many as the configuration has paths
};

}  // namespace vigil::server

// Unix sockets whose path may be longer than the 107 bytes that sockaddr_un holds. Used by console on both ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <filesystem>
#include <string>

namespace vigil::server {

// A short name for 'socket', good while this object lives: through an open descriptor of its folder.
class ShortPath {
 public:
  explicit ShortPath(const std::filesystem::path& socket);
  ShortPath(const ShortPath&) = delete;
  ShortPath& operator=(const ShortPath&) = delete;
  ~ShortPath();
  const std::string& text() const { return text_; }

 private:
  int folder_;
  std::string text_;
};

// Sends one line to the console and returns the line it answers with; nothing when no relay answers. Blocks, no longer than
// 'patience' for each of asking and answering. 'answering' becomes its process.
std::expected<std::string, std::string> ask_console(const std::filesystem::path& socket, const std::string& line,
                                                    std::chrono::seconds patience = std::chrono::seconds(30),
                                                    pid_t* answering = nullptr);

}  // namespace vigil::server

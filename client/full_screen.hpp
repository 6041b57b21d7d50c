// The whole terminal as one picture: the alternate buffer, keys without echo, and everything put back as it was: at the end of
// this object, at a stop from the keyboard (Ctrl-Z), and when the process crashes. Plain ANSI and termios. One at a time, one
// thread; draw() writes only what changed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/render.hpp"

namespace vigil::client {

class FullScreen {
 public:
  // A person sits in front of it: standard input and output are this terminal, in the foreground, and it is not a dumb one.
  static bool possible();

  FullScreen();
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  std::pair<std::size_t, std::size_t> size() const;  // columns, rows
  void draw(const std::vector<Line>& lines, std::size_t width);
  void bell();

  // Gives the terminal back for a while, and takes it again.
  void leave();
  void enter();

 private:
  std::vector<std::string> drawn_;
  std::size_t width_ = 0;
  bool inside_ = false;
};

// A key, out of the bytes that a terminal sends for it. Feed one byte after another.
struct Key {
  enum class Kind : std::uint8_t { text, enter, erase, up, down, cancel };
  Kind kind = Kind::text;
  std::string bytes{};  // text: one character
};
// The letter of the command that a key means; 0 for none. With a Russian or Kazakh layout the same key sends a Cyrillic letter,
// and a or c looks like one: whoever is woken at night does not have to change the layout first.
char command_letter(const Key& key);
class KeyReader {
 public:
  std::optional<Key> feed(char byte);

 private:
  enum class At : std::uint8_t { start, escape, sequence };
  At at_ = At::start;
  std::string partial_;  // a character of several bytes
  std::size_t missing_ = 0;
};

}  // namespace vigil::client

// Where a command speaks: sentences for people, or one JSON object a line (`--json`), both on standard output; troubles of a
// command on standard error. One thread. Nothing is ever written to a file or a log.
#pragma once

#include <functional>
#include <string>

#include "client/exit_codes.hpp"
#include "client/fault.hpp"
#include "client/json_events.hpp"
#include "crypto/e2ee/fault.hpp"
#include "proto/status.hpp"

namespace vigil::client {

class Screen {
 public:
  // 'plain': no colours, no bell, no QR code, for screen readers and logs of one's own.
  Screen(bool json, bool plain);

  bool json() const { return json_; }
  bool plain() const { return plain_; }

  // Where sentences go instead of standard output and error, while the whole terminal is one picture (full_screen.hpp).
  enum class Kind : std::uint8_t { news, loud, trouble, bell };
  using Sink = std::function<void(Kind kind, const std::string& sentence)>;
  void divert(Sink sink) { sink_ = std::move(sink); }

  // For people only.
  void say(const std::string& sentence);
  void say_now(const std::string& sentence);  // with the time in front
  void loud(const std::string& sentence);     // bold where possible
  void loud_now(const std::string& sentence);
  void detail(const std::string& sentence);   // below a sentence; the panel of a full screen has it already
  void trouble(const std::string& sentence);  // what could not be opened or proved; with the time in front
  void block(const std::string& lines);       // as it is
  void clear();                               // what a terminal shows, and its scrollback
  // For scripts only.
  void event(const JsonLine& line);
  void ring();

  // The sentence and the code of a command that could not do it; returns the code.
  Exit fail(Exit code, const std::string& sentence);

 private:
  void put(const std::string& text);
  bool json_, plain_, colours_;
  Sink sink_;
};

// The sentence and code for a fault that no command knows better words for.
struct Trouble {
  Exit code;
  std::string words;
};
Trouble trouble_of(Fault fault, const std::string& home);
Trouble trouble_of(e2ee::Fault fault, const std::string& name);
Trouble trouble_of(Status status, const std::string& name);

}  // namespace vigil::client

// Where a command speaks: sentences for people, or one JSON object a line (`--json`), both on standard output; troubles of a
// command on standard error. One thread. Nothing is ever written to a file or a log.
#pragma once

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

  // For people only.
  void say(const std::string& sentence);
  void say_now(const std::string& sentence);  // with the time in front
  void loud(const std::string& sentence);     // bold where possible
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

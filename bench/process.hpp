// A program that runs beside the load, with all that it starts itself: its CPU, its memory, its end. Used by relay_process and
// broker_process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vigil::bench {

class Process {
 public:
  struct Order {
    std::vector<std::string> words;          // the program's path and its arguments
    std::vector<std::string> environment{};  // "NAME=value", beside what this process has
    std::filesystem::path folder{};          // where it runs; empty: here
    std::filesystem::path output{};          // what it prints; empty: goes where this process prints
    int stop_signal = 15;                    // 9 for whatever keeps nothing that is looked at later
  };
  // Throws when it cannot be started.
  explicit Process(Order order);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool ended();
  void kill();  // SIGKILL for it and everything below it; returns when it is gone
  pid_t pid() const { return pid_; }
  // Throws, with the last lines of what it printed, when it has ended, or does not listen within the patience.
  void wait_for_port(std::uint16_t port, unsigned patience_s);
  std::string last_words() const;

  // Of it and everything below it, from /proc.
  double cpu_seconds() const;  // user and system
  std::size_t private_bytes() const;
  std::size_t resident_bytes() const;

 private:
  std::vector<pid_t> tree() const;

  Order order_;
  pid_t pid_ = -1;
};

}  // namespace vigil::bench

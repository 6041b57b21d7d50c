// What the doctor's looks have in common: who is looked at, and what was found. Used in doctor/ only.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "server/config.hpp"
#include "server/status.hpp"

namespace vigil::server {

// The relay that answers on the console.
struct Running {
  pid_t pid = 0;
  StatusNumbers numbers;

  std::int64_t number(std::string_view name) const;
};

struct Patient {
  const Config& config;
  std::uint64_t now_s = 0;
  std::optional<Running> running;
};

enum class Weight { wrong, advice };  // advice: not wrong, and no reason for an exit code

struct Finding {
  std::string name;  // for programs, and the manual
  Weight weight = Weight::wrong;
  std::string says, cure;
};

class Findings {
 public:
  void wrong(std::string name, std::string says, std::string cure) {
    all_.push_back({std::move(name), Weight::wrong, std::move(says), std::move(cure)});
  }
  void advice(std::string name, std::string says, std::string cure) {
    all_.push_back({std::move(name), Weight::advice, std::move(says), std::move(cure)});
  }
  const std::vector<Finding>& all() const { return all_; }
  bool any_wrong() const;

 private:
  std::vector<Finding> all_;  // bounded: a few of each look, a few looks
};

// ---- the looks, each at one thing
void look_at_keys(const Patient& patient, Findings& found);         // who the relay is, and for how long
void look_at_certificate(const Patient& patient, Findings& found);  // what strangers and members are shown
void look_at_files(const Patient& patient, Findings& found);        // who may read them; whether the root lies about
void look_at_disk(const Patient& patient, Findings& found);         // room, and whether it forgets
void look_at_machine(const Patient& patient, Findings& found);      // clock, swap, core dumps, limits
void look_at_ports(const Patient& patient, Findings& found);        // who listens, and whose key is shown there

}  // namespace vigil::server

// Deadlines of the peers of one I/O thread: a wheel of seconds, so that ten thousand idle connections cost no timers and moving a
// deadline further away costs nothing. Belongs to a shard; no lock, and the time is an argument.
#pragma once

#include <array>
#include <cstdint>

namespace vigil::server {

// Something that must be told when its time is over. Off until set; taken off the wheel when it is destroyed.
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  virtual ~Deadline() { unlink(); }

 private:
  friend class Deadlines;
  // Called by Deadlines::turn, off the wheel; may set itself again or destroy itself.
  virtual void expired(std::uint64_t now_s) = 0;
  void unlink();

  Deadline* before_ = nullptr;
  Deadline* after_ = nullptr;
  std::uint64_t at_s_ = 0;      // when it is over
  std::uint64_t linked_s_ = 0;  // the second whose slot it lies in: never later than at_s_, unless the wheel is shorter
};

class Deadlines {
 public:
  explicit Deadlines(std::uint64_t now_s);
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines();

  // Sets or moves it. Later than before: only a number changes, and its old slot moves it on.
  void set(Deadline& deadline, std::uint64_t at_s);
  void clear(Deadline& deadline);
  // Tells everything that was due by 'now_s'.
  void turn(std::uint64_t now_s);

 private:
  static constexpr std::size_t slots = 1024;
  struct Slot final : Deadline {
    Slot();
    void expired(std::uint64_t) override {}
    bool empty() const;
  };
  void link(Deadline& deadline);

  std::array<Slot, slots> wheel_;
  std::uint64_t now_s_;
};

}  // namespace vigil::server

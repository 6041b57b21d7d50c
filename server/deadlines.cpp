#include "server/deadlines.hpp"

#include <algorithm>

namespace vigil::server {

void Deadline::unlink() {
  if (before_ == nullptr) return;
  before_->after_ = after_;
  after_->before_ = before_;
  before_ = after_ = nullptr;
}

Deadlines::Slot::Slot() {
  before_ = after_ = this;
}

bool Deadlines::Slot::empty() const {
  return after_ == this;
}

Deadlines::Deadlines(std::uint64_t now_s) : now_s_(now_s) {}

// Whoever is still on the wheel outlives it: taken off, so that its own destructor finds nothing to do.
Deadlines::~Deadlines() {
  for (Slot& slot : wheel_)
    while (!slot.empty()) slot.after_->unlink();
}

void Deadlines::set(Deadline& deadline, std::uint64_t at_s) {
  deadline.at_s_ = at_s;
  if (deadline.before_ != nullptr && deadline.linked_s_ <= at_s) return;
  deadline.unlink();
  link(deadline);
}

void Deadlines::clear(Deadline& deadline) {
  deadline.unlink();
}

void Deadlines::link(Deadline& deadline) {
  const std::uint64_t second = std::clamp(deadline.at_s_, now_s_ + 1, now_s_ + slots - 1);
  deadline.linked_s_ = second;
  Slot& slot = wheel_[second % slots];
  deadline.before_ = slot.before_;
  deadline.after_ = &slot;
  slot.before_->after_ = &deadline;
  slot.before_ = &deadline;
}

void Deadlines::turn(std::uint64_t now_s) {
  // A thread that was stopped for longer than the wheel sees every slot once.
  const std::uint64_t first = now_s > now_s_ + slots ? now_s - slots + 1 : now_s_ + 1;
  for (std::uint64_t second = first; second <= now_s; ++second) {
    now_s_ = second;
    Slot due;  // what lies in the slot now; what is set meanwhile goes to later ones
    Slot& slot = wheel_[second % slots];
    if (slot.empty()) continue;
    due.after_ = slot.after_;
    due.before_ = slot.before_;
    due.after_->before_ = due.before_->after_ = &due;
    slot.before_ = slot.after_ = &slot;
    while (!due.empty()) {
      Deadline& deadline = *due.after_;
      deadline.unlink();
      if (deadline.at_s_ > now_s)
        link(deadline);
      else
        deadline.expired(now_s);
    }
  }
}

}  // namespace vigil::server

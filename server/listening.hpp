// What one listener has been given and what it is still owed: the window of unacknowledged copies, catching up from the store,
// and live copies as they are admitted. Used by connection; belongs to its I/O thread.
//
// Per lane, copies reach the reader in the order of their positions, each once per connection. A lane is *live* when everything
// up to 'last' was given and whatever is admitted next can be pushed; otherwise it is *behind* and is listed, page by page, from
// 'last'. Urgent before normal: the urgent lane is listed first, and the last places of the window are its own.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "server/switchboard.hpp"

namespace vigil::server {

class Listening final : public Listens {
 public:
  // What a listener's connection does for it.
  class Way {
   public:
    // May a copy be pushed now (the outbox has room)?
    virtual bool open() const = 0;
    virtual void deliver(std::uint64_t number, const storage::StoredCopy& copy) = 0;
    virtual void displaced() = 0;
    // A list was asked of the store, and answered: the connection counts what is outstanding, and ends if the store cannot read.
    virtual void list_begun() = 0;
    virtual void list_ended(bool failed) = 0;

   protected:
    ~Way() = default;
  };

  Listening(storage::Store& store, Switchboard& switchboard, Shard& shard, const MailboxId& mailbox, std::uint32_t window,
            Way& way);
  ~Listening();

  // Also again, after stop() or displacement. While listening already it changes nothing.
  void start();
  // No new copies; those given can still be acknowledged.
  void stop();
  // The way is open again.
  void resume() { proceed(); }

  // The positions of a range of numbers; nothing if it holds a number that was never given. Numbers acknowledged before are no
  // error.
  bool acknowledge(std::uint64_t first, std::uint64_t last, std::vector<storage::Position>& positions);
  // After one or more of these.
  void acknowledged() { proceed(); }

  // Listens
  void admitted(const storage::StoredCopy& copy) override;
  void settled() override;
  void unsettled() override;
  void displaced() override;

 private:
  using Lane = storage::Lane;
  struct LaneState {
    std::uint64_t last = 0;  // order of the newest copy given
    std::uint64_t noted =
        0;  // up to here copies may have been admitted that we neither gave nor hold: lists show them once settled
    std::vector<storage::StoredCopy> held;  // admitted after 'noted' while behind, in order; at most held_max
    bool behind = true;
    bool awaits = false;  // until 'noted' is settled
  };
  LaneState& state(Lane lane) { return lanes_[lane == wire::URGENT ? 0 : 1]; }
  // How many more copies of a lane the window takes.
  std::uint32_t places(Lane lane) const;
  void give(const storage::StoredCopy& copy);
  void proceed();
  void list(Lane lane);
  void listed(Lane lane, std::uint64_t settled_before, Result<storage::Store::Page> page);
  void catch_up(LaneState& lane);

  static constexpr std::size_t held_max = 64;
  static constexpr std::size_t span_max = 4096;  // numbers between the oldest unacknowledged copy and the newest

  storage::Store& store_;
  Switchboard& switchboard_;
  Shard& shard_;
  const MailboxId mailbox_;
  const std::uint32_t window_, reserve_;
  Way& way_;

  std::uint64_t ticket_ = 0;  // 0: not listening
  bool listing_ = false;
  std::array<LaneState, 2> lanes_;
  std::vector<std::optional<storage::Position>> given_;  // bounded: span_max; from number first_given_, empty where acknowledged
  std::uint64_t first_given_ = 1;
  std::uint32_t unacknowledged_ = 0, unacknowledged_normal_ = 0;
};

}  // namespace vigil::server

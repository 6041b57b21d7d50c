// The world of truth_test.cpp: what really happens in one night, told by a plain model that knows nothing of the client.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/random.hpp"
#include "proto/limits.hpp"

namespace vigil::client::testing {

inline constexpr std::uint64_t zero_s = 1'800'000'000;  // the world's clock
inline constexpr std::uint32_t lease_s = 300;
inline const std::vector<std::uint32_t> round_gaps{120, 240, 480};

inline std::string str(View v) {
  return std::string(text(v));
}

// Secrets of four responders in three tiers, the same for every night: making them is slow.
struct Secrets {
  Bytes alert_id = random_bytes(16), vigil_id = random_bytes(32), root = random_bytes(32), person = random_bytes(33);
  std::vector<Secret> answer, closing;
  std::vector<std::string> heads, hashes;
  std::vector<std::uint32_t> after_s{0, 60, 60, 150}, tier{1, 2, 2, 3};
  Secrets() {
    for (int i = 0; i < 4; ++i) {
      answer.push_back(random_id<Secret>());
      closing.push_back(random_id<Secret>());
      heads.push_back(str(answer_chain(answer.back(), limits::answer_chain_steps).view()));
      hashes.push_back(str(vigil_secret_hash(closing.back()).view()));
    }
  }
};
inline const Secrets& secrets() {
  static const Secrets made;
  return made;
}

struct Event {
  enum class Kind : std::uint8_t { stage, answered, given_back, lapsed, closed, free_ending, forced_ending };
  Kind kind{};
  std::uint64_t at_s = 0;
  std::uint32_t index = 0, step = 0, other = 0;
  std::uint32_t round = 0, stage = 0;
  std::uint32_t pressed_again = 0;
};

// What really happens: a relay as storage/embedded has it, in the fewest words, and people who do as they like.
class World {
 public:
  explicit World(std::mt19937& random) : random_(random) {
    due_s_ = zero_s + 10;
    end_s_ = zero_s + 200 + random() % 1800;
    for (std::uint64_t now_s = zero_s; now_s < end_s_ && !over_; ++now_s) second(now_s);
    if (over_) end_s_ = events_.back().at_s + 400;
  }
  const std::vector<Event>& events() const { return events_; }
  std::uint64_t end_s() const { return end_s_; }  // nothing is known of what comes after
  // The rung that the relay has due at this second, if nothing else happens.
  struct Due {
    bool lease = false;
    std::uint64_t at_s = 0;
    std::uint32_t round = 0, stage = 0;
  };
  const Due& due(std::uint64_t at_s) const { return dues_[std::min<std::size_t>(at_s - zero_s, dues_.size() - 1)]; }

 private:
  void second(std::uint64_t now_s) {
    if (holder_ >= 0 && now_s >= lease_end_s_) {
      add({.kind = Event::Kind::lapsed,
           .at_s = now_s,
           .index = static_cast<std::uint32_t>(holder_),
           .step = steps_[static_cast<std::size_t>(holder_)]});
      holder_ = -1;
      due_s_ = now_s;
    }
    if (holder_ < 0 && now_s >= due_s_) {
      add({.kind = Event::Kind::stage, .at_s = now_s, .round = round_, .stage = stage_});
      released_ = true;
      static constexpr std::uint32_t after[] = {0, 60, 150};
      if (stage_ + 1 < 3) {
        due_s_ = now_s + after[stage_ + 1] - after[stage_];
        ++stage_;
      } else {
        due_s_ = now_s + (round_ <= round_gaps.size() ? round_gaps[round_ - 1] : 3600);
        stage_ = 0;
        ++round_;
      }
    }
    if (released_ && random_() % 120 == 0) act(now_s);
    // After either ending the relay takes no second one.
    if (!forced_ && random_() % 4000 == 0) {
      add({.kind = Event::Kind::free_ending, .at_s = now_s});
      over_ = true;
    } else if (!forced_ && random_() % 4000 == 0) {
      add({.kind = Event::Kind::forced_ending, .at_s = now_s});
      forced_ = true;
    } else if (released_ && random_() % 4000 == 0) {
      add({.kind = Event::Kind::closed, .at_s = now_s, .index = 1, .other = 3});
      over_ = true;
    }
    dues_.push_back({.lease = holder_ >= 0, .at_s = due_s_, .round = round_, .stage = stage_});
  }
  void act(std::uint64_t now_s) {
    const int who = static_cast<int>(random_() % 4);
    if (holder_ >= 0 && holder_ != who) return;  // somebody else's
    const bool gives_back = holder_ == who && random_() % 2 == 0;
    std::uint32_t& newest = steps_[static_cast<std::size_t>(who)];
    std::uint32_t step = newest + 1;
    if ((step % 2 == 0) != gives_back) ++step;
    newest = step;
    add({.kind = gives_back ? Event::Kind::given_back : Event::Kind::answered,
         .at_s = now_s,
         .index = static_cast<std::uint32_t>(who),
         .step = step});
    holder_ = gives_back ? -1 : who;
    lease_end_s_ = now_s + lease_s;
    if (gives_back) due_s_ = now_s + 1;
  }
  void add(Event event) { events_.push_back(event); }

  std::mt19937& random_;
  std::vector<Event> events_;
  std::vector<Due> dues_;
  std::uint64_t due_s_ = 0, lease_end_s_ = 0, end_s_ = 0;
  std::uint32_t round_ = 1, stage_ = 0;
  std::array<std::uint32_t, 4> steps_{};
  int holder_ = -1;
  bool released_ = false, forced_ = false, over_ = false;
};

}  // namespace vigil::client::testing

// Would an alert work now? Pure: facts in, lines out, each line with what to do next. Red lines are what an alert would fail on,
// or what has not been tried for too long; advice is neither. Used by `ready`; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vigil::client {

inline constexpr std::uint64_t drill_fresh_s = 30 * 24 * 3600;
inline constexpr std::size_t drill_people_least = 2;
inline constexpr std::uint64_t probe_fresh_s = 10 * 24 * 3600;
// An address is asked about between so many days after the last time: about weekly, at no hour that tells whose it is.
inline constexpr std::uint64_t probe_least_s = 5 * 24 * 3600;
inline constexpr std::uint64_t probe_spread_s = 4 * 24 * 3600;
static_assert(probe_least_s + probe_spread_s < probe_fresh_s, "a probe comes before the last one is too old");

struct ReadyRelay {
  std::string name;
  enum class Answer : std::uint8_t { good, silent, refused } answer = Answer::silent;
};
struct ReadyAddress {
  std::string relay;
  std::uint64_t good_s = 0, refused_s = 0;
};
struct ReadyPerson {
  std::string name;
  std::uint32_t tier = 1;
  bool on_duty = true;
  bool lawyer = false;
  bool has_plan = true;
  std::uint64_t keys_until_s = 0;  // of her newest bundle; 0: never seen
  std::vector<ReadyAddress> addresses;
  std::uint64_t drilled_s = 0;  // lawyers: her own drill, answered
  std::uint64_t booked_s = 0;
};
struct ReadyFacts {
  std::uint64_t now_s = 0;
  std::vector<ReadyRelay> relays;
  std::vector<ReadyPerson> people;  // in tiers
  std::vector<std::uint32_t> empty_tiers;
  std::size_t prepared = 0;
  std::uint64_t oldest_made_s = 0;
  std::uint64_t drilled_s = 0;  // the newest drill that was answered by enough people
  std::uint64_t drill_tried_s = 0;
  std::size_t drill_people = 0;  // of the newest drill
};

struct ReadyLine {
  enum class Colour : std::uint8_t { green, advice, red } colour = Colour::green;
  std::string what;  // for scripts
  std::string name;  // whom or what it is about
  std::string words;
};
std::vector<ReadyLine> readiness(const ReadyFacts& facts);
bool would_work(const std::vector<ReadyLine>& lines);

}  // namespace vigil::client

// What the relay's metrics say, as text in Prometheus' format. Used by metrics; pure, any thread. docs/metrics.md lists every
// name.
//
// Whoever collects metrics keeps them for years, elsewhere. So what the machine does is told once a minute, and what people do
// once an hour, in tens: an alert of one person in a small network is a handful of copies, and nobody reads its minute here.
// **Invariant:** nothing but a fixed name, a fixed bucket and a number is ever written: no id, address, IP, path or text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/status.hpp"
#include "storage/durations.hpp"

namespace vigil::server {

// One look at the relay.
struct Measured {
  StatusNumbers numbers;
  std::vector<std::pair<std::string_view, storage::Durations::Counts>> durations;  // bounded: a handful, by name
};

// How a number of the status becomes a metric.
struct Metric {
  enum class Kind : std::uint8_t { counter, gauge };
  enum class Pace : std::uint8_t { minute, hour };  // hour: what people do, rounded down to tens
  enum class Unit : std::uint8_t { as_is, milliseconds, days, power_of_two };
  std::string_view number;  // its name in StatusNumbers
  std::string_view name;
  Kind kind;
  Pace pace;
  Unit unit;
  std::string_view help;
};
const std::vector<Metric>& metrics_list();

class MetricsPage {
 public:
  using Look = std::function<Measured()>;
  explicit MetricsPage(Look look) : look_(std::move(look)) {}

  // The page at this moment, by any clock that never runs backwards. However often it is asked for, it changes once a minute,
  // and what people do once an hour.
  std::string at(std::uint64_t now_s);

 private:
  Look look_;
  std::optional<std::uint64_t> minute_, hour_;
  std::string of_minute_, of_hour_;
};

}  // namespace vigil::server

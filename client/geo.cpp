#include "client/geo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/src.hpp>  // the whole reader is compiled here and nowhere else
#include <chrono>
#include <cmath>
#include <numbers>

#include "client/json_events.hpp"

namespace vigil::client {
namespace {

namespace json = boost::json;

constexpr std::size_t depth_max = 8;
constexpr std::uint64_t far_future_s = 7'258'118'400;  // 2200
constexpr std::uint32_t accuracy_max_m = 100'000;
constexpr double metres_per_degree = 111'195;
constexpr std::int64_t cell_e7 = 100'000;  // 0.01 degrees: 1.1 km
constexpr std::uint32_t coarse_m = 1000;
constexpr std::int64_t whole_turn_e7 = 3'600'000'000;

std::optional<json::value> parsed(std::string_view line) {
  if (line.empty() || line.size() > geo_line_bytes_max) return std::nullopt;
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  json::value value = json::parse(line, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  return value;
}

std::optional<double> number(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  double out = 0;
  if (value->is_double()) {
    out = value->get_double();
  } else if (value->is_int64()) {
    out = static_cast<double>(value->get_int64());
  } else if (value->is_uint64()) {
    out = static_cast<double>(value->get_uint64());
  } else {
    return std::nullopt;
  }
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::string_view word(const json::value* value) {
  if (value == nullptr || !value->is_string()) return {};
  const json::string& text = value->get_string();
  return {text.data(), text.size()};
}

std::optional<Fix> fix_at(std::optional<double> latitude, std::optional<double> longitude) {
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) return std::nullopt;
  return Fix{.latitude = static_cast<std::int32_t>(std::llround(*latitude * 1e7)),
             .longitude = static_cast<std::int32_t>(std::llround(*longitude * 1e7))};
}

std::optional<std::uint64_t> time_of(const json::value* value) {
  if (const std::string_view text = word(value); !text.empty()) return read_utc(text);
  const auto seconds = number(value);
  if (!seconds || *seconds < 1 || *seconds > static_cast<double>(far_future_s)) return std::nullopt;
  return static_cast<std::uint64_t>(*seconds);
}

void add_accuracy(Fix& fix, std::optional<double> metres) {
  if (metres && *metres > 0 && *metres <= accuracy_max_m) fix.accuracy_m = static_cast<std::uint32_t>(std::ceil(*metres));
}
void add_motion(Fix& fix, std::optional<double> m_per_s, std::optional<double> heading) {
  if (m_per_s && *m_per_s >= 0 && *m_per_s < 1000) fix.speed_cm_s = static_cast<std::uint32_t>(std::lround(*m_per_s * 100));
  if (heading && *heading >= 0 && *heading <= 360) fix.heading_deg = static_cast<std::uint32_t>(std::lround(*heading)) % 360;
}

std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

std::optional<std::uint64_t> read_utc(std::string_view text) {
  if (text.size() < 20 || text.size() > 32 || text.back() != 'Z') return std::nullopt;
  constexpr std::string_view shape = "....-..-..T..:..:..";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '.' && shape[i] != text[i]) return std::nullopt;
  }
  const std::string_view fraction = text.substr(shape.size(), text.size() - shape.size() - 1);
  if (!fraction.empty() && (fraction.size() < 2 || fraction[0] != '.' || !digits(fraction.substr(1)))) return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  const auto hours = digits(text.substr(11, 2)), minutes = digits(text.substr(14, 2)), seconds = digits(text.substr(17, 2));
  if (!year || !month || !day || !hours || !minutes || !seconds) return std::nullopt;
  if (*year < 1970 || *year > 2199 || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)}, std::chrono::month{*month},
                                         std::chrono::day{*day}};
  if (!date.ok()) return std::nullopt;
  const auto days = static_cast<std::uint64_t>(std::chrono::sys_days{date}.time_since_epoch().count());
  return days * 86'400 + *hours * 3600 + *minutes * 60 + std::min(*seconds, 59u);
}

std::string write_utc(std::uint64_t at_s) {
  const std::chrono::sys_days day{std::chrono::days{static_cast<int>(std::min(at_s, far_future_s) / 86'400)}};
  const std::chrono::year_month_day date{day};
  const std::uint64_t second = std::min(at_s, far_future_s) % 86'400;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), second / 3600, second / 60 % 60, second % 60);
}

std::optional<Fix> read_geojson(std::string_view line, std::uint64_t now_s) {
  const auto value = parsed(line);
  if (!value) return std::nullopt;
  const json::object* geometry = &value->get_object();
  const json::object* properties = nullptr;
  if (word(geometry->if_contains("type")) == "Feature") {
    const json::value* inner = geometry->if_contains("geometry");
    const json::value* said = geometry->if_contains("properties");
    if (inner == nullptr || !inner->is_object()) return std::nullopt;
    if (said != nullptr && said->is_object()) properties = &said->get_object();
    geometry = &inner->get_object();
  }
  if (word(geometry->if_contains("type")) != "Point") return std::nullopt;
  const json::value* place = geometry->if_contains("coordinates");
  if (place == nullptr || !place->is_array() || place->get_array().size() < 2 || place->get_array().size() > 3)
    return std::nullopt;
  std::optional<Fix> fix = fix_at(number(&place->get_array()[1]), number(&place->get_array()[0]));
  if (!fix) return std::nullopt;
  fix->at_s = now_s;
  if (properties == nullptr) return fix;
  if (const json::value* time = properties->if_contains("time"); time != nullptr && !time->is_null()) {
    const auto at_s = time_of(time);
    if (!at_s) return std::nullopt;
    fix->at_s = *at_s;
  }
  add_accuracy(*fix, number(properties->if_contains("accuracy")));
  add_motion(*fix, number(properties->if_contains("speed")), number(properties->if_contains("heading")));
  if (const auto battery = number(properties->if_contains("battery")); battery && *battery >= 0 && *battery <= 100)
    fix->battery_percent = static_cast<std::uint32_t>(*battery);
  return fix;
}

std::optional<Fix> read_gpsd(std::string_view line) {
  const auto value = parsed(line);
  if (!value) return std::nullopt;
  const json::object& report = value->get_object();
  if (word(report.if_contains("class")) != "TPV") return std::nullopt;
  const auto mode = number(report.if_contains("mode"));
  if (!mode || (*mode != 2 && *mode != 3)) return std::nullopt;
  std::optional<Fix> fix = fix_at(number(report.if_contains("lat")), number(report.if_contains("lon")));
  const auto at_s = read_utc(word(report.if_contains("time")));
  if (!fix || !at_s) return std::nullopt;
  fix->at_s = *at_s;
  const auto east = number(report.if_contains("epx")), north = number(report.if_contains("epy"));
  std::optional<double> off = number(report.if_contains("eph"));
  if (!off && east && north) off = std::max(*east, *north);
  add_accuracy(*fix, off);
  add_motion(*fix, number(report.if_contains("speed")), number(report.if_contains("track")));
  return fix;
}

// ---- what others may know

Fix coarse(const Fix& fix) {
  const auto middle = [](std::int64_t e7, std::int64_t cell) {
    const std::int64_t down = e7 >= 0 ? e7 / cell : -((-e7 + cell - 1) / cell);
    return down * cell + cell / 2;
  };
  const std::int64_t latitude = std::clamp<std::int64_t>(middle(fix.latitude, cell_e7), -900'000'000, 900'000'000);
  // As wide as it is high. The width follows from the cell's own latitude, so every place of a row has the same cells.
  const double shrink = std::max(0.01, std::cos(static_cast<double>(latitude) * 1e-7 * std::numbers::pi / 180));
  const auto cells =
      std::max<std::int64_t>(1, std::llround(static_cast<double>(whole_turn_e7) / static_cast<double>(cell_e7) * shrink));
  const std::int64_t longitude =
      std::clamp<std::int64_t>(middle(fix.longitude, whole_turn_e7 / cells), -1'800'000'000, 1'800'000'000);
  return {.latitude = static_cast<std::int32_t>(latitude),
          .longitude = static_cast<std::int32_t>(longitude),
          .accuracy_m = std::max(fix.accuracy_m, coarse_m),
          .at_s = fix.at_s,
          .battery_percent = fix.battery_percent};
}

double metres_between(const Fix& a, const Fix& b) {
  const double middle = (static_cast<double>(a.latitude) + b.latitude) * 0.5e-7 * std::numbers::pi / 180;
  double east = (static_cast<double>(a.longitude) - b.longitude) * 1e-7;
  if (std::abs(east) > 180) east = 360 - std::abs(east);
  const double north = (static_cast<double>(a.latitude) - b.latitude) * 1e-7;
  return std::hypot(east * std::cos(middle), north) * metres_per_degree;
}

bool FixPicker::take(const Fix& fix) {
  if (!picked_.empty()) {
    const Fix& last = picked_.front();
    if (fix.at_s < last.at_s + std::max(least_s_, 1U)) return false;
    if (fix.at_s < last.at_s + every_s_ && metres_between(fix, last) < metres_) return false;
  }
  picked_.insert(picked_.begin(), fix);
  if (picked_.size() > fixes_in_alert_max) picked_.pop_back();
  return true;
}

// ---- trails

TrailView trail_of(std::vector<TrailPoint> points) {
  std::sort(points.begin(), points.end(), [](const TrailPoint& a, const TrailPoint& b) {
    return a.fix.at_s != b.fix.at_s ? a.fix.at_s < b.fix.at_s : a.exact > b.exact;
  });
  TrailView trail;
  for (const TrailPoint& point : points) {
    if (!trail.pieces.empty() && trail.last_s == point.fix.at_s) continue;  // the exact one of the same second came first
    if (trail.pieces.empty() || point.fix.at_s > trail.last_s + gap_s) trail.pieces.emplace_back();
    trail.pieces.back().push_back(point);
    trail.last_s = point.fix.at_s;
  }
  return trail;
}

std::string geojson_of(const TrailView& trail) {
  std::string out = R"({"type":"FeatureCollection","features":[)";
  bool first = true;
  const auto place = [](const Fix& fix) { return fmt::format("[{},{}]", degrees(fix.longitude), degrees(fix.latitude)); };
  for (const std::vector<TrailPoint>& piece : trail.pieces) {
    if (piece.size() > 1) {
      std::string line;
      for (const TrailPoint& point : piece) line += (line.empty() ? "" : ",") + place(point.fix);
      out += fmt::format(R"({}{{"type":"Feature","geometry":{{"type":"LineString","coordinates":[{}]}},)"
                         R"("properties":{{"from":"{}","to":"{}"}}}})",
                         first ? "" : ",", line, write_utc(piece.front().fix.at_s), write_utc(piece.back().fix.at_s));
      first = false;
    }
    for (const TrailPoint& point : piece) {
      out += fmt::format(
          R"({}{{"type":"Feature","geometry":{{"type":"Point","coordinates":{}}},"properties":{{"time":"{}","exact":{})",
          first ? "" : ",", place(point.fix), write_utc(point.fix.at_s), point.exact);
      if (point.fix.accuracy_m != 0) out += fmt::format(R"(,"accuracy":{})", point.fix.accuracy_m);
      if (point.fix.heading_deg < heading_unknown) out += fmt::format(R"(,"heading":{})", point.fix.heading_deg);
      if (point.fix.battery_percent < battery_unknown) out += fmt::format(R"(,"battery":{})", point.fix.battery_percent);
      out += "}}";
      first = false;
    }
  }
  return out + "]}\n";
}

std::string gpx_of(const TrailView& trail) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<gpx version=\"1.1\" creator=\"Vigil\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk>\n";
  for (const std::vector<TrailPoint>& piece : trail.pieces) {
    out += "<trkseg>\n";
    for (const TrailPoint& point : piece)
      out += fmt::format("<trkpt lat=\"{}\" lon=\"{}\"><time>{}</time></trkpt>\n", degrees(point.fix.latitude),
                         degrees(point.fix.longitude), write_utc(point.fix.at_s));
    out += "</trkseg>\n";
  }
  return out + "</trk>\n</gpx>\n";
}

std::string geo_uri_of(const Fix& fix) {
  const std::string place = fmt::format("geo:{},{}", degrees(fix.latitude), degrees(fix.longitude));
  return fix.accuracy_m == 0 ? place : fmt::format("{};u={}", place, fix.accuracy_m);
}

}  // namespace vigil::client

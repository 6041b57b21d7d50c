#include "client/alert_book.hpp"

#include <stdexcept>

#include <algorithm>

#include "crypto/base/encoding.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t places_kept_s = 24 * 3600;
constexpr std::uint64_t alerts_kept_s = 7 * 24 * 3600;

// When even the last of its vigils must have died by itself: 30 days after its copies were sealed, and none was sealed later than
// something of it came.
std::uint64_t dead_s(const record::AlertRecord& record) {
  std::uint64_t last_s = record.first_here_s();
  for (const record::VigilRecord& vigil : record.vigils()) {
    last_s = std::max({last_s, vigil.first_release_s(), vigil.on_relay_s()});
    for (const record::ActRecord& act : vigil.acts()) last_s = std::max(last_s, act.from_s());
  }
  return last_s + limits::vigil_life_s;
}

}  // namespace

std::optional<AlertState> AlertBook::read(Query& query) {
  if (!query.row()) return std::nullopt;
  const View stored = query.blob(0);
  record::AlertRecord record;
  if (!record.ParseFromArray(stored.data(), static_cast<int>(stored.size()))) throw Failed(Fault::damaged);
  return AlertState(std::move(record));
}

std::optional<AlertState> AlertBook::find(View alert_id) {
  Query query = container_.query("SELECT record FROM alert_records WHERE alert_id = ?");
  query.bind(alert_id);
  return read(query);
}

std::optional<AlertState> AlertBook::by_vigil(View vigil_id) {
  Query query = container_.query("SELECT record FROM alert_records JOIN alert_vigils USING (alert_id) WHERE vigil_id = ?");
  query.bind(vigil_id);
  return read(query);
}

std::vector<AlertState> AlertBook::read_all(Query query) {
  std::vector<AlertState> found;
  while (std::optional<AlertState> next = read(query)) found.push_back(std::move(*next));
  return found;
}

std::vector<AlertState> AlertBook::all() {
  return read_all(container_.query("SELECT record FROM alert_records ORDER BY first_s DESC"));
}

std::vector<AlertState> AlertBook::going_on() {
  return read_all(container_.query("SELECT record FROM alert_records WHERE over_s = 0 ORDER BY first_s DESC"));
}

std::vector<AlertState> AlertBook::starting_with(std::string_view hex_digits) {
  std::vector<AlertState> found;
  for (AlertState& alert : all()) {
    if (hex(view(alert.record().alert_id())).starts_with(hex_digits)) found.push_back(std::move(alert));
  }
  return found;
}

void AlertBook::put(const AlertState& alert) {
  if (!container_.in_step()) throw std::logic_error("an alert is stored outside the step that read it");
  const record::AlertRecord& record = alert.record();
  container_.query("INSERT OR REPLACE INTO alert_records VALUES (?, ?, ?, ?)")
      .bind(view(record.alert_id()))
      .bind(view(record.SerializeAsString()))
      .bind(record.first_here_s())
      .bind(record.over_s())
      .run();
  for (const record::VigilRecord& vigil : record.vigils()) {
    container_.query("INSERT OR REPLACE INTO alert_vigils VALUES (?, ?)")
        .bind(view(vigil.vigil_id()))
        .bind(view(record.alert_id()))
        .run();
  }
}

bool AlertBook::update(View alert_id, const std::function<bool(AlertState&)>& change) {
  Container::Transaction step(container_);
  std::optional<AlertState> alert = find(alert_id);
  if (!alert || !change(*alert)) return false;
  put(*alert);
  step.commit();
  return true;
}

void AlertBook::remember_content(View content_id, View alert_id, View vigil_id) {
  container_.query("INSERT OR REPLACE INTO alert_contents VALUES (?, ?, ?)").bind(content_id).bind(alert_id).bind(vigil_id).run();
}

std::optional<AlertBook::Content> AlertBook::content(View content_id) {
  Query query = container_.query("SELECT alert_id, vigil_id FROM alert_contents WHERE content_id = ?");
  query.bind(content_id);
  if (!query.row()) return std::nullopt;
  const View alert = query.blob(0);
  const View vigil = query.blob(1);
  return Content{.alert_id = Bytes(alert.begin(), alert.end()), .vigil_id = Bytes(vigil.begin(), vigil.end())};
}

void AlertBook::forget_old(std::uint64_t now_s) {
  Container::Transaction step(container_);
  for (AlertState& alert : all()) {
    record::AlertRecord& record = alert.record();
    const std::uint64_t over_s = record.over_s() != 0 ? record.over_s() : dead_s(record);
    if (over_s + alerts_kept_s < now_s) {
      const View id = view(record.alert_id());
      container_.query("DELETE FROM alert_contents WHERE alert_id = ?").bind(id).run();
      container_.query("DELETE FROM alert_vigils WHERE alert_id = ?").bind(id).run();
      container_.query("DELETE FROM alert_records WHERE alert_id = ?").bind(id).run();
    } else if (over_s + places_kept_s < now_s && record.alert().has_track()) {
      record.mutable_alert()->clear_track();
      put(alert);
    }
  }
  step.commit();
}

}  // namespace vigil::client

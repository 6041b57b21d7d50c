#include "client/places.hpp"

#include "crypto/base/encoding.hpp"
#include "crypto/base/hash.hpp"
#include "crypto/base/secret_bytes.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t future_s = 600;  // clocks differ by so much
constexpr std::string_view own_share = "own share";

Bytes bytes(View v) {
  return {v.begin(), v.end()};
}

Shared read_shared(const Query& query) {
  return {.share_id = bytes(query.blob(0)),
          .person = bytes(query.blob(1)),
          .until_s = query.count(2),
          .exact = query.number(3) != 0,
          .seen_by = query.text(4),
          .over_s = query.count(5)};
}

Bytes whole(const Fix& fix) {
  const std::string fields = track_of({fix}).SerializeAsString();
  return bytes(view(fields));
}
std::optional<Fix> fix_in(View row) {
  content::Track track;
  if (!track.ParseFromArray(row.data(), static_cast<int>(row.size()))) return std::nullopt;
  const std::vector<Fix> fixes = fixes_of(track);
  return fixes.empty() ? std::nullopt : std::optional(fixes.front());
}

}  // namespace

// ---- others'

void Places::put(const Shared& shared) {
  container_.query("INSERT OR REPLACE INTO shares VALUES (?, ?, ?, ?, ?, ?)")
      .bind(View(shared.share_id))
      .bind(View(shared.person))
      .bind(shared.until_s)
      .bind(shared.exact)
      .bind(std::string_view(shared.seen_by))
      .bind(shared.over_s)
      .run();
}

std::optional<Shared> Places::find(View share_id, View person) {
  Query query = container_.query("SELECT * FROM shares WHERE share_id = ? AND person = ?");
  query.bind(share_id).bind(person);
  if (!query.row()) return std::nullopt;
  return read_shared(query);
}

std::vector<Shared> Places::running(std::uint64_t now_s) {
  Query query = container_.query("SELECT * FROM shares WHERE over_s = 0 AND until_s > ? ORDER BY until_s");
  query.bind(now_s);
  std::vector<Shared> out;
  while (query.row()) out.push_back(read_shared(query));
  return out;
}

bool Places::add(View person, View about, bool exact, const std::vector<Fix>& fixes, std::uint64_t now_s) {
  std::uint64_t newest_s = 0;
  {
    Query query = container_.query("SELECT MAX(at_s) FROM places WHERE person = ?");
    query.bind(person);
    if (query.row() && !query.is_null(0)) newest_s = query.count(0);
  }
  bool news = false;
  for (const Fix& fix : fixes) {
    if (fix.at_s > now_s + future_s) continue;
    const Bytes row = whole(fix);
    container_.query("INSERT OR IGNORE INTO places VALUES (?, ?, ?, ?, ?)")
        .bind(person)
        .bind(fix.at_s)
        .bind(exact)
        .bind(about)
        .bind(View(row))
        .run();
    news = news || fix.at_s > newest_s;
  }
  container_
      .query(
          "DELETE FROM places WHERE person = ? AND at_s < (SELECT MIN(at_s) FROM (SELECT at_s FROM places WHERE person = ? "
          "ORDER BY at_s DESC LIMIT ?))")
      .bind(person)
      .bind(person)
      .bind(static_cast<std::uint64_t>(places_of_person_max))
      .run();
  return news;
}

TrailView Places::trail(View person) {
  Query query = container_.query("SELECT exact, fix FROM places WHERE person = ? ORDER BY at_s");
  query.bind(person);
  std::vector<TrailPoint> points;
  while (query.row()) {
    if (const auto fix = fix_in(query.blob(1))) points.push_back({.fix = *fix, .exact = query.number(0) != 0});
  }
  return trail_of(std::move(points));
}

void Places::forget_old(AlertBook& alerts, std::uint64_t now_s) {
  Container::Transaction step(container_);
  const std::uint64_t before_s = now_s > shared_places_kept_s ? now_s - shared_places_kept_s : 0;
  std::vector<Bytes> gone;
  {
    Query query = container_.query("SELECT DISTINCT about FROM places");
    while (query.row()) gone.push_back(bytes(query.blob(0)));
  }
  std::erase_if(gone, [&](const Bytes& about) {
    if (const auto alert = alerts.find(about)) return alert->record().over_s() == 0 || alert->record().over_s() >= before_s;
    Query query = container_.query("SELECT 1 FROM shares WHERE share_id = ? AND until_s >= ? AND (over_s = 0 OR over_s >= ?)");
    query.bind(View(about)).bind(before_s).bind(before_s);
    return query.row();
  });
  for (const Bytes& about : gone) container_.query("DELETE FROM places WHERE about = ?").bind(View(about)).run();
  container_.query("DELETE FROM shares WHERE until_s < ? OR (over_s != 0 AND over_s < ?)").bind(before_s).bind(before_s).run();
  step.commit();
}

// ---- one's own: one row of the settings, ids 16, times 8 each, exact 1, topics 32, contacts 8 each

std::optional<OwnShare> Places::own() {
  const auto row = container_.setting(own_share);
  constexpr std::size_t head = 16 + 3 * 8 + 1 + 32;
  if (!row || row->size() < head || (row->size() - head) % 8 != 0) return std::nullopt;
  const View all(*row);
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) value = value << 8 | all[at + i];
    return value;
  };
  OwnShare share{.share_id = bytes(all.subspan(0, 16)),
                 .begun_s = number(16),
                 .until_s = number(24),
                 .extra_s = static_cast<std::uint32_t>(number(32)),
                 .exact = all[40] != 0,
                 .with = {},
                 .topics = *Secret::from(all.subspan(41, 32))};
  for (std::size_t at = head; at < all.size(); at += 8) share.with.push_back(ContactId{static_cast<std::int64_t>(number(at))});
  return share;
}

void Places::begin(const OwnShare& share) {
  Bytes row(share.share_id);
  const auto add = [&](View part) { row.insert(row.end(), part.begin(), part.end()); };
  add(be64(share.begun_s));
  add(be64(share.until_s));
  add(be64(share.extra_s));
  row.push_back(share.exact ? 1 : 0);
  add(share.topics.view());
  for (const ContactId contact : share.with) add(be64(static_cast<std::uint64_t>(contact)));
  container_.set(own_share, row);
}

void Places::extend(std::uint64_t until_s) {
  Container::Transaction step(container_);
  if (std::optional<OwnShare> share = own()) {
    share->until_s = until_s;
    begin(*share);
  }
  step.commit();
}

void Places::end() {
  container_.set(own_share, {});
}

}  // namespace vigil::client

#include "client/watches.hpp"

#include "client/records/story.hpp"
#include "crypto/base/encoding.hpp"
#include "proto/limits.hpp"

namespace vigil::client {
namespace {

Bytes bytes(View v) {
  return {v.begin(), v.end()};
}

// ---- columns: checkin_id, person, every_s, grace_s, begun_s, last_s, counts_from_s, roots, forced, fired, over_s
Watched read_row(const Query& query) {
  Watched out{.checkin_id = bytes(query.blob(0)),
              .person = bytes(query.blob(1)),
              .every_s = static_cast<std::uint32_t>(query.count(2)),
              .grace_s = static_cast<std::uint32_t>(query.count(3)),
              .begun_s = query.count(4),
              .last_s = query.count(5),
              .counts_from_s = query.count(6),
              .roots = {},
              .forced = query.number(8) != 0,
              .fired = query.number(9) != 0,
              .over_s = query.count(10)};
  const View roots = query.blob(7);
  for (std::size_t at = 0; at + PublicKey::length <= roots.size(); at += PublicKey::length)
    out.roots.push_back(*PublicKey::from(roots.subspan(at, PublicKey::length)));
  return out;
}

}  // namespace

void Watches::put(const Watched& watched) {
  Bytes roots;
  for (const PublicKey& root : watched.roots) roots.insert(roots.end(), root.bytes.begin(), root.bytes.end());
  container_.query("INSERT OR REPLACE INTO watched VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(View(watched.checkin_id))
      .bind(View(watched.person))
      .bind(watched.every_s)
      .bind(watched.grace_s)
      .bind(watched.begun_s)
      .bind(watched.last_s)
      .bind(watched.counts_from_s)
      .bind(View(roots))
      .bind(watched.forced)
      .bind(watched.fired)
      .bind(watched.over_s)
      .run();
}

std::optional<Watched> Watches::find(View checkin_id, View person) {
  Query query = container_.query("SELECT * FROM watched WHERE checkin_id = ? AND person = ?");
  query.bind(checkin_id).bind(person);
  if (!query.row()) return std::nullopt;
  return read_row(query);
}

std::vector<Watched> Watches::all() {
  Query query = container_.query("SELECT * FROM watched WHERE over_s = 0 ORDER BY counts_from_s");
  std::vector<Watched> out;
  while (query.row()) out.push_back(read_row(query));
  return out;
}

void Watches::remember_sign(View content_id, const Sign& sign, std::uint64_t now_s) {
  container_.query("INSERT OR REPLACE INTO signs VALUES (?, ?, ?, ?, ?)")
      .bind(content_id)
      .bind(View(sign.checkin_id))
      .bind(View(sign.person))
      .bind(sign.forced)
      .bind(now_s)
      .run();
}

std::optional<Watches::Sign> Watches::sign(View content_id) {
  Query query = container_.query("SELECT checkin_id, person, forced FROM signs WHERE content_id = ?");
  query.bind(content_id);
  if (!query.row()) return std::nullopt;
  return Sign{.checkin_id = bytes(query.blob(0)), .person = bytes(query.blob(1)), .forced = query.number(2) != 0};
}

void Watches::forget_old(std::uint64_t now_s) {
  const std::uint64_t before_s = now_s > watched_kept_s ? now_s - watched_kept_s : 0;
  container_.query("DELETE FROM watched WHERE over_s != 0 AND over_s < ?").bind(before_s).run();
  // Fired, or its end never came: as long as a vigil may live after her last sign.
  const std::uint64_t dead_s = now_s > limits::vigil_life_s ? now_s - limits::vigil_life_s : 0;
  container_.query("DELETE FROM watched WHERE over_s = 0 AND MAX(last_s, begun_s) < ?").bind(dead_s).run();
  container_.query("DELETE FROM signs WHERE at_s < ?").bind(now_s > ids_kept_s ? now_s - ids_kept_s : 0).run();
}

}  // namespace vigil::client

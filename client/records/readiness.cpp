#include "client/records/readiness.hpp"

namespace vigil::client {
namespace {

constexpr std::uint64_t drills_kept_s = 400 * 24 * 3600ull;

Probe read_probe(const Query& row) {
  return Probe{.contact = ContactId{row.number(0)},
               .root = row.id<PublicKey>(1),
               .next_s = row.count(2),
               .good_s = row.count(3),
               .refused_s = row.count(4)};
}

}  // namespace

void Probes::want(ContactId contact, const PublicKey& root, std::uint64_t next_s) {
  if (find(contact, root)) return;
  Container::Transaction step(container_);
  container_.query("INSERT OR IGNORE INTO probes (contact, root, next_s, good_s, refused_s) VALUES (?, ?, ?, 0, 0)")
      .bind(static_cast<std::int64_t>(contact))
      .bind(root.view())
      .bind(next_s)
      .run();
  step.commit();
}

std::optional<Probe> Probes::find(ContactId contact, const PublicKey& root) {
  Query found = container_.query("SELECT contact, root, next_s, good_s, refused_s FROM probes WHERE contact = ? AND root = ?");
  found.bind(static_cast<std::int64_t>(contact)).bind(root.view());
  if (!found.row()) return std::nullopt;
  return read_probe(found);
}

std::optional<Probe> Probes::due(std::uint64_t now_s) {
  Query found =
      container_.query("SELECT contact, root, next_s, good_s, refused_s FROM probes WHERE next_s <= ? ORDER BY next_s LIMIT 1");
  found.bind(now_s);
  if (!found.row()) return std::nullopt;
  return read_probe(found);
}

void Probes::answered(ContactId contact, const PublicKey& root, bool good, std::uint64_t now_s) {
  Container::Transaction step(container_);
  if (good) {
    container_.query("UPDATE probes SET good_s = ?, refused_s = 0 WHERE contact = ? AND root = ?")
        .bind(now_s)
        .bind(static_cast<std::int64_t>(contact))
        .bind(root.view())
        .run();
  } else {
    container_.query("UPDATE probes SET refused_s = ? WHERE contact = ? AND root = ?")
        .bind(now_s)
        .bind(static_cast<std::int64_t>(contact))
        .bind(root.view())
        .run();
  }
  step.commit();
}

void Probes::again(ContactId contact, const PublicKey& root, std::uint64_t next_s) {
  Container::Transaction step(container_);
  container_.query("UPDATE probes SET next_s = ? WHERE contact = ? AND root = ?")
      .bind(next_s)
      .bind(static_cast<std::int64_t>(contact))
      .bind(root.view())
      .run();
  step.commit();
}

void Drills::note(View alert_id, std::uint64_t pressed_s, bool lawyer) {
  Container::Transaction step(container_);
  container_.query("INSERT OR IGNORE INTO drills (alert_id, pressed_s, lawyer) VALUES (?, ?, ?)")
      .bind(alert_id)
      .bind(pressed_s)
      .bind(lawyer)
      .run();
  step.commit();
}

void Drills::add_person(View alert_id, ContactId contact) {
  Container::Transaction step(container_);
  container_.query("INSERT OR IGNORE INTO drill_people (alert_id, contact) VALUES (?, ?)")
      .bind(alert_id)
      .bind(static_cast<std::int64_t>(contact))
      .run();
  step.commit();
}

std::optional<Drill> Drills::newest(bool lawyer, std::size_t people, std::uint64_t since_s) {
  Query found = container_.query(
      "SELECT pressed_s, (SELECT count(*) FROM drill_people WHERE drill_people.alert_id = drills.alert_id) AS people FROM drills "
      "WHERE lawyer = ? AND people >= ? AND pressed_s >= ? ORDER BY pressed_s DESC LIMIT 1");
  found.bind(lawyer).bind(static_cast<std::uint64_t>(people)).bind(since_s);
  if (!found.row()) return std::nullopt;
  return Drill{.pressed_s = found.count(0), .people = static_cast<std::size_t>(found.number(1))};
}

std::optional<Drill> Drills::newest(bool lawyer) {
  return newest(lawyer, 0, 0);
}

std::optional<Drill> Drills::newest_of(ContactId lawyer) {
  Query found = container_.query(
      "SELECT drills.pressed_s FROM drills JOIN drill_people ON drill_people.alert_id = drills.alert_id "
      "WHERE drills.lawyer = ? AND drill_people.contact = ? ORDER BY drills.pressed_s DESC LIMIT 1");
  found.bind(true).bind(static_cast<std::int64_t>(lawyer));
  if (!found.row()) return std::nullopt;
  return Drill{.pressed_s = found.count(0), .people = 1};
}

void Drills::book(const Booking& booking) {
  Container::Transaction step(container_);
  container_.query("INSERT OR REPLACE INTO drill_bookings (contact, at_s) VALUES (?, ?)")
      .bind(static_cast<std::int64_t>(booking.contact))
      .bind(booking.at_s)
      .run();
  step.commit();
}

void Drills::call_off(ContactId contact) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM drill_bookings WHERE contact = ?").bind(static_cast<std::int64_t>(contact)).run();
  step.commit();
}

std::vector<Booking> Drills::bookings() {
  Query found = container_.query("SELECT contact, at_s FROM drill_bookings ORDER BY at_s");
  std::vector<Booking> out;
  while (found.row()) out.push_back({.contact = ContactId{found.number(0)}, .at_s = found.count(1)});
  return out;
}

void Drills::forget_old(std::uint64_t now_s) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM drills WHERE pressed_s < ?").bind(now_s > drills_kept_s ? now_s - drills_kept_s : 0).run();
  container_.query("DELETE FROM drill_people WHERE alert_id NOT IN (SELECT alert_id FROM drills)").run();
  step.commit();
}

}  // namespace vigil::client

#include "client/meetings.hpp"

namespace vigil::client {

std::optional<Meeting> Meetings::read(Query& query) {
  if (!query.row()) return std::nullopt;
  Meeting meeting;
  meeting.row = query.number(0);
  meeting.card_is_mine = query.number(1) != 0;
  meeting.through = query.id<AddressHash>(2);
  meeting.identity = query.id<e2ee::IdentityKey>(3);
  meeting.secret = query.id<Secret>(4);
  meeting.name = query.text(5);
  const View reach = query.blob(6);
  meeting.reach.assign(reach.begin(), reach.end());
  meeting.she_confirmed = query.number(7) != 0;
  meeting.i_confirmed = query.number(8) != 0;
  meeting.until_s = query.count(9);
  return meeting;
}

std::int64_t Meetings::add(const Meeting& meeting) {
  container_.query("INSERT INTO meetings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(meeting.card_is_mine)
      .bind(meeting.through.view())
      .bind(meeting.identity.view())
      .bind(meeting.secret.view())
      .bind(std::string_view(meeting.name))
      .bind(View(meeting.reach))
      .bind(meeting.she_confirmed)
      .bind(meeting.i_confirmed)
      .bind(meeting.until_s)
      .run();
  return container_.last_row_id();
}

std::optional<Meeting> Meetings::find(std::int64_t row) {
  Query query = container_.query("SELECT * FROM meetings WHERE row = ?");
  query.bind(row);
  return read(query);
}
std::optional<Meeting> Meetings::through(const AddressHash& address) {
  Query query = container_.query("SELECT * FROM meetings WHERE through = ? ORDER BY row DESC");
  query.bind(address.view());
  return read(query);
}
std::optional<Meeting> Meetings::with(const e2ee::IdentityKey& identity) {
  Query query = container_.query("SELECT * FROM meetings WHERE identity = ? ORDER BY row DESC");
  query.bind(identity.view());
  return read(query);
}

void Meetings::put(const Meeting& meeting) {
  container_.query("UPDATE meetings SET identity = ?, name = ?, reach = ?, she = ?, i = ? WHERE row = ?")
      .bind(meeting.identity.view())
      .bind(std::string_view(meeting.name))
      .bind(View(meeting.reach))
      .bind(meeting.she_confirmed)
      .bind(meeting.i_confirmed)
      .bind(meeting.row)
      .run();
}
void Meetings::remove(std::int64_t row) {
  container_.query("DELETE FROM meetings WHERE row = ?").bind(row).run();
}
void Meetings::forget_old(std::uint64_t now_s) {
  container_.query("DELETE FROM meetings WHERE until_s < ?").bind(now_s).run();
}

}  // namespace vigil::client

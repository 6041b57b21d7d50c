#include "client/records/agreements.hpp"

namespace vigil::client {
namespace {

// ---- columns: contact, word, lawyer, asked_s, said_s, off, off_until_s, days, from_min, to_min, utc_offset_min, reach
Agreement read(const Query& row) {
  const std::int64_t word = row.number(1);
  if (word < 1 || word > 4) throw Failed(Fault::damaged);
  const View reach = row.blob(11);
  return Agreement{.contact = ContactId{row.number(0)},
                   .word = static_cast<Word>(word),
                   .lawyer = row.number(2) != 0,
                   .asked_s = row.count(3),
                   .said_s = row.count(4),
                   .off = row.number(5) != 0,
                   .off_until_s = row.count(6),
                   .hours = {.days = static_cast<std::uint32_t>(row.number(7)),
                             .from_min = static_cast<std::uint32_t>(row.number(8)),
                             .to_min = static_cast<std::uint32_t>(row.number(9)),
                             .utc_offset_min = static_cast<std::int32_t>(row.number(10))},
                   .reach = Bytes(reach.begin(), reach.end())};
}

}  // namespace

std::vector<Agreement> Agreements::all() {
  Query found = container_.query(
      "SELECT contact, word, lawyer, asked_s, said_s, off, off_until_s, days, from_min, to_min, utc_offset_min, reach FROM "
      "agreements WHERE side = ? ORDER BY contact");
  found.bind(static_cast<int>(side_));
  std::vector<Agreement> out;
  while (found.row()) out.push_back(read(found));
  return out;
}

std::optional<Agreement> Agreements::find(ContactId contact) {
  Query found = container_.query(
      "SELECT contact, word, lawyer, asked_s, said_s, off, off_until_s, days, from_min, to_min, utc_offset_min, reach FROM "
      "agreements WHERE side = ? AND contact = ?");
  found.bind(static_cast<int>(side_)).bind(static_cast<std::int64_t>(contact));
  if (!found.row()) return std::nullopt;
  return read(found);
}

void Agreements::put(const Agreement& agreement) {
  Container::Transaction step(container_);
  container_
      .query(
          "INSERT OR REPLACE INTO agreements (side, contact, word, lawyer, asked_s, said_s, off, off_until_s, days, from_min, "
          "to_min, utc_offset_min, reach) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(static_cast<int>(side_))
      .bind(static_cast<std::int64_t>(agreement.contact))
      .bind(static_cast<int>(agreement.word))
      .bind(agreement.lawyer)
      .bind(agreement.asked_s)
      .bind(agreement.said_s)
      .bind(agreement.off)
      .bind(agreement.off_until_s)
      .bind(agreement.hours.days)
      .bind(agreement.hours.from_min)
      .bind(agreement.hours.to_min)
      .bind(static_cast<std::int64_t>(agreement.hours.utc_offset_min))
      .bind(View(agreement.reach))
      .run();
  step.commit();
}

}  // namespace vigil::client

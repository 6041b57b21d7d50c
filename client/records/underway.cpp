// Rows of messages without a receipt.
#include "client/records/underway.hpp"

#include <charconv>

#include "crypto/base/encoding.hpp"

namespace vigil::client {
namespace {

constexpr std::string_view read_setting = "mailboxes read";

std::vector<Underway> read_rows(Query& query) {
  std::vector<Underway> out;
  while (query.row()) out.push_back({query.id<ContentId>(0), ContactId{query.number(1)}, query.count(2), query.count(3)});
  return out;
}

}  // namespace

void MessagesUnderway::add(const ContentId& content, ContactId to, std::uint64_t written_s) {
  Container::Transaction step(container_);
  container_.query("INSERT OR REPLACE INTO underway (content_id, contact, written_s, handed_s) VALUES (?, ?, ?, 0)")
      .bind(content.view())
      .bind(static_cast<std::int64_t>(to))
      .bind(written_s)
      .run();
  step.commit();
}

std::optional<Underway> MessagesUnderway::find(const ContentId& content) {
  Query found = container_.query("SELECT content_id, contact, written_s, handed_s FROM underway WHERE content_id = ?");
  found.bind(content.view());
  const std::vector<Underway> rows = read_rows(found);
  return rows.empty() ? std::nullopt : std::optional<Underway>(rows.front());
}

std::vector<Underway> MessagesUnderway::all() {
  Query found = container_.query("SELECT content_id, contact, written_s, handed_s FROM underway ORDER BY written_s, content_id");
  return read_rows(found);
}

void MessagesUnderway::set_handed(const ContentId& content, ContactId to, std::uint64_t at_s) {
  Container::Transaction step(container_);
  container_.query("UPDATE underway SET handed_s = ? WHERE content_id = ? AND contact = ?")
      .bind(at_s)
      .bind(content.view())
      .bind(static_cast<std::int64_t>(to))
      .run();
  step.commit();
}

void MessagesUnderway::handed_over(const Underway& one, std::uint64_t now_s) {
  set_handed(one.content_id, one.to, now_s);
}

void MessagesUnderway::goes_again(const ContentId& content, ContactId to) {
  set_handed(content, to, 0);
}

bool MessagesUnderway::forget(const ContentId& content, ContactId to) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM underway WHERE content_id = ? AND contact = ?")
      .bind(content.view())
      .bind(static_cast<std::int64_t>(to))
      .run();
  const bool was_there = container_.changes() == 1;
  step.commit();
  return was_there;
}

void MessagesUnderway::mailboxes_read(std::uint64_t now_s) {
  container_.set(read_setting, view(std::to_string(now_s)));
}

std::uint64_t MessagesUnderway::read_s() {
  const std::optional<Bytes> kept = container_.setting(read_setting);
  if (!kept) return 0;
  const std::string_view digits = text(*kept);
  std::uint64_t at_s = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at_s);
  if (error != std::errc() || end != digits.data() + digits.size()) throw Failed(Fault::damaged);
  return at_s;
}

}  // namespace vigil::client

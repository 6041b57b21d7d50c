// Rows of alerts, contents and remembered ids.
#include "client/records/story.hpp"

namespace vigil::client {
namespace {

template <class Message>
Bytes serialised(const Message& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

template <class Message>
Message parsed(View bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) throw Failed(Fault::damaged);
  return message;
}

constexpr std::int64_t nobody = 0;  // ids of contacts start at 1

std::int64_t number_of(const std::optional<ContactId>& contact) {
  return contact ? static_cast<std::int64_t>(*contact) : nobody;
}
std::optional<ContactId> contact_of(std::int64_t number) {
  return number == nobody ? std::nullopt : std::optional<ContactId>(ContactId{number});
}

std::uint32_t small(const Query& row, int column) {
  return static_cast<std::uint32_t>(row.number(column));
}

// ---- columns: alert_id, vigil_id, root, contact, content, first_seen_s, round, stage, rung_s, my_step, is_over, forced,
// cleared, cleared_s
SeenAlert read_alert(const Query& row) {
  SeenAlert alert;
  alert.alert_id = row.id<AlertId>(0);
  alert.vigil_id = row.id<VigilId>(1);
  alert.root = row.id<PublicKey>(2);
  alert.from = contact_of(row.number(3));
  alert.content = parsed<content::Alert>(row.blob(4));
  alert.first_seen_s = row.count(5);
  alert.round = small(row, 6);
  alert.stage = small(row, 7);
  alert.rung_s = row.count(8);
  alert.my_step = small(row, 9);
  alert.over = row.number(10) != 0;
  alert.forced = row.number(11) != 0;
  alert.cleared = row.number(12) != 0;
  alert.cleared_s = row.count(13);
  return alert;
}

std::vector<SeenAlert> read_alerts(Query& query) {
  std::vector<SeenAlert> out;
  while (query.row()) out.push_back(read_alert(query));
  return out;
}

// ---- columns: row, content_id, contact, received_s, content, shown
std::vector<Received> read_received(Query& query) {
  std::vector<Received> out;
  while (query.row()) {
    Received received;
    received.row = query.number(0);
    received.content_id = query.id<ContentId>(1);
    received.from = contact_of(query.number(2));
    received.received_s = query.count(3);
    received.content = parsed<content::Content>(query.blob(4));
    received.shown = query.number(5) != 0;
    out.push_back(std::move(received));
  }
  return out;
}

}  // namespace

// ---- alerts

std::optional<SeenAlert> Alerts::find(const AlertId& alert, const VigilId& vigil) {
  std::optional<SeenAlert> found = by_vigil(vigil);
  if (found && found->alert_id != alert) return std::nullopt;
  return found;
}

std::optional<SeenAlert> Alerts::by_vigil(const VigilId& vigil) {
  Query found = container_.query(
      "SELECT alert_id, vigil_id, root, contact, content, first_seen_s, round, stage, rung_s, my_step, is_over, forced, cleared, "
      "cleared_s "
      "FROM alerts WHERE vigil_id = ?");
  found.bind(vigil.view());
  if (!found.row()) return std::nullopt;
  return read_alert(found);
}

std::vector<SeenAlert> Alerts::of(const AlertId& alert) {
  Query found = container_.query(
      "SELECT alert_id, vigil_id, root, contact, content, first_seen_s, round, stage, rung_s, my_step, is_over, forced, cleared, "
      "cleared_s "
      "FROM alerts WHERE alert_id = ?");
  found.bind(alert.view());
  return read_alerts(found);
}

std::vector<SeenAlert> Alerts::all() {
  Query found = container_.query(
      "SELECT alert_id, vigil_id, root, contact, content, first_seen_s, round, stage, rung_s, my_step, is_over, forced, cleared, "
      "cleared_s "
      "FROM alerts ORDER BY first_seen_s DESC");
  return read_alerts(found);
}

void Alerts::put(const SeenAlert& alert) {
  Container::Transaction step(container_);
  const Bytes content = serialised(alert.content);
  container_
      .query(
          "INSERT OR REPLACE INTO alerts (alert_id, vigil_id, root, contact, content, first_seen_s, round, stage, rung_s, "
          "my_step, "
          "is_over, forced, cleared, cleared_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(alert.alert_id.view())
      .bind(alert.vigil_id.view())
      .bind(alert.root.view())
      .bind(number_of(alert.from))
      .bind(View(content))
      .bind(alert.first_seen_s)
      .bind(alert.round)
      .bind(alert.stage)
      .bind(alert.rung_s)
      .bind(alert.my_step)
      .bind(alert.over)
      .bind(alert.forced)
      .bind(alert.cleared)
      .bind(alert.cleared_s)
      .run();
  step.commit();
}

std::vector<Alerts::Act> Alerts::acts(const VigilId& vigil) {
  Query found = container_.query("SELECT person, step, act, released_s, lease_s FROM acts WHERE vigil_id = ? ORDER BY person");
  found.bind(vigil.view());
  std::vector<Act> out;
  while (found.row()) out.push_back({small(found, 0), small(found, 1), small(found, 2), found.count(3), small(found, 4)});
  return out;
}

void Alerts::put_act(const VigilId& vigil, const Act& act) {
  Container::Transaction step(container_);
  container_.query("INSERT OR REPLACE INTO acts (vigil_id, person, step, act, released_s, lease_s) VALUES (?, ?, ?, ?, ?, ?)")
      .bind(vigil.view())
      .bind(act.index)
      .bind(act.step)
      .bind(act.act)
      .bind(act.released_s)
      .bind(act.lease_s)
      .run();
  step.commit();
}

std::vector<std::string> Alerts::names(const VigilId& vigil) {
  Query found = container_.query("SELECT name FROM names WHERE vigil_id = ? ORDER BY person");
  found.bind(vigil.view());
  std::vector<std::string> out;
  while (found.row()) out.push_back(found.text(0));
  return out;
}

void Alerts::set_names(const VigilId& vigil, const std::vector<std::string>& names) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM names WHERE vigil_id = ?").bind(vigil.view()).run();
  std::int64_t person = 0;
  for (const std::string& name : names)
    container_.query("INSERT INTO names (vigil_id, person, name) VALUES (?, ?, ?)")
        .bind(vigil.view())
        .bind(person++)
        .bind(std::string_view(name))
        .run();
  step.commit();
}

// ---- timeline

void Timeline::add(const Happening& happening) {
  Container::Transaction step(container_);
  container_.query("INSERT INTO timeline (alert_id, at_s, what, detail) VALUES (?, ?, ?, ?)")
      .bind(happening.alert_id.view())
      .bind(happening.at_s)
      .bind(std::string_view(happening.what))
      .bind(View(happening.detail))
      .run();
  step.commit();
}

std::vector<Happening> Timeline::of(const AlertId& alert) {
  Query found = container_.query("SELECT row, alert_id, at_s, what, detail FROM timeline WHERE alert_id = ? ORDER BY at_s, row");
  found.bind(alert.view());
  std::vector<Happening> out;
  while (found.row()) {
    const View detail = found.blob(4);
    out.push_back({found.number(0), found.id<AlertId>(1), found.count(2), found.text(3), Bytes(detail.begin(), detail.end())});
  }
  return out;
}

// ---- contents that came

bool Inbox::add(const Received& received) {
  Container::Transaction step(container_);
  const Bytes content = serialised(received.content);
  container_.query("INSERT OR IGNORE INTO inbox (content_id, contact, received_s, content, shown) VALUES (?, ?, ?, ?, ?)")
      .bind(received.content_id.view())
      .bind(number_of(received.from))
      .bind(received.received_s)
      .bind(View(content))
      .bind(received.shown)
      .run();
  const bool fresh = container_.changes() == 1;
  step.commit();
  return fresh;
}

std::vector<Received> Inbox::newest(std::size_t most) {
  Query found =
      container_.query("SELECT row, content_id, contact, received_s, content, shown FROM inbox ORDER BY row DESC LIMIT ?");
  found.bind(static_cast<std::int64_t>(most));
  return read_received(found);
}

std::vector<Received> Inbox::not_shown() {
  Query found =
      container_.query("SELECT row, content_id, contact, received_s, content, shown FROM inbox WHERE shown = 0 ORDER BY row");
  return read_received(found);
}

void Inbox::set_shown(std::int64_t row) {
  Container::Transaction step(container_);
  container_.query("UPDATE inbox SET shown = 1 WHERE row = ?").bind(row).run();
  step.commit();
}

// ---- contents that went

void SentContents::add(const SentContent& sent) {
  Container::Transaction step(container_);
  const Bytes content = serialised(sent.content);
  container_
      .query("INSERT OR REPLACE INTO sent (content_id, contact, sent_s, content, arrived_s, seen_s) VALUES (?, ?, ?, ?, ?, ?)")
      .bind(sent.content_id.view())
      .bind(static_cast<std::int64_t>(sent.to))
      .bind(sent.sent_s)
      .bind(View(content))
      .bind(sent.arrived_s)
      .bind(sent.seen_s)
      .run();
  for (const CopyId& copy : sent.copies)
    container_.query("INSERT OR REPLACE INTO sent_copies (copy_id, content_id, contact) VALUES (?, ?, ?)")
        .bind(copy.view())
        .bind(sent.content_id.view())
        .bind(static_cast<std::int64_t>(sent.to))
        .run();
  step.commit();
}

std::optional<SentContent> SentContents::find(const ContentId& content, ContactId to) {
  SentContent sent;
  {
    Query found = container_.query("SELECT sent_s, content, arrived_s, seen_s FROM sent WHERE content_id = ? AND contact = ?");
    found.bind(content.view()).bind(static_cast<std::int64_t>(to));
    if (!found.row()) return std::nullopt;
    sent.content_id = content;
    sent.to = to;
    sent.sent_s = found.count(0);
    sent.content = parsed<content::Content>(found.blob(1));
    sent.arrived_s = found.count(2);
    sent.seen_s = found.count(3);
  }
  Query copies = container_.query("SELECT copy_id FROM sent_copies WHERE content_id = ? AND contact = ?");
  copies.bind(content.view()).bind(static_cast<std::int64_t>(to));
  while (copies.row()) sent.copies.push_back(copies.id<CopyId>(0));
  return sent;
}

std::optional<SentContent> SentContents::by_copy(const CopyId& copy) {
  ContentId content;
  ContactId to{};
  {
    Query found = container_.query("SELECT content_id, contact FROM sent_copies WHERE copy_id = ?");
    found.bind(copy.view());
    if (!found.row()) return std::nullopt;
    content = found.id<ContentId>(0);
    to = ContactId{found.number(1)};
  }
  return find(content, to);
}

std::vector<SentContent> SentContents::waiting() {
  std::vector<std::pair<ContentId, ContactId>> ids;
  {
    Query found = container_.query("SELECT content_id, contact FROM sent WHERE arrived_s = 0 AND seen_s = 0 ORDER BY sent_s");
    while (found.row()) ids.emplace_back(found.id<ContentId>(0), ContactId{found.number(1)});
  }
  std::vector<SentContent> out;
  for (const auto& [content, to] : ids)
    if (std::optional<SentContent> sent = find(content, to)) out.push_back(std::move(*sent));
  return out;
}

void SentContents::arrived(const ContentId& content, ContactId to, std::uint64_t at_s) {
  Container::Transaction step(container_);
  container_.query("UPDATE sent SET arrived_s = ? WHERE content_id = ? AND contact = ? AND arrived_s = 0")
      .bind(at_s)
      .bind(content.view())
      .bind(static_cast<std::int64_t>(to))
      .run();
  step.commit();
}

void SentContents::seen(const ContentId& content, ContactId to, std::uint64_t at_s) {
  Container::Transaction step(container_);
  container_.query("UPDATE sent SET seen_s = ? WHERE content_id = ? AND contact = ? AND seen_s = 0")
      .bind(at_s)
      .bind(content.view())
      .bind(static_cast<std::int64_t>(to))
      .run();
  step.commit();
}

// ---- receipts to be sent

void DueReceipts::add(const DueReceipt& receipt) {
  Container::Transaction step(container_);
  container_.query("INSERT INTO due_receipts (contact, kind, content_id, due_s) VALUES (?, ?, ?, ?)")
      .bind(static_cast<std::int64_t>(receipt.to))
      .bind(static_cast<int>(receipt.kind))
      .bind(receipt.content_id.view())
      .bind(receipt.due_s)
      .run();
  step.commit();
}

std::vector<DueReceipt> DueReceipts::due(std::uint64_t now_s) {
  Query found =
      container_.query("SELECT row, contact, kind, content_id, due_s FROM due_receipts WHERE due_s <= ? ORDER BY due_s, row");
  found.bind(now_s);
  std::vector<DueReceipt> out;
  while (found.row()) {
    const int kind = static_cast<int>(found.number(2));
    if (!content::Receipt::Kind_IsValid(kind)) throw Failed(Fault::damaged);
    out.push_back({found.number(0), ContactId{found.number(1)}, static_cast<content::Receipt::Kind>(kind), found.id<ContentId>(3),
                   found.count(4)});
  }
  return out;
}

std::optional<std::uint64_t> DueReceipts::next_due_s() {
  Query found = container_.query("SELECT min(due_s) FROM due_receipts");
  if (!found.row() || found.is_null(0)) return std::nullopt;
  return found.count(0);
}

void DueReceipts::remove(std::int64_t row) {
  Container::Transaction step(container_);
  container_.query("DELETE FROM due_receipts WHERE row = ?").bind(row).run();
  step.commit();
}

// ---- remembered ids

bool Remembered::remember(View key, std::uint64_t now_s) {
  Container::Transaction step(container_);
  container_.query("INSERT OR IGNORE INTO remembered (key, at_s) VALUES (?, ?)").bind(key).bind(now_s).run();
  const bool fresh = container_.changes() == 1;
  step.commit();
  return fresh;
}

bool Remembered::knows(View key) {
  Query found = container_.query("SELECT 1 FROM remembered WHERE key = ?");
  found.bind(key);
  return found.row();
}

void forget_old(Container& container, std::uint64_t now_s) {
  const std::uint64_t contents_before = now_s > content_kept_s ? now_s - content_kept_s : 0;
  const std::uint64_t ids_before = now_s > ids_kept_s ? now_s - ids_kept_s : 0;
  Container::Transaction step(container);
  container.query("DELETE FROM inbox WHERE received_s < ?").bind(contents_before).run();
  container.query("DELETE FROM sent WHERE sent_s < ?").bind(contents_before).run();
  container
      .query(
          "DELETE FROM sent_copies WHERE NOT EXISTS (SELECT 1 FROM sent WHERE sent.content_id = sent_copies.content_id AND "
          "sent.contact = sent_copies.contact)")
      .run();
  container.query("DELETE FROM due_receipts WHERE due_s < ?").bind(contents_before).run();
  container.query("DELETE FROM timeline WHERE at_s < ?").bind(contents_before).run();
  container.query("DELETE FROM remembered WHERE at_s < ?").bind(ids_before).run();
  // An alert lives as long as its vigil may still bring copies; its place goes a day after the all-clear.
  std::vector<SeenAlert> alerts = Alerts(container).all();
  for (SeenAlert& alert : alerts) {
    if (alert.first_seen_s < ids_before) {
      container.query("DELETE FROM acts WHERE vigil_id = ?").bind(alert.vigil_id.view()).run();
      container.query("DELETE FROM names WHERE vigil_id = ?").bind(alert.vigil_id.view()).run();
      container.query("DELETE FROM alerts WHERE vigil_id = ?").bind(alert.vigil_id.view()).run();
    } else if ((alert.cleared && alert.cleared_s + 24 * 3600 < now_s) || (alert.over && alert.first_seen_s < contents_before)) {
      if (!alert.content.has_track() && alert.content.note().empty()) continue;
      alert.content.clear_track();
      alert.content.clear_note();
      Alerts(container).put(alert);
    }
  }
  step.commit();
}

}  // namespace vigil::client

// Rows of contents, receipts and remembered ids.
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
  container.query("DELETE FROM remembered WHERE at_s < ?").bind(ids_before).run();
  step.commit();
}

}  // namespace vigil::client
